import { textHeight, textWidth } from "./canvas.ts";
import { Chart } from "./chart.ts";
import { isDark, plotlyColourScale, scaleColour } from "./colour_scale.ts";
import { figureText } from "./figure_text.ts";
import type { Figure } from "./figure.ts";
import { TEXT_SIZE } from "./heading.ts";
import { extentOf, formatNumber, jsonNumbers } from "./numbers.ts";
import { type Colour, ink, white } from "./palette.ts";
import { plotlyAxis, plotlyLayout } from "./plotly_style.ts";
import { linearTicks } from "./ticks.ts";

/** What {@linkcode matrixFigure} draws. */
export interface Matrix {
  readonly title: string;
  /** Of the columns, from the left. */
  readonly xLabels: readonly string[];
  /** Of the rows, from the top. */
  readonly yLabels: readonly string[];
  readonly xTitle?: string;
  readonly yTitle?: string;
  /** `values[row][column]`; NaN leaves a place empty. */
  readonly values: readonly (readonly number[])[];
  /** What is written in a place; a number of about four digits by default. */
  readonly format?: (value: number) => string;
  /** What the colours mean, with its unit. */
  readonly colourTitle: string;
}

/** Ground of places without a value. */
const emptyGround = { css: "#e8e8e8", colour: [232, 232, 232] as Colour };

/** A heat map: numbers in rows and columns, the greater the darker. */
export function matrixFigure(matrix: Matrix): Figure {
  const { title, xLabels, yLabels, xTitle = "", yTitle = "", values, colourTitle } = matrix;
  const { format = formatNumber } = matrix;
  const extent = extentOf(values.flat());
  return {
    data: [{
      type: "heatmap",
      x: [...xLabels],
      y: [...yLabels],
      z: values.map(jsonNumbers),
      text: values.map((row) => row.map((value) => Number.isFinite(value) ? format(value) : "")),
      texttemplate: "%{text}",
      colorscale: plotlyColourScale,
      colorbar: { title: { text: colourTitle, side: "right" }, thickness: 16, outlinewidth: 0 },
      hovertemplate: "%{y}, %{x}: %{text}<extra></extra>",
      xgap: 2,
      ygap: 2,
    }],
    layout: plotlyLayout(title, {
      height: Math.min(900, 170 + 46 * yLabels.length),
      plot_bgcolor: emptyGround.css,
      xaxis: plotlyAxis(xTitle, { type: "category", showgrid: false, ticks: "" }),
      yaxis: plotlyAxis(yTitle, {
        type: "category",
        autorange: "reversed",
        showgrid: false,
        ticks: "",
        ticksuffix: " ",
      }),
    }),
    png: () => Promise.resolve(drawMatrix(matrix)),
    text: figureText(
      `${title} (${colourTitle}): ${yLabels.length} rows by ${xLabels.length} columns`,
      extent ? [`from ${format(extent[0])} to ${format(extent[1])}`] : [],
    ),
  };
}

function drawMatrix(matrix: Matrix): Uint8Array {
  const { title, xLabels, yLabels, xTitle = "", yTitle = "", values, colourTitle } = matrix;
  const { format = formatNumber } = matrix;
  const chart = new Chart({
    title,
    height: Math.min(640, 130 + 40 * yLabels.length),
    rightMargin: 88,
    x: { title: xTitle, range: [-0.5, xLabels.length - 0.5], categories: xLabels },
    y: { title: yTitle, range: [yLabels.length - 0.5, -0.5], categories: yLabels },
  });
  const extent = extentOf(values.flat()) ?? [0, 1];
  const share = (value: number) =>
    extent[0] === extent[1] ? 0.5 : (value - extent[0]) / (extent[1] - extent[0]);
  values.forEach((row, y) =>
    row.forEach((value, x) => {
      const isEmpty = !Number.isFinite(value);
      const [left, right] = [chart.x(x - 0.5) + 1, chart.x(x + 0.5) - 1];
      const [top, bottom] = [chart.y(y - 0.5) + 1, chart.y(y + 0.5) - 1];
      const ground = isEmpty ? emptyGround.colour : scaleColour(share(value));
      chart.canvas.rectangle([left, top], [right, bottom], ground);
      const text = isEmpty ? "" : format(value);
      if (textWidth(text) > right - left - 2 || textHeight() > bottom - top - 2) return;
      const textColour = isDark(share(value)) ? white : ink;
      const middle = (top + bottom - textHeight()) / 2;
      chart.canvas.text(text, (left + right) / 2, middle, textColour, { align: "centre" });
    })
  );
  drawColourBar(chart, extent, colourTitle);
  return chart.png();
}

/** The scale at the right of the chart, with its numbers and its title. */
function drawColourBar(chart: Chart, [low, high]: readonly [number, number], title: string): void {
  const { canvas, plot: { top, bottom, right } } = chart;
  const [left, width] = [right + 16, 14];
  for (let y = top; y < bottom; y++) {
    const colour = scaleColour((bottom - y - 0.5) / (bottom - top));
    canvas.fill(left, y, width, 1, colour);
  }
  for (const { at, label } of high > low ? linearTicks(low, high, 5) : []) {
    const y = bottom - (at - low) / (high - low) * (bottom - top);
    canvas.text(label, left + width + 5, y - textHeight(12) / 2, ink);
  }
  const place = canvas.width - 22;
  canvas.text(title, place, (top + bottom) / 2, ink, {
    align: "centre",
    turn: -90,
    size: TEXT_SIZE,
  });
}
