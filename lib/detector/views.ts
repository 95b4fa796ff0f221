import type { ViewConfig } from "../config/config.ts";
import { boundingBoxVoxels, type Box2, voxelsToUnit } from "../volume/box.ts";
import { volumeKernels } from "../volume/kernels.ts";
import { projectBox, projectMask, viewAxes, type ViewName } from "../volume/projection.ts";
import { resizeVolume } from "../volume/resample.ts";
import { meanKernel } from "../volume/sampling_kernel.ts";
import type { Mask, Volume } from "../volume/volume.ts";
import { filterView } from "./view_filter.ts";

/** What the detector is to find in a view. */
export interface ViewTarget {
  /**
   * The organ's silhouette, its mask projected along the view's depth: `[rows, columns]`, values in
   * [0, 1], which lie strictly between only where the picture was resized.
   */
  readonly silhouette: Float32Array;
  readonly rows: number;
  readonly columns: number;
  /**
   * The projection of the organ's 3D box, so that an organ that the centre slice misses still has
   * a target; `null` when the mask is empty.
   */
  readonly boxUnit: Box2 | null;
}

/** Channels of a view's picture. */
export function viewChannels(config: ViewConfig): number {
  return config.kind === "slabs" ? config.slabCount : 1;
}

/** The index of the centre slice of so many. */
export function centreOf(slices: number): number {
  return Math.floor(slices / 2);
}

/**
 * The picture that the detector looks at, made from a prepared cube.
 *
 * - `centre`: the slice {@linkcode centreOf} those along the depth (sections 3.1 and 4.1).
 * - `mean`, `deviation`: mean and population standard deviation along the whole depth (section 4.7).
 * - `slabs`: the means of `slabCount` sub-regions of equal thickness, one channel each (what section
 *   4.7 proposes); a voxel that a boundary cuts counts for both sides with its share.
 *
 * Each channel then passes through `config.filter`, at the picture's size and not the cube's, so that
 * the filter's pixels are the network's and its range of values is not changed again.
 *
 * @param cubeImage values in [0, 1]; any shape
 * @returns `[edge, edge, channels]`, rows along the view's vertical axis, channels along its depth;
 *   resized with the antialiased linear kernel where the volume's edges are not `config.edge`
 */
export function makeView(cubeImage: Volume, view: ViewName, config: ViewConfig): Float32Array {
  const planes = resizePlanes(projectImage(cubeImage, view, config), config.edge, config.edge);
  return channelsLast(filterPlanes(planes, config.filter));
}

/**
 * The silhouette and the box of an organ in a view; see {@linkcode ViewTarget}.
 *
 * @param edge edge of the square picture in pixels; without it the mask's own resolution is kept
 */
export function viewTarget(mask: Mask, view: ViewName, edge?: number): ViewTarget {
  const { horizontal, vertical } = viewAxes[view];
  const [width, height] = [mask.shape[horizontal], mask.shape[vertical]];
  const [columns, rows] = edge === undefined ? [width, height] : [edge, edge];
  const silhouette = planesOf(Float32Array.from(projectMask(mask, view)), width, height, 1);
  const box = boundingBoxVoxels(mask);
  return {
    silhouette: resizePlanes(silhouette, columns, rows).data,
    rows,
    columns,
    boxUnit: box && projectBox(voxelsToUnit(box, mask.shape), view),
  };
}

/** Stacked pictures as a volume of shape (columns, rows, channels), as `resample.ts` takes it. */
function planesOf(data: Float32Array, columns: number, rows: number, channels: number): Volume {
  return { data, shape: [columns, rows, channels], affine: identity };
}

const identity = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];

/**
 * A volume's data as a view sees it: `[outer, slices, inner]`, where the picture's pixels are
 * `[outer, inner]`, row by row, whichever axis it looks along.
 */
interface Layout {
  readonly columns: number;
  readonly rows: number;
  readonly outer: number;
  readonly slices: number;
  readonly inner: number;
}

function layoutOf({ shape }: Volume, view: ViewName): Layout {
  const { horizontal, vertical, depth } = viewAxes[view];
  const product = (edges: readonly number[]) => edges.reduce((sum, edge) => sum * edge, 1);
  return {
    columns: shape[horizontal],
    rows: shape[vertical],
    outer: product(shape.slice(depth + 1)),
    slices: shape[depth],
    inner: product(shape.slice(0, depth)),
  };
}

function projectImage(image: Volume, view: ViewName, config: ViewConfig): Volume {
  const layout = layoutOf(image, view);
  const { columns, rows, slices } = layout;
  switch (config.kind) {
    case "centre": {
      const middle = centreOf(slices);
      return planesOf(meansOfSlices(image, layout, middle, middle + 1, 1), columns, rows, 1);
    }
    case "mean":
      return planesOf(meansOfSlices(image, layout, 0, slices, 1), columns, rows, 1);
    case "deviation":
      return planesOf(deviationOfSlices(image, layout), columns, rows, 1);
    case "slabs": {
      const count = config.slabCount;
      return planesOf(meansOfSlices(image, layout, 0, slices, count), columns, rows, count);
    }
  }
}

/** Means over equal parts of the depth range [from, to), whose boundaries may cut a slice. */
function meansOfSlices(
  { data }: Volume,
  { outer, slices, inner }: Layout,
  from: number,
  to: number,
  parts: number,
): Float32Array {
  const result = new Float32Array(parts * outer * inner);
  volumeKernels().projectSlices({
    values: data,
    shape: [outer, slices, inner],
    along: meanKernel(slices, from, to, parts),
    result,
  });
  return result;
}

function deviationOfSlices(image: Volume, layout: Layout): Float32Array {
  const { outer, slices, inner } = layout;
  const { data } = image;
  const mean = meansOfSlices(image, layout, 0, slices, 1);
  const sums = new Float64Array(mean.length);
  let i = 0;
  for (let row = 0; row < outer; row++) {
    for (let slice = 0; slice < slices; slice++) {
      for (let pixel = row * inner; pixel < (row + 1) * inner; pixel++) {
        sums[pixel] += (data[i++] - mean[pixel]) ** 2;
      }
    }
  }
  return Float32Array.from(sums, (sum) => Math.sqrt(sum / slices));
}

function resizePlanes(planes: Volume, columns: number, rows: number): Volume {
  const [oldColumns, oldRows, channels] = planes.shape;
  if (oldColumns === columns && oldRows === rows) return planes;
  return resizeVolume(planes, [columns, rows, channels], "area");
}

function filterPlanes(planes: Volume, filter: ViewConfig["filter"]): Volume {
  const [columns, rows, channels] = planes.shape;
  if (filter === "none") return planes;
  const data = new Float32Array(planes.data.length);
  const pixels = columns * rows;
  for (let start = 0; start < pixels * channels; start += pixels) {
    const plane = planes.data.subarray(start, start + pixels);
    data.set(filterView({ columns, rows, data: plane }, filter), start);
  }
  return { ...planes, data };
}

function channelsLast({ data, shape }: Volume): Float32Array {
  const [columns, rows, channels] = shape;
  if (channels === 1) return data;
  const pixels = columns * rows;
  const picture = new Float32Array(data.length);
  let i = 0;
  for (let pixel = 0; pixel < pixels; pixel++) {
    for (let from = pixel; from < data.length; from += pixels) picture[i++] = data[from];
  }
  return picture;
}
