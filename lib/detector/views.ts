import type { ViewConfig } from "../config/config.ts";
import { boundingBoxVoxels, type Box2, voxelsToUnit } from "../volume/box.ts";
import { projectBox, projectMask, viewAxes, type ViewName } from "../volume/projection.ts";
import { resizeVolume } from "../volume/resample.ts";
import type { Mask, Triple, Volume } from "../volume/volume.ts";
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

/** How a view's picture lies in a volume's data. */
interface Layout {
  readonly columns: number;
  readonly rows: number;
  readonly slices: number;
  /** Index in the data of each pixel of the first slice, row by row. */
  readonly firstVoxels: Int32Array;
  /** Steps in the data from a slice to the next. */
  readonly sliceStep: number;
}

function layoutOf({ shape }: Volume, view: ViewName): Layout {
  const { horizontal, vertical, depth } = viewAxes[view];
  const steps: Triple = [1, shape[0], shape[0] * shape[1]];
  const [columns, rows] = [shape[horizontal], shape[vertical]];
  const firstVoxels = new Int32Array(columns * rows);
  for (let pixel = 0; pixel < firstVoxels.length; pixel++) {
    const row = Math.floor(pixel / columns);
    firstVoxels[pixel] = row * steps[vertical] + (pixel - row * columns) * steps[horizontal];
  }
  return { columns, rows, slices: shape[depth], firstVoxels, sliceStep: steps[depth] };
}

function projectImage(image: Volume, view: ViewName, config: ViewConfig): Volume {
  const layout = layoutOf(image, view);
  const { columns, rows, slices } = layout;
  switch (config.kind) {
    case "centre": {
      const middle = centreOf(slices);
      return planesOf(meanOfSlices(image, layout, middle, middle + 1), columns, rows, 1);
    }
    case "mean":
      return planesOf(meanOfSlices(image, layout, 0, slices), columns, rows, 1);
    case "deviation":
      return planesOf(deviationOfSlices(image, layout), columns, rows, 1);
    case "slabs": {
      const count = config.slabCount;
      const planes = new Float32Array(columns * rows * count);
      for (let slab = 0; slab < count; slab++) {
        const [from, to] = [(slab * slices) / count, ((slab + 1) * slices) / count];
        planes.set(meanOfSlices(image, layout, from, to), slab * columns * rows);
      }
      return planesOf(planes, columns, rows, count);
    }
  }
}

/** Mean over the depth range [from, to), whose ends may cut a slice. */
function meanOfSlices(image: Volume, layout: Layout, from: number, to: number): Float32Array {
  const { firstVoxels, sliceStep } = layout;
  const sums = new Float64Array(firstVoxels.length);
  for (let slice = Math.floor(from); slice < to; slice++) {
    const share = (Math.min(to, slice + 1) - Math.max(from, slice)) / (to - from);
    const offset = slice * sliceStep;
    for (let pixel = 0; pixel < sums.length; pixel++) {
      sums[pixel] += share * image.data[offset + firstVoxels[pixel]];
    }
  }
  return Float32Array.from(sums);
}

function deviationOfSlices(image: Volume, layout: Layout): Float32Array {
  const { firstVoxels, sliceStep, slices } = layout;
  const mean = meanOfSlices(image, layout, 0, slices);
  const sums = new Float64Array(firstVoxels.length);
  for (let slice = 0; slice < slices; slice++) {
    const offset = slice * sliceStep;
    for (let pixel = 0; pixel < sums.length; pixel++) {
      sums[pixel] += (image.data[offset + firstVoxels[pixel]] - mean[pixel]) ** 2;
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
  for (let channel = 0; channel < channels; channel++) {
    for (let pixel = 0; pixel < pixels; pixel++) {
      picture[pixel * channels + channel] = data[channel * pixels + pixel];
    }
  }
  return picture;
}
