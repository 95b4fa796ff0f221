import type { Canvas, Point } from "./canvas.ts";
import { Chart } from "./chart.ts";
import { figureText } from "./figure_text.ts";
import type { Figure, PlotlyTrace } from "./figure.ts";
import { finiteOf, formatNumber, jsonNumbers, paddedRange } from "./numbers.ts";
import { type Colour, type ColourName, colourOfSeries, css } from "./palette.ts";
import { plotlyAxis, plotlyLayout } from "./plotly_style.ts";

/** The values of one box; NaN is left out. */
export interface BoxGroup {
  readonly name: string;
  readonly values: readonly number[];
  /** What each value belongs to, a case's id for instance: shown when the pointer is on it. */
  readonly labels?: readonly string[];
  readonly colour?: ColourName;
}

/** What {@linkcode boxPlotFigure} draws. */
export interface BoxPlot {
  readonly title: string;
  /** With its unit. */
  readonly yTitle: string;
  readonly groups: readonly BoxGroup[];
  /** Fitted to the values by default. */
  readonly yRange?: readonly [number, number];
}

/** Box plots with every value as a point. */
export function boxPlotFigure(options: BoxPlot): Figure {
  const { title, yTitle, groups, yRange } = options;
  const data = groups.map(({ name, values, labels, colour }, index): PlotlyTrace => ({
    type: "box",
    name,
    y: jsonNumbers(values),
    text: labels && [...labels],
    boxpoints: "all",
    jitter: 0.5,
    pointpos: 0,
    line: { color: css(colourOfSeries(index, colour)), width: 2 },
    fillcolor: css(colourOfSeries(index, colour), 0.15),
    marker: { size: 6, opacity: 0.75, color: css(colourOfSeries(index, colour)) },
    hoverinfo: labels ? "y+text" : "y",
  }));
  return {
    data,
    layout: plotlyLayout(title, {
      showlegend: false,
      xaxis: plotlyAxis("", { ticks: "" }),
      yaxis: plotlyAxis(yTitle, yRange && { range: [...yRange] }),
    }),
    png: () => Promise.resolve(drawBoxPlot(options)),
    text: figureText(`${title} (${yTitle})`, groups.map(groupText)),
  };
}

function groupText({ name, values }: BoxGroup): string {
  const sorted = finiteOf(values).sort((a, b) => a - b);
  if (sorted.length === 0) return `${name}: no values`;
  const [low, high] = [sorted[0], sorted[sorted.length - 1]].map(formatNumber);
  const median = formatNumber(quantile(sorted, 0.5));
  return `${name}: median ${median} of ${sorted.length}, ${low} to ${high}`;
}

/** As plotly computes it: linear between values, of which value i is at (i + 0.5) / n. */
function quantile(sorted: readonly number[], share: number): number {
  const place = Math.min(sorted.length - 1, Math.max(0, share * sorted.length - 0.5));
  const below = Math.floor(place);
  const above = Math.min(sorted.length - 1, below + 1);
  return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
}

function drawBoxPlot({ title, yTitle, groups, yRange }: BoxPlot): Uint8Array {
  const chart = new Chart({
    title,
    x: {
      title: "",
      range: [-0.5, groups.length - 0.5],
      categories: groups.map(({ name }) => name),
    },
    y: { title: yTitle, range: yRange ?? paddedRange(groups.flatMap(({ values }) => values)) },
  });
  chart.inside((canvas) => {
    groups.forEach(({ values, colour }, index) => {
      const sorted = finiteOf(values).sort((a, b) => a - b);
      if (sorted.length > 0) drawBox(chart, canvas, index, sorted, colourOfSeries(index, colour));
    });
  });
  return chart.png();
}

/** A box from the first to the third quartile, whiskers to the last values within 1.5 of it. */
function drawBox(
  chart: Chart,
  canvas: Canvas,
  group: number,
  sorted: readonly number[],
  colour: Colour,
): void {
  const [first, median, third] = [0.25, 0.5, 0.75].map((share) => quantile(sorted, share));
  const reach = 1.5 * (third - first);
  const lowest = sorted.find((value) => value >= first - reach) ?? first;
  const highest = sorted.findLast((value) => value <= third + reach) ?? third;
  const [left, right, middle] = [chart.x(group - 0.25), chart.x(group + 0.25), chart.x(group)];
  const cap = (right - left) / 4;
  const [top, bottom] = [chart.y(third), chart.y(first)];
  canvas.rectangle([left, top], [right, bottom], colour, 0.15);
  const lines: Point[][] = [
    [[left, top], [right, top], [right, bottom], [left, bottom], [left, top]],
    [[left, chart.y(median)], [right, chart.y(median)]],
    [[middle, top], [middle, chart.y(highest)]],
    [[middle, bottom], [middle, chart.y(lowest)]],
    [[middle - cap, chart.y(highest)], [middle + cap, chart.y(highest)]],
    [[middle - cap, chart.y(lowest)], [middle + cap, chart.y(lowest)]],
  ];
  for (const line of lines) canvas.line(line, colour, { width: 1.8 });
  sorted.forEach((value, i) => {
    // Neighbouring values side by side: the golden ratio spreads any number of them evenly.
    const aside = ((i * 0.618034) % 1 - 0.5) * 0.8 * (right - left);
    canvas.disc([middle + aside, chart.y(value)], 3, colour, 0.7);
  });
}
