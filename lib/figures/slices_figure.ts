import type { Box3 } from "../volume/box.ts";
import { type IntensityWindow, percentileWindow, windowHu } from "../volume/intensity.ts";
import type { LabelVolume, Mask, Volume } from "../volume/volume.ts";
import type { Figure, Json } from "./figure.ts";
import { imageTrace, shapeTrace } from "./overlay_traces.ts";
import { type ColourName, onDark, overlayName } from "./palette.ts";
import { plotlyAxis, plotlyLayout } from "./plotly_style.ts";
import { panelLetters, type Plane } from "./slice_panel.ts";
import { type SlicePicture, type SliceSource, throughAxis } from "./slice_pictures.ts";
import { imageLayer, ringsOf, steppedSlices } from "./slice_steps.ts";
import { drawSlices } from "./slices_png.ts";

/** A mask or the labels of an organ on the image's grid. */
export interface SliceLabel {
  /** For the legend. */
  readonly name: string;
  /** Not 0 inside. */
  readonly mask: LabelVolume | Mask | Uint8Array;
  /** In turn by default: ground truth, prediction, ... */
  readonly colour?: ColourName;
}

/** A box in the image's voxels. */
export interface SliceBox {
  /** For the legend. */
  readonly name: string;
  readonly box: Box3;
  readonly colour?: ColourName;
}

/** What {@linkcode slicesFigure} draws. */
export interface Slices {
  readonly title: string;
  /** On the RAS grid. */
  readonly image: Volume;
  readonly labels?: readonly SliceLabel[];
  readonly boxes?: readonly SliceBox[];
  /** The axis that the slider runs along: "z" (axial slices) by default. */
  readonly axis?: "x" | "y" | "z";
  /** Every how many slices one is kept at least; by default so that at most 64 are. */
  readonly every?: number;
  /** What becomes black and white; by default the image's own 0.5 and 99.5 percentiles. */
  readonly window?: IntensityWindow;
}

const planeOf: Readonly<Record<"x" | "y" | "z", Plane>> = {
  x: "sagittal",
  y: "coronal",
  z: "axial",
};

/** What the axes of a plane count. */
const axisTitles: Readonly<Record<Plane, { readonly x: string; readonly y: string }>> = {
  axial: { x: "from the right (mm)", y: "from the front (mm)" },
  coronal: { x: "from the right (mm)", y: "from the head (mm)" },
  sagittal: { x: "from the front (mm)", y: "from the head (mm)" },
};

/**
 * The slices of an image along one axis, chosen by a slider, with masks and boxes over them, at one
 * scale in mm. The convention is the radiologists': the patient's right is on the viewer's left.
 * The picture is coarsened, and slices are left out, as far as a figure below 1 MB needs.
 */
export function slicesFigure(slices: Slices): Figure {
  const { title, image, labels = [], boxes = [], axis = "z" } = slices;
  const plane = planeOf[axis];
  const source: SliceSource = {
    image: windowed(image, slices.window),
    masks: labels.map(({ mask }) => maskOn(image, mask)),
    boxesVoxels: boxes.map(({ box }) => box),
    plane,
  };
  const { pictures, steps, pixelMm } = steppedSlices(source, slices.every);
  const first = fullestPicture(pictures);
  const { width, height } = pictures[first];
  const maskLooks = labels.map(({ name, colour }, i) => ({
    name,
    colour: colour ?? overlayName(i),
  }));
  const boxLooks = boxes.map(({ name, colour }, i) => ({ name, colour: colour ?? overlayName(i) }));
  const looks = [
    ...maskLooks.map((look) => ({ ...look, filled: true })),
    ...boxLooks.map((look) => ({ ...look, filled: false })),
  ];
  const rings = ringsOf(pictures[first]);
  const sliceAxis = { constrain: "domain", showgrid: false, zeroline: false };
  return {
    data: [
      imageTrace(imageLayer(pictures[first]), pixelMm),
      ...looks.map(({ name, colour, filled }, i) => ({
        ...shapeTrace({ colour: onDark(colour), filled, rings: rings[i] }, pixelMm),
        name,
      })),
    ],
    layout: plotlyLayout(title, {
      height: 680,
      showlegend: looks.length > 0,
      xaxis: plotlyAxis(axisTitles[plane].x, { ...sliceAxis, range: [0, width * pixelMm] }),
      yaxis: plotlyAxis(axisTitles[plane].y, {
        ...sliceAxis,
        range: [height * pixelMm, 0],
        scaleanchor: "x",
      }),
      annotations: letterAnnotations(plane),
      sliders: [{
        active: first,
        currentvalue: { prefix: `${plane} slice, ${axis} = ` },
        pad: { t: 56 },
        steps,
      }],
    }, { b: 130 }),
    png: () => Promise.resolve(drawSlices(title, axis, pictures, maskLooks, boxLooks, pixelMm)),
    text: `${title}: ${steps.length} of ${image.shape[throughAxis[plane]]} ${plane} slices` +
      looks.map(({ name }, i) => `${i === 0 ? ", with " : ", "}${name}`).join("") + ".",
  };
}

function windowed(image: Volume, window?: IntensityWindow): Volume {
  const { low, high } = window ?? percentileWindow(image, 0.5, 99.5);
  return window || low < high ? windowHu(image, low, high) : image;
}

function maskOn({ shape, affine }: Volume, mask: SliceLabel["mask"]): Mask {
  const data = "affine" in mask ? mask.data : mask;
  return {
    shape,
    affine,
    data: data instanceof Uint8Array ? data : Uint8Array.from(data, (value) => +(value !== 0)),
  };
}

/** The place of the slice with the largest masks, else of one that meets a box, else the middle. */
function fullestPicture(pictures: readonly SlicePicture[]): number {
  const sizes = pictures.map(({ masks, boxes }) =>
    masks.reduce((sum, mask) => sum + mask.reduce((count, value) => count + +(value !== 0), 0), 0) +
    boxes.filter((box) => box !== null).length
  );
  const most = Math.max(...sizes);
  const fullest = sizes.flatMap((size, place) => size === most ? [place] : []);
  return fullest[fullest.length >> 1];
}

/** The patient's directions, inside the picture's borders. */
function letterAnnotations(plane: Plane): Json {
  const { left, right, top, bottom } = panelLetters[plane];
  const places: [string, number, number][] = [
    [left, 0.02, 0.5],
    [right, 0.98, 0.5],
    [top, 0.5, 0.98],
    [bottom, 0.5, 0.02],
  ];
  return places.map(([text, x, y]) => ({
    text,
    xref: "x domain",
    yref: "y domain",
    x,
    y,
    showarrow: false,
    font: { color: "#ffffff", size: 15 },
    bgcolor: "rgba(0,0,0,0.5)",
  }));
}
