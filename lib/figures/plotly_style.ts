import type { Json, PlotlyLayout, PlotlyTrace } from "./figure.ts";
import { type Colour, css, ink } from "./palette.ts";
import { wrapText } from "./wrap_text.ts";

/** Lines of the grid behind curves and bars. */
export const gridInk = "#e3e3e3";

/** Plotly does not break lines itself; beside the title are the buttons. */
const TITLE_WIDTH = 640;
const TITLE_SIZE = 17;

/**
 * A plotly layout in the look of all figures: white ground, a title on the left, room for labels.
 *
 * @param own what the figure sets itself
 * @param margin at the left, right and bottom, in screen pixels
 */
export function plotlyLayout(
  title: string,
  own: PlotlyLayout,
  margin: { readonly l?: number; readonly r?: number; readonly b?: number } = {},
): PlotlyLayout {
  const lines = wrapText(title, TITLE_WIDTH, TITLE_SIZE);
  // Plotly puts the first line where a title of one line would be.
  const further = (lines.length - 1) * 1.3 * TITLE_SIZE;
  return {
    title: {
      text: lines.join("<br>"),
      x: 0,
      xref: "paper",
      xanchor: "left",
      yref: "paper",
      y: 1,
      yanchor: "bottom",
      automargin: true,
      pad: { b: 14 + further },
      font: { size: TITLE_SIZE },
    },
    font: { family: "Open Sans, Helvetica, Arial, sans-serif", size: 13, color: css(ink) },
    paper_bgcolor: "#ffffff",
    plot_bgcolor: "#ffffff",
    autosize: true,
    height: 420,
    margin: { l: 64, r: 24, b: 40, ...margin, t: 56 + further },
    hoverlabel: { font: { size: 13 } },
    ...own,
  };
}

/** A plotly axis in the look of all figures. */
export function plotlyAxis(
  title: string,
  own: { readonly [key: string]: Json | undefined } = {},
): { readonly [key: string]: Json | undefined } {
  return {
    title: { text: title, standoff: 10 },
    automargin: true,
    gridcolor: gridInk,
    zerolinecolor: gridInk,
    linecolor: "#888888",
    showline: true,
    ticks: "outside",
    tickcolor: "#888888",
    ...own,
  };
}

/** A square in the legend for what is no trace; its only point has no place. */
export function legendSquare(name: string, fill: Colour, border = fill): PlotlyTrace {
  return {
    type: "scatter",
    mode: "markers",
    name,
    x: [null],
    y: [null],
    marker: {
      symbol: "square",
      size: 13,
      color: css(fill),
      line: { color: css(border), width: 1.5 },
    },
  };
}
