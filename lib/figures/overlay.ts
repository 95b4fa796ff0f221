import { type Box3, unitToVoxels, wholeUnit } from "../volume/box.ts";
import { setFinder } from "../volume/set_finder.ts";
import { type Mask, spacingMm, type Triple, type Volume } from "../volume/volume.ts";
import { Canvas, textHeight, textWidth } from "./canvas.ts";
import { type Colour, onDark } from "./palette.ts";
import { encodePng } from "./png.ts";
import {
  boxInPanel,
  type Panel,
  panelLetters,
  planes,
  sampleImage,
  sampleMask,
  slicePanel,
} from "./slice_panel.ts";

/** The colours of an overlay: those of every figure, lightened for a dark ground. */
export const overlayColours = {
  groundTruth: onDark("groundTruth"),
  prediction: onDark("prediction"),
  roi: onDark("roi"),
  text: [255, 255, 255],
} as const satisfies Record<string, Colour>;

/** What an overlay shows: an image on the RAS grid, and what is known about it. */
export interface Overlay {
  /** Intensities in 0 .. 1; what lies outside is cut off. */
  readonly image: Volume;
  /** On the image's grid, as the prediction. */
  readonly groundTruth?: Mask;
  readonly prediction?: Mask;
  /** The regions of interest, in the image's unit coordinates. */
  readonly roisUnit?: readonly Box3[];
  /** The organ's own box, drawn in the ground truth's colour. */
  readonly groundTruthBoxUnit?: Box3;
  /** A line above the panels. */
  readonly title?: string;
}

/** How an overlay is drawn. */
export interface OverlayOptions {
  /** Largest edge of a panel in pixels; 320 by default. */
  readonly panelEdge?: number;
  /** Masks as lines, or as lines with a translucent fill; "contour" by default. */
  readonly style?: "contour" | "fill";
  /** A point in voxels that the three slices go through, in place of the fullest slices. */
  readonly centreVoxels?: Triple;
  /** The part of the image to show, in unit coordinates; all by default. */
  readonly partUnit?: Box3;
}

const GAP = 6;
const FILL_OPACITY = 0.3;
/** Height of text for panels up to an edge in pixels, and beyond. */
const textSizes = { small: 12, large: 20, largePanel: 480 } as const;

/**
 * A PNG with an axial, a coronal and a sagittal slice, side by side at one scale in mm, with the
 * masks and the region of interest drawn in.
 *
 * Each slice is the one with the most voxels of the ground truth, else of the prediction; without
 * both, the middle of the region, else of the image. The convention is the radiologists': the
 * patient's right is on the viewer's left, the front is up in the axial slice and left in the
 * sagittal one, the head is up; the letters at a panel's borders say so. Where both masks' lines
 * meet, dashes of both alternate.
 */
export function overlayPng(overlay: Overlay, options: OverlayOptions = {}): Uint8Array {
  return encodePng(drawOverlay(overlay, options), { effort: "quick" });
}

/** The picture of {@linkcode overlayPng}, to be drawn on further. */
export function drawOverlay(overlay: Overlay, options: OverlayOptions = {}): Canvas {
  const { image, title = "" } = overlay;
  const { panelEdge = 320, partUnit = wholeUnit } = options;
  const centre = options.centreVoxels ?? pointToShow(overlay);
  const part = unitToVoxels(partUnit, image.shape);
  const pixelMm = largestEdgeMm(part, spacingMm(image)) / panelEdge;
  const panels = planes.map((plane) => slicePanel(image, plane, part, centre, pixelMm));
  const legend = legendOf(overlay);
  const size = panelEdge >= textSizes.largePanel ? textSizes.large : textSizes.small;
  const line = size + GAP;
  const top = title === "" ? 0 : line;
  const bottom = legend.length === 0 ? 0 : line;
  const canvas = new Canvas(
    panels.reduce((sum, panel) => sum + panel.width, 0) + GAP * (panels.length - 1),
    top + Math.max(...panels.map((panel) => panel.height)) + bottom,
  );
  let left = 0;
  for (const panel of panels) {
    drawPanel(canvas, left, top, panel, overlay, options.style ?? "contour", size);
    left += panel.width + GAP;
  }
  canvas.text(title, 2, GAP / 2, overlayColours.text, { size, rim: true });
  drawLegend(canvas, canvas.height - size - GAP / 2, legend, size);
  return canvas;
}

function pointToShow({ image, groundTruth, prediction, roisUnit = [] }: Overlay): Triple {
  const fullest = (groundTruth && fullestSlices(groundTruth)) ??
    (prediction && fullestSlices(prediction));
  if (fullest) return fullest;
  const { min, max } = unitToVoxels(roisUnit[0] ?? wholeUnit, image.shape);
  return [(min[0] + max[0]) / 2, (min[1] + max[1]) / 2, (min[2] + max[2]) / 2];
}

/** Indices of the slices with the most voxels of a mask, or `null` when it is empty. */
function fullestSlices({ shape, data }: Mask): Triple | null {
  const areas = shape.map((edge) => new Uint32Array(edge));
  const [width, height] = shape;
  const nextSet = setFinder(data);
  for (let start = nextSet(0); start < data.length;) {
    const row = Math.floor(start / width);
    const rowEnd = width * (row + 1);
    let end = start;
    while (end < rowEnd && data[end] !== 0) areas[0][end++ - width * row]++;
    areas[1][row % height] += end - start;
    areas[2][Math.floor(row / height)] += end - start;
    start = nextSet(end);
  }
  const [x, y, z] = areas.map((area) => area.indexOf(Math.max(...area)));
  return areas[0][x] === 0 ? null : [x, y, z];
}

function largestEdgeMm({ min, max }: Box3, spacing: Triple): number {
  return Math.max(...spacing.map((mm, axis) => (max[axis] - min[axis]) * mm));
}

function drawPanel(
  canvas: Canvas,
  left: number,
  top: number,
  panel: Panel,
  overlay: Overlay,
  style: "contour" | "fill",
  textSize: number,
): void {
  const { image, groundTruth, prediction, roisUnit = [], groundTruthBoxUnit } = overlay;
  const { width, height } = panel;
  canvas.grey(left, top, { width, height, channels: 1, data: sampleImage(image, panel) });
  const masks = [
    { mask: groundTruth, colour: overlayColours.groundTruth, dash: 0 },
    { mask: prediction, colour: overlayColours.prediction, dash: 1 },
  ].flatMap(({ mask, ...rest }) => mask ? [{ inside: sampleMask(mask, panel), ...rest }] : []);
  for (const { inside, colour } of style === "fill" ? masks : []) {
    forEachPixel(panel, (x, y, at) => {
      if (inside[at] !== 0) canvas.blend(left + x, top + y, colour, FILL_OPACITY);
    });
  }
  drawContours(canvas, left, top, panel, masks);
  const boxes = [
    { boxUnit: groundTruthBoxUnit, colour: overlayColours.groundTruth },
    ...roisUnit.map((boxUnit) => ({ boxUnit, colour: overlayColours.roi })),
  ];
  for (const { boxUnit, colour } of boxes) {
    const corners = boxUnit && boxInPanel(unitToVoxels(boxUnit, image.shape), panel);
    if (!corners) continue;
    const [[x0, y0], [x1, y1]] = corners;
    canvas.outline([left + x0, top + y0], [left + x1, top + y1], colour, 1);
  }
  drawLetters(canvas, left, top, panel, textSize);
}

interface PanelMask {
  readonly inside: Uint8Array;
  readonly colour: Colour;
  /** 0 or 1: which dashes are its own where lines meet. */
  readonly dash: number;
}

function drawContours(
  canvas: Canvas,
  left: number,
  top: number,
  panel: Panel,
  masks: readonly PanelMask[],
): void {
  const lines = masks.map(({ inside }) => contourOf(inside, panel));
  masks.forEach(({ colour, dash }, index) => {
    const line = lines[index];
    const others = lines.filter((other) => other !== line);
    forEachPixel(panel, (x, y, at) => {
      if (line[at] === 0) return;
      const isOwnDash = (((x + y) >> 2) & 1) === dash;
      if (isOwnDash || others.every((other) => other[at] === 0)) {
        canvas.blend(left + x, top + y, colour);
      }
    });
  });
}

/** The pixels inside from which one outside can be reached by a step along a row or a column. */
function contourOf(inside: Uint8Array, { width, height }: Panel): Uint8Array {
  const contour = new Uint8Array(inside.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = x + width * y;
      if (inside[at] === 0) continue;
      const isInner = x > 0 && x + 1 < width && y > 0 && y + 1 < height &&
        inside[at - 1] !== 0 && inside[at + 1] !== 0 &&
        inside[at - width] !== 0 && inside[at + width] !== 0;
      if (!isInner) contour[at] = 1;
    }
  }
  return contour;
}

function drawLetters(
  canvas: Canvas,
  left: number,
  top: number,
  panel: Panel,
  size: number,
): void {
  const { width, height, plane } = panel;
  const letters = panelLetters[plane];
  const capital = textHeight(size);
  const [middle, down] = [left + width / 2, top + (height - capital) / 2];
  const places: [string, number, number, "left" | "centre" | "right"][] = [
    [letters.left, left + 3, down, "left"],
    [letters.right, left + width - 3, down, "right"],
    [letters.top, middle, top + 4, "centre"],
    [letters.bottom, middle, top + height - 4 - capital, "centre"],
  ];
  for (const [letter, x, y, align] of places) {
    canvas.text(letter, x, y, overlayColours.text, { size, align, rim: true });
  }
}

interface LegendEntry {
  readonly text: string;
  readonly colour: Colour;
}

function legendOf(
  { groundTruth, prediction, roisUnit, groundTruthBoxUnit }: Overlay,
): LegendEntry[] {
  const entries: [unknown, LegendEntry][] = [
    [
      groundTruth ?? groundTruthBoxUnit,
      { text: "ground truth", colour: overlayColours.groundTruth },
    ],
    [prediction, { text: "prediction", colour: overlayColours.prediction }],
    [roisUnit?.[0], { text: "region of interest", colour: overlayColours.roi }],
  ];
  return entries.flatMap(([shown, entry]) => shown === undefined ? [] : [entry]);
}

function drawLegend(
  canvas: Canvas,
  top: number,
  entries: readonly LegendEntry[],
  size: number,
): void {
  let left = 2;
  for (const { text, colour } of entries) {
    canvas.text(text, left, top, colour, { size });
    left += textWidth(text, size) + 2 * GAP;
  }
}

function forEachPixel(
  { width, height }: Panel,
  visit: (x: number, y: number, at: number) => void,
): void {
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) visit(x, y, x + width * y);
  }
}
