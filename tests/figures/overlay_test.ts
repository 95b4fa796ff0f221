import { assert, assertEquals } from "@std/assert";
import type { Canvas } from "../../lib/figures/canvas.ts";
import type { Colour } from "../../lib/figures/palette.ts";
import { drawOverlay, overlayColours, overlayPng } from "../../lib/figures/overlay.ts";
import { planes, sampleImage, slicePanel } from "../../lib/figures/slice_panel.ts";
import type { Triple, Volume } from "../../lib/volume/volume.ts";
import { maskWhere } from "../evaluation/masks.ts";

const shape: Triple = [20, 10, 8];
const spacing: Triple = [2, 3, 5];
/** Bright at the patient's right, front and head. */
const inside = (x: number, y: number, z: number) => x >= 14 && y >= 6 && z >= 5;
const organ = maskWhere(shape, spacing, inside);
const image: Volume = { ...organ, data: Float32Array.from(organ.data) };

/** Bounds of a colour above the legend: left, top, right, bottom, both ends included. */
function boundsOf(canvas: Canvas, colour: Colour, left: number, right: number): number[] {
  const bounds = [Infinity, Infinity, -Infinity, -Infinity];
  for (let y = 0; y < 80; y++) {
    for (let x = left; x < right; x++) {
      const at = 3 * (x + canvas.width * y);
      if (!colour.every((value, i) => canvas.data[at + i] === value)) continue;
      bounds[0] = Math.min(bounds[0], x - left);
      bounds[1] = Math.min(bounds[1], y);
      bounds[2] = Math.max(bounds[2], x - left);
      bounds[3] = Math.max(bounds[3], y);
    }
  }
  return bounds;
}

Deno.test("slicePanel() has the extent in mm and puts right, front and head first", () => {
  const whole = { min: [0, 0, 0], max: shape } as const;
  const sizes = planes.map((plane) => {
    const panel = slicePanel(image, plane, whole, [17, 8, 6], 0.5);
    const grey = sampleImage(image, panel);
    const bright = [grey[0], grey[grey.length - 1]];
    assertEquals(bright, [255, 0]);
    return [panel.width, panel.height, panel.slice];
  });
  assertEquals(sizes, [[80, 60, 6], [80, 80, 8], [60, 80, 17]]);
});

Deno.test("sampleImage() is linear between centres and black where the image is not a number", () => {
  const ramp: Volume = {
    ...organ,
    shape: [3, 1, 1],
    affine: [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1],
    data: Float32Array.of(0, 1, NaN),
  };
  const panel = slicePanel(ramp, "axial", { min: [0, 0, 0], max: [3, 1, 1] }, [0, 0, 0], 0.5);
  assertEquals([...sampleImage(ramp, panel).subarray(0, 6)], [0, 0, 0, 191, 64, 0]);
});

Deno.test("drawOverlay() draws the contour on the organ's outermost pixels", () => {
  const canvas = drawOverlay({ image, groundTruth: organ }, { panelEdge: 80 });
  // 6 x 4 x 3 voxels of 2 x 3 x 5 mm at 2 pixels a mm
  assertEquals(boundsOf(canvas, overlayColours.groundTruth, 0, 80), [0, 0, 23, 23]);
  assertEquals(boundsOf(canvas, overlayColours.groundTruth, 86, 166), [0, 0, 23, 29]);
  assertEquals(boundsOf(canvas, overlayColours.groundTruth, 172, 232), [0, 0, 23, 29]);
});

Deno.test("drawOverlay() draws a region's rectangle where the slice meets it", () => {
  const roiUnit = { min: [0.5, 0.2, 0.5], max: [0.9, 0.7, 1] } as const;
  const options = { panelEdge: 80, centreVoxels: [12, 4, 6] as const };
  const canvas = drawOverlay({ image, roisUnit: [roiUnit] }, options);
  assertEquals(boundsOf(canvas, overlayColours.roi, 0, 80), [8, 18, 39, 47]);
  assertEquals(boundsOf(canvas, overlayColours.roi, 86, 166), [8, 0, 39, 39]);
  assertEquals(boundsOf(canvas, overlayColours.roi, 172, 232), [18, 0, 47, 39]);
  const missed = drawOverlay({ image, roisUnit: [roiUnit] }, {
    ...options,
    centreVoxels: [12, 8, 6],
  });
  assertEquals(boundsOf(missed, overlayColours.roi, 86, 166)[1], Infinity);
});

Deno.test("drawOverlay() alternates dashes where two contours meet", () => {
  const both = drawOverlay({ image, groundTruth: organ, prediction: organ }, { panelEdge: 80 });
  for (const colour of [overlayColours.groundTruth, overlayColours.prediction]) {
    const [left, top, right] = boundsOf(both, colour, 0, 80);
    assert(left <= 4 && top <= 4 && right >= 19);
  }
});

Deno.test("drawOverlay() shows a part, and needs neither masks nor title", () => {
  const partUnit = { min: [0.5, 0.5, 0.5], max: [1, 1, 1] } as const;
  const canvas = drawOverlay({ image }, { panelEdge: 40, partUnit });
  assertEquals([canvas.width, canvas.height], [40 + 40 + 30 + 12, 40]);
  const empty = maskWhere(shape, spacing, () => false);
  const png = overlayPng({ image, groundTruth: empty, prediction: empty, title: "empty" });
  assertEquals([...png.subarray(1, 4)], [80, 78, 71]);
});
