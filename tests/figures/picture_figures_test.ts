/** The figures with pictures: where pixels, masks and boxes are, by plotly and in our own PNG. */
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import type { Figure } from "../../lib/figures/figure.ts";
import { onDark } from "../../lib/figures/palette.ts";
import type { OverlaidPicture } from "../../lib/figures/picture_layers.ts";
import { picturesFigure } from "../../lib/figures/pictures_figure.ts";
import { slicesFigure } from "../../lib/figures/slices_figure.ts";
import { surfaceFigure } from "../../lib/figures/surface_figure.ts";
import { Random } from "../../lib/random.ts";
import type { LabelVolume, Triple, Volume } from "../../lib/volume/volume.ts";
import { boundsOf, type DecodedPng, decodePng, pixelOf } from "./decode_png.ts";
import { axisOf, jsonOf, type Parts } from "./figure_parts.ts";

/** The PNG in a trace's address. */
function sourceOf(trace: Parts | { source: unknown }): DecodedPng {
  const address = String(trace.source);
  assertEquals(address.slice(0, 22), "data:image/png;base64,");
  return decodePng(
    Uint8Array.from(atob(address.slice(22)), (character) => character.charCodeAt(0)),
  );
}

/** Least and greatest number of a line. */
function extent(values: unknown): [number, number] {
  const numbers = (values as (number | null)[]).filter((value) => value !== null);
  return [Math.min(...numbers), Math.max(...numbers)];
}

const [width, height] = [8, 5];
const at = (x: number, y: number) => x + width * y;
/** White at the top right, grey below it, black elsewhere. */
const data = new Float32Array(width * height);
data[at(7, 0)] = 2;
data[at(7, 1)] = 0.5;
data[at(0, 0)] = NaN;
/** Columns 1 to 2 of rows 2 to 4. */
const mask = new Uint8Array(width * height);
for (const y of [2, 3, 4]) mask.fill(1, at(1, y), at(3, y));
const overlaid: OverlaidPicture = {
  title: "first",
  picture: { width, height, data },
  mask: { name: "ground truth", data: mask },
  boxes: [{ name: "box", box: [1, 2, 6, 4], colour: "prediction" }],
  points: [{ name: "points", x: [4.5, NaN], y: [3.5, 1], sizes: [11, 3], colour: "yellow" }],
  spacingMm: [2, 6],
};

Deno.test("picturesFigure() has row 0 on top, pixels where they are, boxes and masks over them", () => {
  const figure = picturesFigure({ title: "Pictures", pictures: [overlaid, overlaid] });
  const { data: traces, layout } = jsonOf(figure);
  const [image, area, box, points] = traces;
  const png = sourceOf(image);
  assertEquals([png.width, png.height], [width, height]);
  assertEquals([png.data[at(7, 0)], png.data[at(0, 0)], png.data[at(0, 4)]], [255, 0, 0]);
  assertAlmostEquals(png.data[at(7, 1)], 128, 3);
  assertEquals([image.x0, image.y0, image.dx, image.dy], [0.5, 0.5, 1, 1]);
  assertEquals([extent(area.x), extent(area.y)], [[1, 3], [2, 5]]);
  assertEquals([box.x, box.y], [[1, 6, 6, 1, 1], [2, 2, 4, 4, 2]]);
  assertEquals([points.x, points.y, Object(points.marker).size], [[4.5], [3.5], [11]]);
  const axis = layout.yaxis as Parts;
  assertEquals([axis.range, axis.scaleanchor, axis.scaleratio], [[height, 0], "x", 3]);
  assertEquals(traces.map(({ showlegend }) => showlegend === true), [
    ...[false, true, true, true],
    ...[false, false, false, false],
  ]);
  assertEquals(traces[4].xaxis, "x2");
  const [left, right] = [layout.xaxis, layout.xaxis2].map((axis) => Object(axis).domain);
  assert(left[1] < right[0], "the second one is on the right");
});

Deno.test("picturesFigure() draws the same in its PNG, pixels in the proportion of their spacing", async () => {
  const png = await picturesFigure({ title: "Pictures", pictures: [overlaid] }).png();
  const decoded = decodePng(png);
  const [red, blue] = [onDark("prediction"), onDark("groundTruth")]
    .map((colour) => boundsOf(png, colour, 60)!);
  const pixel = (red[2] - red[0]) / 5;
  assertAlmostEquals((red[3] - red[1]) / 2 / pixel, 3, 0.1);
  assertAlmostEquals((blue[2] - blue[0]) / pixel, 2, 0.2);
  assertAlmostEquals(blue[0], red[0], 3);
  const [left, top] = [red[0] - pixel, red[1] - 2 * 3 * pixel];
  const colourIn = (x: number, y: number) =>
    pixelOf(decoded, Math.round(left + x * pixel), Math.round(top + y * 3 * pixel));
  assert(colourIn(7.6, 0.2)[0] > 240, "white at the top right");
  assertEquals(colourIn(6.5, 3.5), [0, 0, 0]);
  assertEquals(colourIn(4.5, 3.5), [240, 228, 66]);
});

Deno.test("picturesFigure() magnifies a part in a corner that hides no mask", () => {
  const figure = picturesFigure({
    title: "Zoom",
    pictures: [{ ...overlaid, points: [], zoom: [0, 2, 3, 5] }],
  });
  const { data: [, part, ...lines] } = jsonOf(figure);
  const png = sourceOf(part);
  assertEquals([png.width, png.height], [3, 3]);
  const factor = Number(part.dx);
  assertAlmostEquals(Number(part.dy), factor, 1e-9);
  const [x0, y0] = [Number(part.x0) - factor / 2, Number(part.y0) - factor / 2];
  assert(x0 > 3 && x0 + 3 * factor <= width && y0 >= 0 && y0 + 3 * factor <= height);
  const [, , area, box, from, to] = lines;
  assertEquals([area.name, area.showlegend], ["ground truth", false]);
  // The mask is in columns 1 to 2 of the part, over all of its rows.
  const [left, right] = extent(area.x);
  assertAlmostEquals(left, x0 + factor, 0.02);
  assertAlmostEquals(right, x0 + 3 * factor, 0.02);
  assertAlmostEquals(extent(box.x)[1], x0 + 3 * factor, 0.02);
  assertEquals([extent(from.x), extent(from.y)], [[0, 3], [2, 5]]);
  assertAlmostEquals(extent(to.x)[0], x0, 0.02);
});

Deno.test("picturesFigure() shrinks large pictures, not what is over them", () => {
  const random = new Random("noise");
  const noise = Float32Array.from({ length: 700 * 500 }, () => random.next());
  const large = { title: "noise", picture: { width: 700, height: 500, data: noise } };
  const pictures = Array.from({ length: 8 }, () => ({
    ...large,
    boxes: [{ name: "box", box: [10, 20, 690, 480] as const }],
  }));
  const figure = picturesFigure({ title: "Noise", pictures });
  assert(JSON.stringify(jsonOf(figure)).length < 1e6);
  const [image, box] = jsonOf(figure).data;
  const { width } = sourceOf(image);
  assert(width < 700);
  assertAlmostEquals(Number(image.dx), 700 / width, 1e-9);
  assertEquals(extent(box.x), [10, 690]);
});

const shape: Triple = [12, 20, 9];
const spacing: Triple = [2, 1, 4];
const affine = [2, 0, 0, 0, 0, 1, 0, 0, 0, 0, 4, 0, 0, 0, 0, 1];
/** Bright at the patient's right, front and head. */
const volume: Volume = {
  shape,
  affine,
  data: Float32Array.from({ length: 12 * 20 * 9 }, (_, i) => {
    const [x, y, z] = [i % 12, Math.floor(i / 12) % 20, Math.floor(i / 240)];
    return x >= 10 && y >= 15 && z >= 7 ? 200 : -100;
  }),
};
const labels: LabelVolume = {
  shape,
  affine,
  data: Uint16Array.from(volume.data, (value) => value > 0 ? 513 : 0),
};

/** The slider's steps: what each sets in the traces. */
function stepsOf(figure: Figure) {
  const [slider] = jsonOf(figure).layout.sliders as {
    active: number;
    steps: { label: string; method: string; args: [Record<string, unknown[]>, number[]] }[];
  }[];
  return slider;
}

Deno.test("slicesFigure() shows slices as radiologists do, in mm, with a step a slice", () => {
  const figure = slicesFigure({
    title: "Slices",
    image: volume,
    window: { low: -100, high: 200 },
    labels: [{ name: "organ", mask: labels }],
    boxes: [{ name: "ROI", box: { min: [2, 3, 4], max: [6, 8, 6] }, colour: "roi" }],
  });
  const { data: [image, organ, roi] } = jsonOf(figure);
  const { active, steps } = stepsOf(figure);
  assertEquals(steps.map(({ label }) => label), ["0", "1", "2", "3", "4", "5", "6", "7", "8"]);
  assert(active >= 7, "the fullest slice is shown first");
  // 24 x 20 mm in pixels of the finer spacing, 1 mm
  const png = sourceOf(image);
  assertEquals([png.width, png.height, image.dx], [24, 20, 1]);
  assertEquals([png.data[0], png.data[23], png.data[19 * 24]], [255, 0, 0]);
  assertEquals([extent(organ.x), extent(organ.y)], [[0, 4], [0, 5]]);
  assertEquals(roi.x, [null], "the ROI is not in this slice");
  assertEquals(axisOf(figure, "xaxis").title, "from the right (mm)");
  assertEquals(axisOf(figure, "yaxis").range, [20, 0]);
  const [set, traces] = steps[4].args;
  assertEquals([steps[4].method, traces], ["restyle", [0, 1, 2]]);
  assertEquals(Math.max(...sourceOf({ source: set.source[0] }).data), 0);
  assertEquals([set.x[0], set.x[1]], [null, [null]]);
  // Voxels 2 to 6 from the left are 6 to 10 from the right, of 2 mm; 3 to 8 are 12 to 17 from front.
  assertEquals([extent(set.x[2]), extent(set.y[2])], [[12, 20], [12, 17]]);
});

Deno.test("slicesFigure() goes along any axis, at every step asked for", () => {
  const along = (axis: "x" | "y", every?: number) =>
    slicesFigure({ title: "", image: volume, axis, every });
  assertEquals(stepsOf(along("y", 5)).steps.map(({ label }) => label), ["2", "7", "12", "17"]);
  const coronal = sourceOf(jsonOf(along("y", 5)).data[0]);
  assertEquals([coronal.width, coronal.height], [12, 18]);
  const sagittal = jsonOf(along("x"));
  const png = sourceOf(sagittal.data[0]);
  assertEquals([png.width, png.height], [20, 36]);
  assertEquals(axisOf(along("x"), "yaxis").title, "from the head (mm)");
});

Deno.test("slicesFigure() stays small for a large and noisy image, and its PNG as well", async () => {
  const random = new Random("noise");
  const large: Triple = [160, 150, 100];
  const figure = slicesFigure({
    title: "Noise",
    image: {
      shape: large,
      affine,
      data: Float32Array.from({ length: 160 * 150 * 100 }, () => random.next()),
    },
  });
  assert(JSON.stringify(jsonOf(figure)).length < 1e6);
  assert(stepsOf(figure).steps.length >= 25);
  assert((await figure.png()).length < 150_000);
});

Deno.test("slicesFigure() has a PNG of several slices with their masks", async () => {
  const figure = slicesFigure({
    title: "Slices",
    image: volume,
    labels: [{ name: "organ", mask: labels }],
  });
  const png = await figure.png();
  const [left, top, right, bottom] = boundsOf(png, onDark("groundTruth"), 56)!;
  // Slices 7 and 8 meet the organ: two pictures beside each other, the organ at their top left.
  assert(left < 20 && right > 330 && right < 480 && bottom - top < 90);
});

Deno.test("surfaceFigure() is in mm from the volume's corner, and small for a large mask", () => {
  const surface = {
    name: "organ",
    mask: Uint8Array.from(labels.data, (value) => +(value > 0)),
    shape,
    spacingMm: spacing,
    colour: "groundTruth",
    opacity: 0.5,
  } as const;
  const figure = surfaceFigure({ title: "Surface", surfaces: [surface] });
  const [mesh] = jsonOf(figure).data;
  const bounds = [mesh.x, mesh.y, mesh.z].map(extent);
  bounds.forEach(([low, high], axis) => {
    assertAlmostEquals(low, [20, 15, 28][axis], spacing[axis] / 2);
    assertAlmostEquals(high, [24, 20, 36][axis], spacing[axis] / 2);
  });
  assertEquals([mesh.name, mesh.opacity, mesh.color], ["organ", 0.5, "rgb(0,114,178)"]);
  assert(figure.text.includes("organ: 0.16 ml"), figure.text);
  const random = new Random("mask");
  const edge = 90;
  const rough = Uint8Array.from({ length: edge ** 3 }, () => +(random.next() < 0.5));
  const noisy = { ...surface, mask: rough, shape: [edge, edge, edge] as Triple };
  const large = surfaceFigure({ title: "", surfaces: [noisy, noisy] });
  assert(JSON.stringify(jsonOf(large)).length < 1e6);
});

Deno.test("surfaceFigure() has a PNG seen from the front, the nearer surface before the other", async () => {
  const box = (min: Triple, max: Triple) =>
    Uint8Array.from({ length: 20 ** 3 }, (_, i) => {
      const place = [i % 20, Math.floor(i / 20) % 20, Math.floor(i / 400)];
      return +place.every((at, axis) => at >= min[axis] && at < max[axis]);
    });
  const shared = { shape: [20, 20, 20] as Triple, spacingMm: [1, 1, 1] as Triple };
  const front = { ...shared, name: "front", mask: box([6, 14, 2], [14, 17, 18]) };
  const behind = { ...shared, name: "behind", mask: box([6, 2, 2], [14, 5, 18]) };
  const right = { ...shared, name: "right", mask: box([17, 8, 8], [20, 11, 11]) };
  const seen = async (opacity: number) => {
    const figure = surfaceFigure({
      title: "",
      surfaces: [
        { ...behind, colour: "vermillion", opacity: 1 },
        { ...front, colour: "bluishGreen", opacity },
        { ...right, colour: "blue", opacity: 1 },
      ],
    });
    const decoded = decodePng(await figure.png());
    const count = (is: (red: number, green: number, blue: number) => boolean) => {
      const columns: number[] = [];
      for (let y = 60; y < decoded.height; y++) {
        for (let x = 0; x < decoded.width; x++) {
          const [red, green, blue] = pixelOf(decoded, x, y);
          if (is(red, green, blue)) columns.push(x);
        }
      }
      return columns;
    };
    return {
      red: count((red, green, blue) => red > 1.3 * green && red > 2 * blue).length,
      green: count((red, green, blue) => green > 1.2 * blue && green > 2 * red),
      blue: count((red, green, blue) => blue > 1.4 * green && blue > 2 * red),
    };
  };
  const solid = await seen(1);
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  assert(mean(solid.blue) < mean(solid.green), "the patient's right is on the viewer's left");
  assert(solid.green.length > 5000);
  const clear = await seen(0.2);
  assert(clear.red > solid.red + 2000, "what is behind is seen through");
});
