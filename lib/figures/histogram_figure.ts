import type { Point } from "./canvas.ts";
import { Chart } from "./chart.ts";
import { figureText } from "./figure_text.ts";
import type { Figure, PlotlyTrace } from "./figure.ts";
import type { LegendEntry } from "./heading.ts";
import { extentOf, formatNumber, jsonNumbers, paddedRange } from "./numbers.ts";
import { type Colour, type ColourName, colourOfSeries, css, palette } from "./palette.ts";
import { legendSquare, plotlyAxis, plotlyLayout } from "./plotly_style.ts";

/** The values of one histogram; what is not finite is left out. */
export interface HistogramSeries {
  readonly name: string;
  readonly values: ArrayLike<number>;
  readonly colour?: ColourName;
}

/** An interval of the horizontal axis to shade. */
export interface Band {
  readonly from: number;
  readonly to: number;
  readonly name: string;
}

/** What {@linkcode histogramFigure} draws. */
export interface Histogram {
  readonly title: string;
  /** With its unit. */
  readonly xTitle: string;
  readonly yTitle: string;
  readonly series: readonly HistogramSeries[];
  /** Number of bins, all of one width, from the least to the greatest value; 60 by default. */
  readonly bins?: number;
  readonly bands?: readonly Band[];
  /** Whether a bar is as high as its count of values, or their share of the series in percent. */
  readonly measure?: "count" | "percent";
  /** Powers of ten upwards; false by default. */
  readonly logarithmic?: boolean;
}

/** How often which values occur, with intervals shaded: the HU window, say. */
export function histogramFigure(options: Histogram): Figure {
  const { title, xTitle, yTitle, series, bands = [], logarithmic = false } = options;
  const bins = binsOf(options);
  const [low, high] = bins.range;
  const data = series.map(({ name, colour }, index): PlotlyTrace => ({
    type: "scatter",
    mode: "lines",
    name,
    x: jsonNumbers(bins.edges),
    y: jsonNumbers(
      [...bins.heights[index], NaN].map((height, bin, heights) =>
        Math.max(low, bin === heights.length - 1 ? heights[bin - 1] : height)
      ),
    ),
    line: { shape: "hv", width: 1.5, color: css(colourOfSeries(index, colour)) },
    fill: "tozeroy",
    fillcolor: css(colourOfSeries(index, colour), FILL_OPACITY),
  }));
  return {
    data: [...data, ...bands.map(({ name }) => legendSquare(name, BAND_COLOUR))],
    layout: plotlyLayout(title, {
      showlegend: series.length + bands.length > 1,
      xaxis: plotlyAxis(xTitle),
      yaxis: plotlyAxis(
        yTitle,
        logarithmic
          ? { type: "log", range: [Math.log10(low), Math.log10(high)] }
          : { range: [low, high] },
      ),
      shapes: bands.map(({ from, to }) => ({
        type: "rect",
        xref: "x",
        yref: "paper",
        x0: from,
        x1: to,
        y0: 0,
        y1: 1,
        layer: "below",
        line: { width: 0 },
        fillcolor: css(palette.yellow, BAND_OPACITY),
      })),
    }),
    png: () => Promise.resolve(drawHistogram(options, bins)),
    text: figureText(title, [
      ...series.map(seriesText),
      ...bands.map(({ name, from, to }) => `${name}: ${formatNumber(from)} to ${formatNumber(to)}`),
    ]),
  };
}

const FILL_OPACITY = 0.3;
const BAND_OPACITY = 0.35;

interface Bins {
  /** One more than bins. */
  readonly edges: readonly number[];
  /** Of each series, for each bin. */
  readonly heights: readonly (readonly number[])[];
  /** Of the vertical axis; on a logarithmic one an empty bin is drawn at its lower end. */
  readonly range: readonly [number, number];
}

function binsOf({ series, bins = 60, measure, logarithmic }: Histogram): Bins {
  const [low, high] = extentOf(allValues(series)) ?? [0, 1];
  const width = (high - low || 1) / bins;
  const heights = series.map(({ values }) => binHeights(values, low, width, bins, measure));
  const [least, most] = extentOf(heights.flat().filter((height) => height > 0)) ?? [1, 1];
  return {
    edges: Array.from({ length: bins + 1 }, (_, bin) => low + bin * width),
    heights,
    range: logarithmic ? [least / 1.5, most * 1.5] : [0, most * 1.05],
  };
}

function* allValues(series: readonly HistogramSeries[]): Iterable<number> {
  for (const { values } of series) {
    for (let i = 0; i < values.length; i++) yield values[i];
  }
}

function binHeights(
  values: ArrayLike<number>,
  low: number,
  width: number,
  bins: number,
  measure: "count" | "percent" = "count",
): number[] {
  const counts = new Array<number>(bins).fill(0);
  let total = 0;
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i])) continue;
    counts[Math.min(bins - 1, Math.max(0, Math.floor((values[i] - low) / width)))]++;
    total++;
  }
  if (measure === "count" || total === 0) return counts;
  return counts.map((count) => 100 * count / total);
}

function seriesText({ name, values }: HistogramSeries): string {
  let [count, sum] = [0, 0];
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i])) continue;
    count++;
    sum += values[i];
  }
  return `${name}: ${count} values, mean ${formatNumber(sum / count)}`;
}

function drawHistogram(options: Histogram, { edges, heights, range }: Bins): Uint8Array {
  const { title, xTitle, yTitle, series, bands = [], logarithmic = false } = options;
  const colours = series.map(({ colour }, index) => colourOfSeries(index, colour));
  const legend: LegendEntry[] = [
    ...series.map(({ name }, i) => ({ name, colour: colours[i], kind: "block" as const })),
    ...bands.map(({ name }) => ({ name, colour: BAND_COLOUR, kind: "block" as const })),
  ];
  const shown = [...edges, ...bands.flatMap(({ from, to }) => [from, to])];
  const chart = new Chart({
    title,
    x: { title: xTitle, range: paddedRange(shown, 0) },
    y: { title: yTitle, range, logarithmic },
    legend,
  });
  const { top, bottom } = chart.plot;
  chart.inside((canvas) => {
    for (const { from, to } of bands) {
      canvas.rectangle([chart.x(from), top], [chart.x(to), bottom], palette.yellow, BAND_OPACITY);
    }
    heights.forEach((bins, index) => {
      const steps = bins.flatMap((height, bin): Point[] => {
        const y = chart.y(Math.max(range[0], height));
        return [[chart.x(edges[bin]), y], [chart.x(edges[bin + 1]), y]];
      });
      const [first, last] = [edges[0], edges[edges.length - 1]].map((edge) => chart.x(edge));
      canvas.polygon([[...steps, [last, bottom], [first, bottom]]], colours[index], FILL_OPACITY);
      canvas.line(steps, colours[index]);
    });
  });
  return chart.png();
}

/** Yellow as it looks where a band is translucent. */
const BAND_COLOUR: Colour = [250, 245, 189];
