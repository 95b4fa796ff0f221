import type { Mask } from "../volume/volume.ts";

/**
 * The slice across an axis (0 x, 1 y, 2 z) in which two masks differ in the most voxels, the first of
 * several; where they do not differ at all, the slice with the most voxels of the first.
 *
 * @param second on the grid of the first
 */
export function sliceOfDisagreement(first: Mask, second: Mask, axis: 0 | 1 | 2): number {
  const [width, height, depth] = first.shape;
  const different = new Float64Array(first.shape[axis]);
  const present = new Float64Array(first.shape[axis]);
  let i = 0;
  for (let z = 0; z < depth; z++) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++, i++) {
        const slice = axis === 0 ? x : axis === 1 ? y : z;
        different[slice] += first.data[i] ^ second.data[i];
        present[slice] += first.data[i];
      }
    }
  }
  const most = different.some((count) => count > 0) ? different : present;
  return most.indexOf(most.reduce((largest, count) => Math.max(largest, count), 0));
}

/**
 * The window of `size` pixels in which a picture has the largest sum; its left top pixel. Of several
 * windows it is the one in their midst, so that what fills little of a window lies in its middle. A
 * window that is larger than the picture starts at 0.
 *
 * @param values rows from the top, not negative
 */
export function densestWindow(
  values: ArrayLike<number>,
  [width, height]: readonly [width: number, height: number],
  size: readonly [width: number, height: number],
): [x: number, y: number] {
  const sums = integralImage(values, width, height);
  const [across, down] = [Math.min(size[0], width), Math.min(size[1], height)];
  const at = (x: number, y: number) => sums[x + (width + 1) * y];
  let largest = -1;
  let densest: [number, number][] = [];
  for (let y = 0; y + down <= height; y++) {
    for (let x = 0; x + across <= width; x++) {
      const sum = at(x + across, y + down) - at(x, y + down) - at(x + across, y) + at(x, y);
      if (sum > largest) [largest, densest] = [sum, []];
      if (sum === largest) densest.push([x, y]);
    }
  }
  return nearestToMean(densest);
}

function nearestToMean(points: readonly [number, number][]): [number, number] {
  const mean = (axis: 0 | 1) => points.reduce((sum, point) => sum + point[axis], 0) / points.length;
  const [meanX, meanY] = [mean(0), mean(1)];
  const distance = ([x, y]: [number, number]) => (x - meanX) ** 2 + (y - meanY) ** 2;
  return points.reduce((best, point) => distance(point) < distance(best) ? point : best);
}

/** Sums over all pixels above and to the left, `(width + 1) * (height + 1)` of them. */
function integralImage(values: ArrayLike<number>, width: number, height: number): Float64Array {
  const sums = new Float64Array((width + 1) * (height + 1));
  for (let y = 0; y < height; y++) {
    let row = 0;
    for (let x = 0; x < width; x++) {
      row += values[x + width * y];
      sums[x + 1 + (width + 1) * (y + 1)] = sums[x + 1 + (width + 1) * y] + row;
    }
  }
  return sums;
}
