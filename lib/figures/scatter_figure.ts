import { Chart } from "./chart.ts";
import { figureText } from "./figure_text.ts";
import type { Figure, PlotlyTrace } from "./figure.ts";
import { jsonNumbers, paddedRange } from "./numbers.ts";
import { type ColourName, colourOfSeries, css } from "./palette.ts";
import { plotlyAxis, plotlyLayout } from "./plotly_style.ts";

/** Points of one kind; a point with a NaN is left out. */
export interface ScatterSeries {
  readonly name: string;
  readonly x: readonly number[];
  /** As long as `x`. */
  readonly y: readonly number[];
  /** What each point is, a case's id for instance: shown when the pointer is on it. */
  readonly labels?: readonly string[];
  readonly colour?: ColourName;
}

/** What {@linkcode scatterFigure} draws. */
export interface Scatter {
  readonly title: string;
  /** With its unit. */
  readonly xTitle: string;
  readonly yTitle: string;
  readonly series: readonly ScatterSeries[];
  /** One range for both axes and the line y = x; false by default. */
  readonly diagonal?: boolean;
}

/** Points in a plane: Dice against the region's IoU, say. */
export function scatterFigure(options: Scatter): Figure {
  const { title, xTitle, yTitle, series, diagonal = false } = options;
  const data = series.map(({ name, x, y, labels, colour }, index): PlotlyTrace => ({
    type: "scatter",
    mode: "markers",
    name,
    x: jsonNumbers(x),
    y: jsonNumbers(y),
    text: labels && [...labels],
    marker: { size: 9, opacity: 0.8, color: css(colourOfSeries(index, colour)) },
  }));
  const range = diagonal ? paddedRange(series.flatMap(({ x, y }) => [...x, ...y])) : undefined;
  return {
    data,
    layout: plotlyLayout(title, {
      showlegend: series.length > 1,
      xaxis: plotlyAxis(xTitle, { range }),
      yaxis: plotlyAxis(yTitle, { range }),
      shapes: range && [{
        type: "line",
        x0: range[0],
        y0: range[0],
        x1: range[1],
        y1: range[1],
        layer: "below",
        line: { color: "#999999", dash: "dash", width: 1.5 },
      }],
    }),
    png: () => Promise.resolve(drawScatter(options)),
    text: figureText(
      `${title}: ${yTitle} against ${xTitle}`,
      series.map(({ name, x }) => `${name}: ${x.length} points`),
    ),
  };
}

function drawScatter({ title, xTitle, yTitle, series, diagonal }: Scatter): Uint8Array {
  const both = diagonal ? paddedRange(series.flatMap(({ x, y }) => [...x, ...y])) : undefined;
  const colours = series.map(({ colour }, index) => colourOfSeries(index, colour));
  const legend = series.map(({ name }, index) => ({
    name,
    colour: colours[index],
    kind: "dot" as const,
  }));
  const chart = new Chart({
    title,
    x: { title: xTitle, range: both ?? paddedRange(series.flatMap(({ x }) => x)) },
    y: { title: yTitle, range: both ?? paddedRange(series.flatMap(({ y }) => y)) },
    legend,
  });
  chart.inside((canvas) => {
    if (both) {
      const ends = both.map((value) => [chart.x(value), chart.y(value)] as const);
      canvas.line(ends, [150, 150, 150], { dash: [6, 5] });
    }
    series.forEach(({ x, y }, index) => {
      for (const point of chart.pieces(x, y).flat()) {
        canvas.disc(point, 4.5, colours[index], 0.8);
      }
    });
  });
  return chart.png();
}
