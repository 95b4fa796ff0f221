/** The figures with axes: what plotly is told, and what our own PNG shows. */
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { barsFigure } from "../../lib/figures/bars_figure.ts";
import { boxPlotFigure } from "../../lib/figures/box_plot_figure.ts";
import { curvesFigure } from "../../lib/figures/curves_figure.ts";
import type { Figure } from "../../lib/figures/figure.ts";
import { histogramFigure } from "../../lib/figures/histogram_figure.ts";
import { matrixFigure } from "../../lib/figures/matrix_figure.ts";
import { palette } from "../../lib/figures/palette.ts";
import { scatterFigure } from "../../lib/figures/scatter_figure.ts";
import { stagesFigure } from "../../lib/figures/stages_figure.ts";
import { boundsOf, decodePng, pixelOf } from "./decode_png.ts";
import { axisOf, jsonOf } from "./figure_parts.ts";

/** Pixels of a colour in a figure's PNG below the legend: the heading is at most this high. */
const HEADING = 56;

async function drawn(figure: Figure, colour: readonly number[]): Promise<number[]> {
  const png = await figure.png();
  assert(png.length < 60_000, `${png.length} bytes`);
  assertEquals(decodePng(png).width, 640);
  const bounds = boundsOf(png, colour, HEADING);
  assert(bounds !== null, "the colour is in the picture");
  return bounds;
}

Deno.test("curvesFigure() draws each curve with gaps, dashes and titles with units", async () => {
  const figure = curvesFigure({
    title: "Loss",
    xTitle: "epoch",
    yTitle: "loss (1)",
    curves: [
      { name: "falls", x: [0, 1, 2, 3, 4], y: [4, 3, NaN, 1, 0] },
      { name: "stays", x: [0, 4], y: [1, 1], dashed: true },
    ],
  });
  const [falls, stays] = jsonOf(figure).data;
  assertEquals(falls.y, [4, 3, null, 1, 0]);
  assertEquals(falls.connectgaps, false);
  assertEquals([falls.line, stays.line].map((line) => Object(line).dash), ["solid", "dash"]);
  assertEquals(axisOf(figure, "xaxis").title, "epoch");
  assertEquals(axisOf(figure, "yaxis").title, "loss (1)");
  assertEquals(figure.text.includes("falls: 0 at 4 (lowest 0 at 4, highest 4 at 0)"), true);
  const [left, top, right, bottom] = await drawn(figure, palette.blue);
  assert(left < 70 && right > 600, "from the first to the last epoch");
  const png = decodePng(await figure.png());
  const isBlue = (x: number, y: number) => {
    const [red, , blue] = pixelOf(png, x, y);
    return blue - red > 60;
  };
  const row = (part: number) => Math.round(top + part * (bottom - top));
  const columnsAt = (y: number) =>
    Array.from({ length: 640 }, (_, x) => x).filter((x) => isBlue(x, y));
  assert(columnsAt(row(0.1)).every((x) => x < 220), "high on the left");
  assert(columnsAt(row(0.9)).every((x) => x > 400), "low on the right");
  assertEquals(columnsAt(row(0.5)), [], "nothing where there is a gap");
});

Deno.test("curvesFigure() marks points, keeps a range, and stays small with very many", () => {
  const figure = curvesFigure({
    title: "Dice",
    xTitle: "edge (voxels)",
    yTitle: "Dice (%)",
    yRange: [0, 100],
    markers: true,
    curves: [{ name: "one", x: [16, 32], y: [70, 80] }],
  });
  const { data: [trace], layout } = jsonOf(figure);
  assertEquals([trace.mode, layout.showlegend], ["lines+markers", false]);
  assertEquals(axisOf(figure, "yaxis").range, [0, 100]);
  const x = Array.from({ length: 200_000 }, (_, i) => i);
  const many = curvesFigure({
    title: "",
    xTitle: "",
    yTitle: "",
    curves: [1, 2, 3].map((k) => ({ name: `${k}`, x, y: x.map((i) => Math.sin(i * k) / 7) })),
  });
  assert(JSON.stringify(jsonOf(many)).length < 1e6);
});

Deno.test("barsFigure() draws bars of the right height, error bars, and nothing for NaN", async () => {
  const bars = {
    title: "Dice",
    yTitle: "Dice (%)",
    groups: ["spleen", "liver", "left kidney"],
    series: [
      { name: "ours", values: [80, 40, NaN], errors: [10, NaN, NaN] },
      { name: "theirs", values: [20, 60, 40] },
    ],
  };
  const figure = barsFigure(bars);
  const [ours] = jsonOf(figure).data;
  assertEquals(ours.x, ["spleen", "liver", "left kidney"]);
  assertEquals([ours.y, Object(ours.error_y).array], [[80, 40, null], [10, null, null]]);
  assert(figure.text.includes("spleen 80 \u00b1 10, liver 40, left kidney no value"));
  const blue = await drawn(figure, palette.blue);
  const red = await drawn(figure, palette.vermillion);
  assertAlmostEquals((blue[3] - blue[1]) / (red[3] - red[1]), 80 / 60, 0.03);
  assertEquals(blue[3], red[3], "from one base line");
  assert(blue[2] < 440 && red[2] > 540, "no blue bar in the last group");
  const logarithmic = barsFigure({
    ...bars,
    logarithmic: true,
    series: [{ name: "ours", values: [1, 10, 1000] }],
  });
  assertEquals(axisOf(logarithmic, "yaxis").type, "log");
  const base = await drawn(logarithmic, palette.blue);
  assert(base[3] - base[1] > 200);
});

Deno.test("boxPlotFigure() draws every value, labelled", async () => {
  const figure = boxPlotFigure({
    title: "Dice of every case",
    yTitle: "Dice (%)",
    groups: [
      { name: "crop", values: [90, 80, NaN, 70], labels: ["a", "b", "c", "d"] },
      { name: "whole", values: [50] },
      { name: "none", values: [] },
    ],
  });
  const [crop] = jsonOf(figure).data;
  assertEquals([crop.y, crop.text, crop.boxpoints], [
    [90, 80, null, 70],
    ["a", "b", "c", "d"],
    "all",
  ]);
  assert(figure.text.includes("crop: median 80 of 3, 70 to 90; whole: median 50 of 1"));
  assert(figure.text.includes("none: no values"));
  const [, top, , bottom] = await drawn(figure, palette.blue);
  const [, low] = await drawn(figure, palette.vermillion);
  assert(bottom < low, "70 is above 50");
  assert(top < 100);
});

Deno.test("scatterFigure() puts both axes on one range for the diagonal", async () => {
  const figure = scatterFigure({
    title: "Dice against IoU",
    xTitle: "IoU (1)",
    yTitle: "Dice (1)",
    diagonal: true,
    series: [{ name: "cases", x: [0.2, 0.9, NaN], y: [0.9, 0.95, 0.5], labels: ["a", "b", "c"] }],
  });
  const { data: [trace], layout } = jsonOf(figure);
  assertEquals([trace.x, trace.text], [[0.2, 0.9, null], ["a", "b", "c"]]);
  assertEquals(axisOf(figure, "xaxis").range, axisOf(figure, "yaxis").range);
  const [line] = layout.shapes as { x0: number; y0: number }[];
  assertEquals(line.x0, line.y0);
  const [left, top, right, bottom] = await drawn(figure, mixed(palette.blue, 0.8));
  assert(left < 100 && right > 520 && bottom < 140 && top < bottom, "left and right, both high");
});

Deno.test("histogramFigure() counts, shares and shades", async () => {
  const histogram = {
    title: "Intensities",
    xTitle: "intensity (HU)",
    yTitle: "voxels",
    bins: 4,
    bands: [{ from: 1, to: 3, name: "window" }],
    series: [
      { name: "all", values: Float32Array.of(0, 0, 0, 1, 4, NaN) },
      { name: "part", values: [3.5, 3.6] },
    ],
  };
  const [all, part, band] = jsonOf(histogramFigure(histogram)).data;
  assertEquals(all.x, [0, 1, 2, 3, 4]);
  assertEquals([all.y, part.y], [[3, 1, 0, 1, 1], [0, 0, 0, 2, 2]]);
  assertEquals(band.name, "window");
  const shares = jsonOf(histogramFigure({ ...histogram, measure: "percent" })).data;
  assertEquals(shares.map(({ y }) => Object(y)[0]), [60, 0, null]);
  const logarithmic = histogramFigure({ ...histogram, logarithmic: true });
  assert((jsonOf(logarithmic).data[0].y as number[]).every((height) => height > 0));
  const [left, , right] = await drawn(histogramFigure(histogram), mixed(palette.yellow, 0.35));
  assertAlmostEquals((right - left) / 600, 0.5, 0.06);
});

Deno.test("matrixFigure() has its rows from the top and leaves NaN empty", async () => {
  const figure = matrixFigure({
    title: "Dice",
    colourTitle: "Dice (%)",
    xLabels: ["a", "b", "c"],
    yLabels: ["up", "down"],
    values: [[1, NaN, 3], [4, 5, 6]],
    format: (value) => value.toFixed(1),
  });
  const [trace] = jsonOf(figure).data;
  assertEquals(trace.z, [[1, null, 3], [4, 5, 6]]);
  assertEquals(trace.text, [["1.0", "", "3.0"], ["4.0", "5.0", "6.0"]]);
  assertEquals(axisOf(figure, "yaxis").autorange, "reversed");
  const png = await figure.png();
  const place = (colour: readonly number[]) => middleOf(boundsOf(png, colour, HEADING, 20)!);
  const [empty, least, greatest] = [[232, 232, 232], [247, 251, 255], [8, 48, 107]].map(place);
  assert(least[0] < empty[0] && empty[0] < greatest[0], "in their columns");
  assert(Math.abs(least[1] - empty[1]) < 3 && greatest[1] > empty[1] + 30, "in their rows");
});

Deno.test("stagesFigure() fills the stages that run", async () => {
  const row = (name: string, runs: readonly boolean[]) => ({
    name,
    stages: runs.map((run, i) => ({ name: `E${i + 1}`, runs: run, cost: "1 GMAC" })),
  });
  const figure = stagesFigure({
    title: "Stages",
    rows: [row("16\u00b3", [true, false, false]), row("64\u00b3", [true, true, true])],
  });
  const { layout } = jsonOf(figure);
  const blocks = (layout.shapes as { type: string; y0: number; fillcolor: string }[])
    .filter(({ type }) => type === "rect");
  assertEquals(blocks.map(({ fillcolor }) => fillcolor === "rgb(0,114,178)"), [
    true,
    false,
    false,
    true,
    true,
    true,
  ]);
  assert(blocks[0].y0 < blocks[5].y0);
  const [first, last] = axisOf(figure, "yaxis").range as number[];
  assert(first > last, "the first row is on top");
  assert(figure.text.includes("16\u00b3: E1 run, 2 skipped; 64\u00b3: E1, E2, E3 run, 0 skipped"));
  const [left, , right] = await drawn(figure, palette.blue);
  assert(left < 80 && right > 600);
});

function middleOf([left, top, right, bottom]: readonly number[]): [number, number] {
  return [(left + right) / 2, (top + bottom) / 2];
}

/** A colour over white. */
function mixed(colour: readonly number[], opacity: number): number[] {
  return colour.map((value) => Math.round(opacity * value + (1 - opacity) * 255));
}
