import { Canvas, textHeight, textWidth } from "./canvas.ts";

import { fewerColours } from "./fewer_colours.ts";
import { figureText } from "./figure_text.ts";
import type { Figure, PlotlyTrace } from "./figure.ts";
import { drawHeading, EDGE, TEXT_SIZE } from "./heading.ts";
import { type Colour, css, ink, palette, white } from "./palette.ts";
import { legendSquare, plotlyLayout } from "./plotly_style.ts";
import { encodeIndexedPng } from "./png.ts";

/** One stage of a network for one region of interest. */
export interface StageBlock {
  readonly name: string;
  /** Whether the stage runs; it is skipped else. */
  readonly runs: boolean;
  /** With its unit: "1.2 GMAC". */
  readonly cost?: string;
}

/** What {@linkcode stagesFigure} draws. */
export interface Stages {
  readonly title: string;
  /** One row a region of interest, from the top; the stages in the order of the data's way. */
  readonly rows: readonly { readonly name: string; readonly stages: readonly StageBlock[] }[];
}

/** Half a block's width and height, where blocks are 1 apart. */
const HALF = { width: 0.43, height: 0.36 };

/** How blocks look that run, and those that are skipped. */
const looks = {
  runs: { name: "runs", fill: palette.blue, border: palette.blue, text: white },
  skipped: {
    name: "is skipped",
    fill: [246, 246, 246],
    border: [150, 150, 150],
    text: [110, 110, 110],
  },
} as const satisfies Record<string, Record<string, Colour | string>>;

/** Which stages run for which region of interest: filled blocks run, hollow ones are skipped. */
export function stagesFigure(options: Stages): Figure {
  const { title, rows } = options;
  const blocks = blocksOf(options);
  return {
    data: [
      hoverTrace(blocks),
      ...Object.values(looks).map(({ name, fill, border }) => legendSquare(name, fill, border)),
    ],
    layout: plotlyLayout(title, {
      height: 130 + 74 * rows.length,
      showlegend: true,
      legend: {
        orientation: "h",
        x: 0,
        y: 0,
        yanchor: "top",
        itemclick: false,
        itemdoubleclick: false,
      },
      xaxis: { visible: false, range: [-0.5, columnsOf(options) - 0.5], fixedrange: true },
      yaxis: {
        range: [rows.length - 0.5, -0.5],
        tickvals: rows.map((_, row) => row),
        ticktext: rows.map(({ name }) => name),
        ticksuffix: "  ",
        showgrid: false,
        zeroline: false,
        automargin: true,
        fixedrange: true,
      },
      shapes: [
        ...rows.map(({ stages }, row) => ({
          type: "line",
          x0: 0,
          x1: stages.length - 1,
          y0: row,
          y1: row,
          layer: "below",
          line: { color: css(looks.skipped.border), width: 2 },
        })),
        ...blocks.map(({ row, column, runs }) => {
          const { fill, border } = lookOf(runs);
          return {
            type: "rect",
            x0: column - HALF.width,
            x1: column + HALF.width,
            y0: row - HALF.height,
            y1: row + HALF.height,
            layer: "below",
            fillcolor: css(fill),
            line: { color: css(border), dash: runs ? "solid" : "dot", width: 1.5 },
          };
        }),
      ],
      annotations: blocks.map(({ row, column, runs, name, cost }) => ({
        x: column,
        y: row,
        showarrow: false,
        text: cost ? `<b>${name}</b><br>${cost}` : `<b>${name}</b>`,
        font: { color: css(lookOf(runs).text), size: 12 },
      })),
    }),
    png: () => Promise.resolve(drawStages(options)),
    text: figureText(
      title,
      rows.map(({ name, stages }) => {
        const names = stages.filter(({ runs }) => runs).map((stage) => stage.name);
        const skipped = stages.length - names.length;
        return `${name}: ${names.join(", ") || "nothing"} run, ${skipped} skipped`;
      }),
    ),
  };
}

interface PlacedBlock extends StageBlock {
  readonly rowName: string;
  readonly row: number;
  readonly column: number;
}

function blocksOf({ rows }: Stages): PlacedBlock[] {
  return rows.flatMap(({ name, stages }, row) =>
    stages.map((stage, column) => ({ ...stage, row, column, rowName: name }))
  );
}

function columnsOf({ rows }: Stages): number {
  return Math.max(1, ...rows.map(({ stages }) => stages.length));
}

/** What the pointer shows on a block: points that are not seen. */
function hoverTrace(blocks: readonly PlacedBlock[]): PlotlyTrace {
  return {
    type: "scatter",
    mode: "markers",
    x: blocks.map(({ column }) => column),
    y: blocks.map(({ row }) => row),
    text: blocks.map(({ rowName, name, runs, cost }) =>
      `${rowName}: ${name} ${lookOf(runs).name}${cost ? `, ${cost}` : ""}`
    ),
    hoverinfo: "text",
    showlegend: false,
    marker: { size: 30, opacity: 0 },
  };
}

function lookOf(runs: boolean): typeof looks[keyof typeof looks] {
  return runs ? looks.runs : looks.skipped;
}

function drawStages(options: Stages): Uint8Array {
  const { title, rows } = options;
  const [width, rowHeight] = [640, 56];
  const names = Math.max(...rows.map(({ name }) => textWidth(name, TEXT_SIZE)));
  const left = EDGE + names + 14;
  const step = (width - EDGE - left) / columnsOf(options);
  const legend = [looks.runs, looks.skipped].map(({ name, border }) => ({
    name,
    colour: border,
    kind: "block" as const,
  }));
  const top = drawHeading(new Canvas(width, 1), title, legend) + 4;
  const canvas = new Canvas(width, Math.ceil(top + rows.length * rowHeight + EDGE), [
    255,
    255,
    255,
  ]);
  drawHeading(canvas, title, legend);
  const x = (column: number) => left + (column + 0.5) * step;
  const y = (row: number) => top + (row + 0.5) * rowHeight;
  rows.forEach(({ name, stages }, row) => {
    canvas.text(name, EDGE, y(row) - textHeight(TEXT_SIZE) / 2, ink, { size: TEXT_SIZE });
    const way = [[x(0), y(row)], [x(stages.length - 1), y(row)]] as const;
    canvas.line(way, looks.skipped.border, { width: 2 });
  });
  for (const { row, column, runs, name, cost } of blocksOf(options)) {
    const { fill, border, text } = lookOf(runs);
    const [x0, x1] = [x(column - HALF.width), x(column + HALF.width)];
    const [y0, y1] = [y(row - HALF.height), y(row + HALF.height)];
    canvas.rectangle([x0, y0], [x1, y1], fill);
    canvas.line([[x0, y0], [x1, y0], [x1, y1], [x0, y1], [x0, y0]], border, {
      width: 1.3,
      dash: runs ? undefined : [3, 4],
    });
    const lines = cost ? [name, cost] : [name];
    lines.forEach((line, i) => {
      const fitting = Math.min(11.5, 11.5 * (x1 - x0 - 6) / textWidth(line, 11.5));
      const middle = y(row) + (i - (lines.length - 1) / 2) * 15 - textHeight(fitting) / 2;
      canvas.text(line, x(column), middle, text, { size: fitting, align: "centre", bold: i === 0 });
    });
  }
  return encodeIndexedPng(fewerColours(canvas));
}
