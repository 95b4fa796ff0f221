import { assert, assertEquals } from "@std/assert";
import { Canvas } from "../../lib/figures/canvas.ts";
import { fewerColours } from "../../lib/figures/fewer_colours.ts";
import { Random } from "../../lib/random.ts";

Deno.test("fewerColours() keeps a picture of few colours as it is", () => {
  const canvas = new Canvas(5, 3, [255, 255, 255]);
  canvas.fill(1, 1, 2, 2, [213, 94, 0]);
  canvas.blend(4, 2, [0, 0, 1]);
  const { data, palette } = fewerColours(canvas);
  assertEquals([...data].flatMap((place) => [...palette.subarray(3 * place, 3 * place + 3)]), [
    ...canvas.data,
  ]);
});

Deno.test("fewerColours() stays near every colour, and keeps a small dot's hue", () => {
  const random = new Random("colours");
  const canvas = new Canvas(120, 100);
  for (let i = 0; i < canvas.width * canvas.height; i++) {
    const grey = random.integer(256);
    canvas.blend(i % 120, Math.floor(i / 120), [
      grey,
      grey,
      Math.min(255, grey + random.integer(4)),
    ]);
  }
  canvas.disc([60, 50], 3, [240, 228, 66]);
  const { data, palette } = fewerColours(canvas);
  assert(palette.length <= 768);
  const worst = canvas.data.reduce(
    (most, value, i) =>
      Math.max(most, Math.abs(value - palette[3 * data[Math.floor(i / 3)] + i % 3])),
    0,
  );
  assert(worst <= 24, `a colour moved by ${worst}`);
  const dot = 3 * data[60 + 120 * 50];
  assertEquals([...palette.subarray(dot, dot + 3)], [240, 228, 66]);
});
