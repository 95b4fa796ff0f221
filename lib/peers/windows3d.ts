import * as tf from "../tf.ts";

/** A number for each axis, in the order of a tensor's: z, y, x. */
export type AxisTriple = readonly [number, number, number];

/** How a grid is cut into windows of equal shape (Swin transformer, Liu 2021). */
export interface WindowPlan {
  /** The grid `[z, y, x]`. */
  readonly grid: AxisTriple;
  /** The grid with zeros after its end, up to a multiple of the window. */
  readonly padded: AxisTriple;
  readonly window: AxisTriple;
  /** How far the padded grid is rolled towards its begin before it is cut. */
  readonly shift: AxisTriple;
  /** Number of windows. */
  readonly count: number;
  /** Voxels of a window. */
  readonly tokens: number;
}

/**
 * The windows of a grid: cubes of `edge` voxels, shifted by half of that if `shifted`. An axis that is
 * not longer than `edge` is one window as it is, never shifted.
 */
export function planWindows(grid: AxisTriple, edge: number, shifted: boolean): WindowPlan {
  const window = forAxes((axis) => Math.min(grid[axis], edge));
  const perAxis = forAxes((axis) => Math.ceil(grid[axis] / window[axis]));
  return {
    grid,
    padded: forAxes((axis) => perAxis[axis] * window[axis]),
    window,
    shift: forAxes((axis) => shifted && grid[axis] > edge ? Math.floor(edge / 2) : 0),
    count: product(perAxis),
    tokens: product(window),
  };
}

/**
 * Cuts a volume `[n, z, y, x, c]` into `[n * count, tokens, c]`, windows and the voxels within each
 * in raster order.
 */
export function cutWindows(volume: tf.Tensor5D, plan: WindowPlan): tf.Tensor3D {
  const [n, , , , channels] = volume.shape;
  const { grid, padded, window: [depth, height, width], shift, tokens } = plan;
  const after = (axis: number): [number, number] => [0, padded[axis] - grid[axis]];
  const whole = volume.pad<tf.Tensor5D>([[0, 0], after(0), after(1), after(2), [0, 0]]);
  return roll(whole, shift.map((step) => -step))
    .reshape([
      n * padded[0] / depth,
      depth,
      padded[1] / height,
      height,
      padded[2] / width,
      width * channels,
    ])
    .transpose([0, 2, 4, 1, 3, 5])
    .reshape([-1, tokens, channels]);
}

/** The inverse of {@linkcode cutWindows}: `[n * count, tokens, c]` to `[n, z, y, x, c]`. */
export function joinWindows(windows: tf.Tensor3D, plan: WindowPlan): tf.Tensor5D {
  const channels = windows.shape[2];
  const n = windows.shape[0] / plan.count;
  const { grid, padded, window: [depth, height, width], shift } = plan;
  const volume = windows
    .reshape([
      n * padded[0] / depth,
      padded[1] / height,
      padded[2] / width,
      depth,
      height,
      width * channels,
    ])
    .transpose([0, 3, 1, 4, 2, 5])
    .reshape<tf.Tensor5D>([n, ...padded, channels]);
  return roll(volume, shift).slice([0, 0, 0, 0, 0], [n, ...grid, channels]);
}

/**
 * Where the voxels of shifted windows come from, `[count, tokens]`: rolling brings far ends of the
 * grid together, and within a window only voxels of equal label were neighbours before. An axis has
 * label 2 for what was rolled past its end, 1 for the rest of the last window, 0 before.
 */
export function windowLabels({ padded, window, shift }: WindowPlan): Int32Array {
  const labelAt = (axis: number, position: number) => {
    if (shift[axis] === 0 || position < padded[axis] - window[axis]) return 0;
    return position < padded[axis] - shift[axis] ? 1 : 2;
  };
  const labels: number[] = [];
  for (const [z0, y0, x0] of raster(padded, window)) {
    for (const [z, y, x] of raster(window, [1, 1, 1])) {
      labels.push(9 * labelAt(0, z0 + z) + 3 * labelAt(1, y0 + y) + labelAt(2, x0 + x));
    }
  }
  return Int32Array.from(labels);
}

/** Moves voxels towards the end of each axis by `steps`; those that leave it come in at its begin. */
function roll(volume: tf.Tensor5D, steps: readonly number[]): tf.Tensor5D {
  if (steps.every((step) => step === 0)) return volume;
  const op = tf.customGrad((...args) => ({
    value: rawRoll(args[0] as tf.Tensor, steps),
    gradFunc: (dy) => rawRoll(dy, steps.map((step) => -step)),
  }));
  return op(volume) as tf.Tensor5D;
}

function rawRoll(volume: tf.Tensor, steps: readonly number[]): tf.Tensor {
  const int = tf.attr.type("int32");
  return tf.rawOp("Roll", { T: tf.attr.type("float32"), Tshift: int, Taxis: int }, [
    volume,
    tf.tensor1d([...steps], "int32"),
    tf.tensor1d([1, 2, 3], "int32"),
  ]);
}

/** Every `step`-th place of a grid, in raster order. */
function* raster(grid: AxisTriple, step: AxisTriple): Generator<AxisTriple> {
  for (let z = 0; z < grid[0]; z += step[0]) {
    for (let y = 0; y < grid[1]; y += step[1]) {
      for (let x = 0; x < grid[2]; x += step[2]) yield [z, y, x];
    }
  }
}

function forAxes(value: (axis: 0 | 1 | 2) => number): AxisTriple {
  return [value(0), value(1), value(2)];
}

function product([z, y, x]: AxisTriple): number {
  return z * y * x;
}
