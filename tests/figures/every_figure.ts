import { barsFigure } from "../../lib/figures/bars_figure.ts";
import { boxPlotFigure } from "../../lib/figures/box_plot_figure.ts";
import { curvesFigure } from "../../lib/figures/curves_figure.ts";
import type { Figure } from "../../lib/figures/figure.ts";
import { histogramFigure } from "../../lib/figures/histogram_figure.ts";
import { matrixFigure } from "../../lib/figures/matrix_figure.ts";
import { picturesFigure } from "../../lib/figures/pictures_figure.ts";
import { scatterFigure } from "../../lib/figures/scatter_figure.ts";
import { slicesFigure } from "../../lib/figures/slices_figure.ts";
import { stagesFigure } from "../../lib/figures/stages_figure.ts";
import { surfaceFigure } from "../../lib/figures/surface_figure.ts";
import type { Triple } from "../../lib/volume/volume.ts";

/** A text that would end a script or begin an element if a page did not guard against it. */
const evil = `</script><script>throw new Error("broken out")</script><!-- '"`;

const shape: Triple = [14, 12, 10];
const spacingMm: Triple = [2, 2, 3];
const ball = Uint8Array.from({ length: 14 * 12 * 10 }, (_, i) => {
  const [x, y, z] = [i % 14, Math.floor(i / 14) % 12, Math.floor(i / 168)];
  return +(Math.hypot(x - 6.5, y - 5.5, 1.5 * (z - 4.5)) < 4.5);
});
const image = {
  shape,
  affine: [2, 0, 0, 0, 0, 2, 0, 0, 0, 0, 3, 0, 0, 0, 0, 1],
  data: Float32Array.from(ball, (value, i) => value + 0.3 * Math.sin(i)),
};

/** One small figure of every kind, by the name of its maker. */
export function everyFigure(): Record<string, Figure> {
  return {
    curvesFigure: curvesFigure({
      title: evil,
      xTitle: "epoch",
      yTitle: "loss (1)",
      curves: [{ name: evil, x: [1, 2, 3], y: [3, NaN, 1] }, { name: "b", x: [1, 3], y: [2, 2] }],
    }),
    barsFigure: barsFigure({
      title: "Cost",
      yTitle: "GMACs",
      groups: ["16\u00b3", "32\u00b3"],
      series: [{ name: "ours", values: [0.1, 20], errors: [0.01, NaN] }],
      logarithmic: true,
    }),
    boxPlotFigure: boxPlotFigure({
      title: "Dice",
      yTitle: "Dice (%)",
      groups: [{ name: "crop", values: [70, 80, 95, 60], labels: ["a", "b", "c", "d"] }],
    }),
    scatterFigure: scatterFigure({
      title: "Dice against IoU",
      xTitle: "IoU (1)",
      yTitle: "Dice (1)",
      diagonal: true,
      series: [{ name: "cases", x: [0.2, 0.7], y: [0.3, 0.9] }],
    }),
    histogramFigure: histogramFigure({
      title: "Intensities",
      xTitle: "intensity (HU)",
      yTitle: "voxels",
      series: [{ name: "image", values: image.data }],
      bands: [{ from: 0, to: 1, name: "window" }],
    }),
    matrixFigure: matrixFigure({
      title: "Dice",
      colourTitle: "Dice (%)",
      xLabels: ["a", "b"],
      yLabels: ["up", "down"],
      values: [[1, 2], [3, NaN]],
    }),
    stagesFigure: stagesFigure({
      title: "Stages",
      rows: [{
        name: "16\u00b3",
        stages: [{ name: "E1", runs: true }, { name: "E2", runs: false }],
      }],
    }),
    picturesFigure: picturesFigure({
      title: "Pictures",
      pictures: [0, 1].map((i) => ({
        title: `slice ${i}`,
        picture: { width: 14, height: 12, data: image.data.subarray(168 * (4 + i), 168 * (5 + i)) },
        mask: { name: "organ", data: ball.subarray(168 * (4 + i), 168 * (5 + i)) },
        boxes: [{ name: "box", box: [1, 2, 10, 9] }],
        points: [{ name: "points", x: [3], y: [4] }],
        spacingMm: [2, 2],
        zoom: [1, 1, 6, 6],
      })),
    }),
    slicesFigure: slicesFigure({
      title: "Slices",
      image,
      labels: [{ name: "organ", mask: ball }],
      boxes: [{ name: "box", box: { min: [1, 2, 0], max: [9, 9, 5] } }],
    }),
    surfaceFigure: surfaceFigure({
      title: "Surface",
      surfaces: [
        { name: "organ", mask: ball, shape, spacingMm, colour: "groundTruth", opacity: 1 },
      ],
    }),
  };
}
