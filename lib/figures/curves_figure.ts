import { Chart } from "./chart.ts";
import { figureText } from "./figure_text.ts";
import type { Figure, PlotlyTrace } from "./figure.ts";
import { formatNumber, jsonNumbers, paddedRange } from "./numbers.ts";
import { type ColourName, colourOfSeries, css } from "./palette.ts";
import { plotlyAxis, plotlyLayout } from "./plotly_style.ts";
import { thinCurve } from "./thin_curve.ts";

/** A line through points; a NaN in `y` leaves a gap. */
export interface Curve {
  readonly name: string;
  readonly x: readonly number[];
  /** As long as `x`. */
  readonly y: readonly number[];
  readonly dashed?: boolean;
  readonly colour?: ColourName;
}

/** What {@linkcode curvesFigure} draws. */
export interface Curves {
  readonly title: string;
  /** With its unit. */
  readonly xTitle: string;
  readonly yTitle: string;
  readonly curves: readonly Curve[];
  /** Fitted to the values by default. */
  readonly yRange?: readonly [number, number];
  /** A dot at every point; false by default. */
  readonly markers?: boolean;
}

/** Points of all curves together: about 16 characters of JSON each. */
const POINT_LIMIT = 20_000;

/** Lines in one diagram: losses and scores over epochs, say. */
export function curvesFigure(options: Curves): Figure {
  const { title, xTitle, yTitle, yRange, markers = false } = options;
  const limit = Math.floor(POINT_LIMIT / Math.max(1, options.curves.length));
  const curves = options.curves.map((curve) => ({ ...curve, ...thinCurve(curve, limit) }));
  const data = curves.map(({ name, x, y, dashed, colour }, index): PlotlyTrace => ({
    type: "scatter",
    mode: markers ? "lines+markers" : "lines",
    name,
    x: jsonNumbers(x),
    y: jsonNumbers(y),
    connectgaps: false,
    line: {
      color: css(colourOfSeries(index, colour)),
      width: 2.5,
      dash: dashed ? "dash" : "solid",
    },
    marker: { size: 7 },
  }));
  return {
    data,
    layout: plotlyLayout(title, {
      showlegend: curves.length > 1,
      hovermode: "x unified",
      xaxis: plotlyAxis(xTitle),
      yaxis: plotlyAxis(yTitle, yRange && { range: [...yRange] }),
    }),
    png: () => Promise.resolve(drawCurves({ ...options, curves })),
    text: figureText(`${title}: ${yTitle} against ${xTitle}`, options.curves.map(curveText)),
  };
}

function drawCurves({ title, xTitle, yTitle, curves, yRange, markers }: Curves): Uint8Array {
  const colours = curves.map(({ colour }, index) => colourOfSeries(index, colour));
  const legend = curves.map(({ name, dashed }, index) => ({
    name,
    colour: colours[index],
    kind: dashed ? "dashed" as const : "line" as const,
  }));
  const chart = new Chart({
    title,
    x: { title: xTitle, range: paddedRange(curves.flatMap(({ x }) => x), markers ? 0.03 : 0) },
    y: { title: yTitle, range: yRange ?? paddedRange(curves.flatMap(({ y }) => y)) },
    legend,
  });
  chart.inside((canvas) => {
    curves.forEach(({ x, y, dashed }, index) => {
      for (const piece of chart.pieces(x, y)) {
        canvas.line(piece, colours[index], { width: 2.2, dash: dashed ? [7, 5] : undefined });
        // A value between two gaps would be no line.
        for (const point of markers || piece.length === 1 ? piece : []) {
          canvas.disc(point, 3.5, colours[index]);
        }
      }
    });
  });
  return chart.png();
}

function curveText({ name, x, y }: Curve): string {
  let last = -1;
  let [low, high] = [-1, -1];
  y.forEach((value, index) => {
    if (!Number.isFinite(value)) return;
    last = index;
    if (low < 0 || value < y[low]) low = index;
    if (high < 0 || value > y[high]) high = index;
  });
  if (last < 0) return `${name}: no values`;
  const at = (index: number) => `${formatNumber(y[index])} at ${formatNumber(x[index])}`;
  return `${name}: ${at(last)} (lowest ${at(low)}, highest ${at(high)})`;
}
