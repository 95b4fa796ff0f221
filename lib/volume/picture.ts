/** A grey picture as the detector looks at it. */
export interface Picture {
  readonly columns: number;
  readonly rows: number;
  /** `[rows, columns]`, row by row. */
  readonly data: Float32Array;
}

/**
 * The place in `[0, size)` that stands for one beyond a border: the picture is mirrored at the
 * centre of its outermost pixel, which is not repeated (OpenCV's `BORDER_REFLECT_101`, SciPy's
 * `mirror`).
 *
 * @param place any integer
 */
export function mirrored(place: number, size: number): number {
  if (size === 1) return 0;
  const period = 2 * (size - 1);
  const within = ((place % period) + period) % period;
  return within < size ? within : period - within;
}

/**
 * The sum of a picture's values under a small kernel laid on each pixel, not turned (a correlation,
 * as OpenCV's `filter2D`); borders as {@linkcode mirrored}.
 *
 * @param kernel rows of an odd number of weights, an odd number of them
 * @returns `[rows, columns]`, in the precision of the sums
 */
export function weighNeighbours(
  { data, columns, rows }: Picture,
  kernel: readonly (readonly number[])[],
): Float64Array {
  const [middleRow, middleColumn] = [(kernel.length - 1) / 2, (kernel[0].length - 1) / 2];
  const sums = new Float64Array(data.length);
  kernel.forEach((weights, kernelRow) =>
    weights.forEach((weight, kernelColumn) => {
      if (weight === 0) return;
      const sources = Array.from(
        { length: columns },
        (_, column) => mirrored(column + kernelColumn - middleColumn, columns),
      );
      for (let row = 0; row < rows; row++) {
        const from = mirrored(row + kernelRow - middleRow, rows) * columns;
        const to = row * columns;
        for (let column = 0; column < columns; column++) {
          sums[to + column] += weight * data[from + sources[column]];
        }
      }
    })
  );
  return sums;
}

/** Values of at least 0 divided by the largest of them; zeros where all are 0. */
export function shareOfLargest(values: Float64Array): Float32Array {
  const largest = values.reduce((most, value) => Math.max(most, value), 0);
  return Float32Array.from(values, (value) => largest > 0 ? value / largest : 0);
}
