import { Buffer } from "node:buffer";
import type { Contour } from "./contours.ts";
import type { PlotlyTrace } from "./figure.ts";
import { css } from "./palette.ts";
import type { GreyPicture, ImageLayer } from "./picture2.ts";
import type { PointLayer, ShapeLayer } from "./picture_layers.ts";
import { encodePng } from "./png.ts";

/** Closed lines as plotly's arrays: each ends where it began, with `null` between them. */
export interface LineArrays {
  readonly x: (number | null)[];
  readonly y: (number | null)[];
}

/** Opacity of a mask's inside over a picture. */
export const MASK_OPACITY = 0.25;

/** A picture as a trace; a pixel of the whole picture is `pixelEdge` units of the axes. */
export function imageTrace({ width, height, grey, place }: ImageLayer, pixelEdge = 1): PlotlyTrace {
  const [dx, dy] = [(place[2] - place[0]) / width, (place[3] - place[1]) / height];
  return {
    type: "image",
    source: imageAddress({ width, height, grey }),
    // The place of the first pixel's middle.
    x0: (place[0] + dx / 2) * pixelEdge,
    y0: (place[1] + dy / 2) * pixelEdge,
    dx: dx * pixelEdge,
    dy: dy * pixelEdge,
    zsmooth: "fast",
    hoverinfo: "skip",
  };
}

/** A picture as a PNG in an address. */
export function imageAddress({ width, height, grey }: GreyPicture): string {
  // Grey levels that differ by less than noise compress badly and look the same: 64 are kept.
  const data = grey.map((value) => value & 0b11111100 | value >> 6);
  const png = encodePng({ width, height, channels: 1, data });
  return `data:image/png;base64,${Buffer.from(png).toString("base64")}`;
}

/** A mask or a box as a trace. */
export function shapeTrace(
  { colour, filled, rings }: Omit<ShapeLayer, "name">,
  pixelEdge = 1,
): PlotlyTrace {
  return {
    type: "scatter",
    mode: "lines",
    ...lineArrays(rings, pixelEdge),
    fill: filled ? "toself" : "none",
    fillcolor: css(colour, MASK_OPACITY),
    line: { color: css(colour), width: filled ? 2 : 2.5 },
    hoverinfo: "skip",
  };
}

/** Points as a trace. */
export function pointTrace({ colour, x, y, sizes }: PointLayer): PlotlyTrace {
  return {
    type: "scatter",
    mode: "markers",
    x: x.map(hundredths),
    y: y.map(hundredths),
    marker: { size: [...sizes], color: css(colour), line: { color: "#000000", width: 1 } },
    hoverinfo: "skip",
  };
}

/**
 * Closed lines in units of the axes. Where there are none: one point without a place, since plotly
 * takes a trace without points out of the legend.
 */
export function lineArrays(rings: readonly Contour[], pixelEdge = 1): LineArrays {
  if (rings.length === 0) return { x: [null], y: [null] };
  const axis = (place: 0 | 1) =>
    rings.flatMap((ring, index) => [
      ...(index === 0 ? [] : [null]),
      ...[...ring, ring[0]].map((point) => hundredths(point[place] * pixelEdge)),
    ]);
  return { x: axis(0), y: axis(1) };
}

function hundredths(value: number): number {
  return Math.round(100 * value) / 100;
}
