import { Chart } from "./chart.ts";
import { figureText } from "./figure_text.ts";
import type { Figure, PlotlyTrace } from "./figure.ts";
import { extentOf, formatNumber, jsonNumbers } from "./numbers.ts";
import { type ColourName, colourOfSeries, css } from "./palette.ts";
import { plotlyAxis, plotlyLayout } from "./plotly_style.ts";

/** One bar in every group; a NaN leaves its place empty. */
export interface BarSeries {
  readonly name: string;
  readonly values: readonly number[];
  /** Half the length of each error bar; NaN for none. */
  readonly errors?: readonly number[];
  readonly colour?: ColourName;
}

/** What {@linkcode barsFigure} draws. */
export interface Bars {
  readonly title: string;
  /** With its unit. */
  readonly yTitle: string;
  readonly groups: readonly string[];
  readonly series: readonly BarSeries[];
  /** Powers of ten upwards; false by default. */
  readonly logarithmic?: boolean;
}

/** Groups of bars side by side, with error bars: means and standard deviations, say. */
export function barsFigure(options: Bars): Figure {
  const { title, yTitle, groups, series, logarithmic = false } = options;
  const data = series.map(({ name, values, errors, colour }, index): PlotlyTrace => ({
    type: "bar",
    name,
    x: [...groups],
    y: jsonNumbers(values),
    marker: { color: css(colourOfSeries(index, colour)) },
    error_y: errors && {
      type: "data",
      array: jsonNumbers(errors),
      color: "#444444",
      thickness: 1.5,
      width: 5,
    },
  }));
  return {
    data,
    layout: plotlyLayout(title, {
      barmode: "group",
      bargap: 0.25,
      showlegend: series.length > 1,
      xaxis: plotlyAxis("", { type: "category", ticks: "" }),
      yaxis: plotlyAxis(yTitle, logarithmic ? { type: "log" } : { rangemode: "tozero" }),
    }),
    png: () => Promise.resolve(drawBars(options)),
    text: figureText(
      `${title} (${yTitle})`,
      series.map((one) => `${one.name}: ${barTexts(groups, one).join(", ")}`),
    ),
  };
}

function drawBars({ title, yTitle, groups, series, logarithmic = false }: Bars): Uint8Array {
  const colours = series.map(({ colour }, index) => colourOfSeries(index, colour));
  const legend = series.map(({ name }, index) => ({
    name,
    colour: colours[index],
    kind: "block" as const,
  }));
  const range = barRange(series, logarithmic);
  const chart = new Chart({
    title,
    x: { title: "", range: [-0.5, groups.length - 0.5], categories: groups },
    y: { title: yTitle, range, logarithmic },
    legend,
  });
  const width = 0.75 / series.length;
  const base = chart.y(logarithmic ? range[0] : 0);
  chart.inside((canvas) => {
    series.forEach(({ values, errors = [] }, index) => {
      values.forEach((value, group) => {
        if (!Number.isFinite(value)) return;
        const middle = group - 0.375 + (index + 0.5) * width;
        const [left, right] = [chart.x(middle - width / 2), chart.x(middle + width / 2)];
        canvas.rectangle([left, chart.y(value)], [right, base], colours[index]);
        const [low, high] = [chart.y(value - errors[group]), chart.y(value + errors[group])];
        if (!Number.isFinite(high)) return;
        const x = chart.x(middle);
        const bottom = Number.isFinite(low) ? low : base;
        for (const line of [[[x, bottom], [x, high]], [[x - 4, high], [x + 4, high]]] as const) {
          canvas.line(line, [68, 68, 68]);
        }
        if (Number.isFinite(low)) canvas.line([[x - 4, low], [x + 4, low]], [68, 68, 68]);
      });
    });
  });
  return chart.png();
}

/** From 0, or from the power of ten below the least bar, to a little above the highest. */
function barRange(series: readonly BarSeries[], logarithmic: boolean): [number, number] {
  const ends = series.flatMap(({ values, errors = [] }) =>
    values.flatMap((
      value,
      group,
    ) => [value, value + (errors[group] || 0), value - (errors[group] || 0)])
  );
  if (logarithmic) {
    const [low, high] = extentOf(
      series.flatMap(({ values }) => values).filter((value) => value > 0),
    ) ??
      [1, 10];
    return [
      10 ** Math.floor(Math.log10(low * 0.9)),
      Math.max(high, ...ends.filter(Number.isFinite)) * 1.3,
    ];
  }
  const [low, high] = extentOf([0, ...ends]) ?? [0, 1];
  return [low * 1.05, high * 1.05 || 1];
}

function barTexts(groups: readonly string[], { values, errors }: BarSeries): string[] {
  return groups.map((group, index) => {
    const error = errors?.[index] ?? NaN;
    const spread = Number.isFinite(error) ? ` \u00b1 ${formatNumber(error)}` : "";
    return `${group} ${formatNumber(values[index])}${spread}`;
  });
}
