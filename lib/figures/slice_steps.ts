import { type Contour, contoursOf } from "./contours.ts";
import type { Json } from "./figure.ts";
import { imageAddress, lineArrays } from "./overlay_traces.ts";
import { ringOf } from "./picture_layers.ts";
import type { ImageLayer } from "./picture2.ts";
import {
  pixelEdgeMm,
  type SlicePicture,
  slicePicture,
  type SliceSource,
  throughAxis,
} from "./slice_pictures.ts";

/** Slices and what the slider does for each. */
export interface SteppedSlices {
  readonly pictures: readonly SlicePicture[];
  /** Of the slider, one a picture. */
  readonly steps: readonly Json[];
  readonly pixelMm: number;
}

/** Pixels along a picture's larger edge, tried from the left until the figure is small enough. */
const pictureEdges = [288, 224, 176, 144, 112, 80];
const SLICE_LIMIT = 64;
/** Characters of all steps of the slider together. */
const SIZE_LIMIT = 700_000;

/**
 * As many slices, with as many pixels, as fit into a figure below 1 MB.
 *
 * @param wantedEvery every how many slices one is kept at least
 */
export function steppedSlices(source: SliceSource, wantedEvery?: number): SteppedSlices {
  const count = source.image.shape[throughAxis[source.plane]];
  for (let every = wantedEvery ?? Math.ceil(count / SLICE_LIMIT);; every *= 2) {
    for (const edge of pictureEdges) {
      // A few slices tell whether it is worth while to draw all.
      const sparse = Math.max(every, Math.ceil(count / 4));
      const few = sizeOf(drawSteps(source, sparse, edge)) * sparse / every;
      if (few > 1.1 * SIZE_LIMIT) continue;
      const slices = drawSteps(source, every, edge);
      if (sizeOf(slices) <= SIZE_LIMIT || slices.steps.length === 1) return slices;
    }
  }
}

function sizeOf({ steps }: SteppedSlices): number {
  return JSON.stringify(steps).length;
}

function drawSteps(source: SliceSource, every: number, edge: number): SteppedSlices {
  const count = source.image.shape[throughAxis[source.plane]];
  const pixelMm = pixelEdgeMm(source, edge);
  const kept = Math.ceil(count / every);
  const first = Math.floor((count - 1 - (kept - 1) * every) / 2);
  const pictures = Array.from(
    { length: kept },
    (_, step) => slicePicture(source, first + step * every, pixelMm),
  );
  return { pictures, steps: pictures.map((picture) => sliderStep(picture, pixelMm)), pixelMm };
}

/** A place of the slider: sets the picture of the first trace and the lines of the others. */
function sliderStep(picture: SlicePicture, pixelMm: number): Json {
  const lines = ringsOf(picture).map((rings) => lineArrays(rings, pixelMm));
  return {
    label: String(picture.index),
    method: "restyle",
    args: [
      {
        source: [imageAddress(imageLayer(picture)), ...lines.map(() => null)],
        x: [null, ...lines.map(({ x }) => x)],
        y: [null, ...lines.map(({ y }) => y)],
      },
      [0, ...lines.map((_, overlay) => overlay + 1)],
    ],
  };
}

/** The slice's picture as a layer of itself. */
export function imageLayer({ width, height, grey }: SlicePicture): ImageLayer {
  return { width, height, grey, place: [0, 0, width, height] };
}

/** The lines of each mask, then of each box. */
export function ringsOf({ width, height, masks, boxes }: SlicePicture): (readonly Contour[])[] {
  return [
    ...masks.map((mask) => contoursOf(mask, width, height)),
    ...boxes.map((box) => box === null ? [] : [ringOf(box)]),
  ];
}
