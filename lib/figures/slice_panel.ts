import type { Box3 } from "../volume/box.ts";
import { type Mask, spacingMm, stridesOf, type Triple, type Volume } from "../volume/volume.ts";

/** A slice of a volume on the RAS grid, named as radiologists do. */
export type Plane = "axial" | "coronal" | "sagittal";

/** All planes, in the order in which they are shown. */
export const planes: readonly Plane[] = ["axial", "coronal", "sagittal"];

/** Which axis (0 x, 1 y, 2 z) runs where; all run downwards in their index from left and from top. */
interface PlaneAxes {
  readonly across: 0 | 1 | 2;
  readonly down: 0 | 1 | 2;
  readonly through: 0 | 1 | 2;
}

/**
 * On the RAS grid x grows to the patient's right, y to the front and z to the head. Falling indices
 * put the right on the viewer's left, the front left or up, and the head up.
 */
const planeAxes: Readonly<Record<Plane, PlaneAxes>> = {
  axial: { across: 0, down: 1, through: 2 },
  coronal: { across: 0, down: 2, through: 1 },
  sagittal: { across: 1, down: 2, through: 0 },
};

/** The patient's directions at the borders of a panel. */
export const panelLetters: Readonly<
  Record<Plane, Readonly<Record<"left" | "right" | "top" | "bottom", string>>>
> = {
  axial: { left: "R", right: "L", top: "A", bottom: "P" },
  coronal: { left: "R", right: "L", top: "S", bottom: "I" },
  sagittal: { left: "A", right: "P", top: "S", bottom: "I" },
};

/** A part of a slice on a raster of square pixels. */
export interface Panel {
  readonly plane: Plane;
  /** Pixels. */
  readonly width: number;
  readonly height: number;
  /** Index of the slice. */
  readonly slice: number;
  /** Voxel coordinate of the left and of the top border, and voxels a pixel; indices fall. */
  readonly across: Ramp;
  readonly down: Ramp;
}

/** Where pixels lie along an axis of voxels; pixel i covers start - i * step and the next. */
export interface Ramp {
  readonly start: number;
  readonly step: number;
}

/**
 * The panel of one plane.
 *
 * @param part what to show, in voxels
 * @param centreVoxels a point of the slice
 * @param pixelMm edge of a pixel
 */
export function slicePanel(
  image: Volume,
  plane: Plane,
  part: Box3,
  centreVoxels: Triple,
  pixelMm: number,
): Panel {
  const { across, down, through } = planeAxes[plane];
  const spacing = spacingMm(image);
  const edge = (axis: number) =>
    Math.max(1, Math.round((part.max[axis] - part.min[axis]) * spacing[axis] / pixelMm));
  const ramp = (axis: number): Ramp => ({
    start: part.max[axis],
    step: (part.max[axis] - part.min[axis]) / edge(axis),
  });
  const slice = Math.floor(centreVoxels[through]);
  return {
    plane,
    width: edge(across),
    height: edge(down),
    slice: Math.min(image.shape[through] - 1, Math.max(0, slice)),
    across: ramp(across),
    down: ramp(down),
  };
}

/** Grey values 0 .. 255 of a panel, bilinear between voxel centres; NaN is black. */
export function sampleImage(image: Volume, panel: Panel): Uint8Array {
  const { start, acrossStep, downStep, acrossEdge, downEdge } = layout(image.shape, panel);
  const columns = weights(panel.width, panel.across, acrossEdge);
  const rows = weights(panel.height, panel.down, downEdge);
  const grey = new Uint8Array(panel.width * panel.height);
  const [low, high] = [columns.low, columns.high].map((voxels) =>
    voxels.map((v) => v * acrossStep)
  );
  const { data } = image;
  let at = 0;
  for (let y = 0; y < panel.height; y++) {
    const row0 = rows.low[y] * downStep + start;
    const row1 = rows.high[y] * downStep + start;
    const rowShare = rows.share[y];
    for (let x = 0; x < panel.width; x++) {
      const share = columns.share[x];
      const upper = mix(data[row0 + low[x]], data[row0 + high[x]], share);
      const lower = mix(data[row1 + low[x]], data[row1 + high[x]], share);
      const value = mix(upper, lower, rowShare);
      // To cut off after adding a half is to round.
      grey[at++] = value > 0 ? 255 * Math.min(1, value) + 0.5 : 0;
    }
  }
  return grey;
}

/** The voxels that the pixels' centres lie in, 0 or 1. */
export function sampleMask(mask: Mask, panel: Panel): Uint8Array {
  const { start, acrossStep, downStep, acrossEdge, downEdge } = layout(mask.shape, panel);
  const columns = voxelsUnder(panel.width, panel.across, acrossEdge);
  const rows = voxelsUnder(panel.height, panel.down, downEdge);
  const inside = new Uint8Array(panel.width * panel.height);
  for (let y = 0; y < panel.height; y++) {
    const row = start + rows[y] * downStep;
    for (let x = 0; x < panel.width; x++) {
      inside[x + panel.width * y] = mask.data[row + columns[x] * acrossStep];
    }
  }
  return inside;
}

/**
 * Top left and bottom right pixel of a box in voxels, both inside it; they may lie outside the
 * panel. `null` when the slice does not meet the box.
 */
export function boxInPanel(
  box: Box3,
  panel: Panel,
): [[number, number], [number, number]] | null {
  const { across, down, through } = planeAxes[panel.plane];
  const centre = panel.slice + 0.5;
  if (centre < box.min[through] || centre >= box.max[through]) return null;
  const pixel = ({ start, step }: Ramp, voxel: number) => Math.round((start - voxel) / step);
  return [
    [pixel(panel.across, box.max[across]), pixel(panel.down, box.max[down])],
    [pixel(panel.across, box.min[across]) - 1, pixel(panel.down, box.min[down]) - 1],
  ];
}

function layout(shape: Triple, { plane, slice }: Panel) {
  const { across, down, through } = planeAxes[plane];
  const steps = stridesOf(shape);
  return {
    start: slice * steps[through],
    acrossStep: steps[across],
    downStep: steps[down],
    acrossEdge: shape[across],
    downEdge: shape[down],
  };
}

/** The two voxels whose centres are around each pixel's centre, and the second one's share. */
function weights(pixels: number, { start, step }: Ramp, edge: number) {
  const [low, high] = [new Int32Array(pixels), new Int32Array(pixels)];
  const share = new Float64Array(pixels);
  for (let pixel = 0; pixel < pixels; pixel++) {
    const place = Math.min(edge - 1, Math.max(0, start - (pixel + 0.5) * step - 0.5));
    low[pixel] = Math.floor(place);
    high[pixel] = Math.min(edge - 1, low[pixel] + 1);
    share[pixel] = place - low[pixel];
  }
  return { low, high, share };
}

function voxelsUnder(pixels: number, { start, step }: Ramp, edge: number): Int32Array {
  return Int32Array.from({ length: pixels }, (_, pixel) => {
    return Math.min(edge - 1, Math.max(0, Math.floor(start - (pixel + 0.5) * step)));
  });
}

function mix(a: number, b: number, share: number): number {
  return share === 0 ? a : a + share * (b - a);
}
