import { type Box3, unitToVoxels, wholeUnit } from "../volume/box.ts";
import { type Mask, spacingMm, type Volume } from "../volume/volume.ts";
import type { PixelBox } from "./picture2.ts";
import { shrink } from "./shrink.ts";
import {
  boxInPanel,
  type Panel,
  type Plane,
  sampleImage,
  sampleMask,
  slicePanel,
} from "./slice_panel.ts";

/** What slices are drawn from: an image in 0 .. 1, and masks and boxes on its grid. */
export interface SliceSource {
  readonly image: Volume;
  readonly masks: readonly Mask[];
  readonly boxesVoxels: readonly Box3[];
  readonly plane: Plane;
}

/** One slice on a raster of square pixels. */
export interface SlicePicture {
  /** Voxel along the axis through the slice. */
  readonly index: number;
  readonly width: number;
  readonly height: number;
  /** 0 .. 255 */
  readonly grey: Uint8Array;
  readonly masks: readonly Uint8Array[];
  /** In pixels; `null` where the slice does not meet the box. */
  readonly boxes: readonly (PixelBox | null)[];
}

/** The axis (0 x, 1 y, 2 z) through the slices of a plane. */
export const throughAxis: Readonly<Record<Plane, 0 | 1 | 2>> = {
  axial: 2,
  coronal: 1,
  sagittal: 0,
};

/** Edge of a pixel with which the larger side of a slice has `edge` pixels, or as many as voxels. */
export function pixelEdgeMm({ image, plane }: SliceSource, edge: number): number {
  const spacing = spacingMm(image);
  const shown = [0, 1, 2].filter((axis) => axis !== throughAxis[plane]);
  const largestMm = Math.max(...shown.map((axis) => image.shape[axis] * spacing[axis]));
  return Math.max(largestMm / edge, Math.min(...shown.map((axis) => spacing[axis])));
}

/** A slice as radiologists see it, with pixels of `pixelMm`. */
export function slicePicture(source: SliceSource, index: number, pixelMm: number): SlicePicture {
  const { image, masks, boxesVoxels, plane } = source;
  const part = unitToVoxels(wholeUnit, image.shape);
  const panel = slicePanel(image, plane, part, [index, index, index], pixelMm);
  return {
    index,
    width: panel.width,
    height: panel.height,
    grey: smoothImage(image, panel),
    masks: masks.map((mask) => sampleMask(mask, panel)),
    boxes: boxesVoxels.map((box) => pixelBox(box, panel)),
  };
}

/** The image on a panel: means over each pixel where pixels are larger than voxels. */
function smoothImage(image: Volume, panel: Panel): Uint8Array {
  const parts = Math.max(1, Math.round(Math.max(panel.across.step, panel.down.step)));
  const fine = sampleImage(image, {
    ...panel,
    width: panel.width * parts,
    height: panel.height * parts,
    across: { ...panel.across, step: panel.across.step / parts },
    down: { ...panel.down, step: panel.down.step / parts },
  });
  const size = { width: panel.width * parts, height: panel.height * parts };
  return shrink({ ...size, grey: fine }, parts).grey;
}

function pixelBox(box: Box3, panel: Panel): PixelBox | null {
  const corners = boxInPanel(box, panel);
  if (corners === null) return null;
  const [[left, top], [right, bottom]] = corners;
  return [left, top, right + 1, bottom + 1];
}
