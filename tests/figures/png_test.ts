import { assert, assertEquals, assertThrows } from "@std/assert";
import { encodeIndexedPng, encodePng, type Picture } from "../../lib/figures/png.ts";
import { Random } from "../../lib/random.ts";
import { decodePng, pixelOf } from "./decode_png.ts";

Deno.test("encodePng() keeps every sample of grey, colour and opacity", () => {
  const random = new Random("png");
  for (const channels of [1, 3, 4] as const) {
    const [width, height] = [300, 7];
    const data = Uint8Array.from({ length: width * height * channels }, (_, i) => {
      const y = Math.floor(i / (width * channels));
      return y < 2 ? random.integer(256) : i * y >> 3;
    });
    const { header, data: decoded, filters } = decodePng(
      encodePng({ width, height, channels, data }),
    );
    assertEquals(header, [0, 0, 1, 44, 0, 0, 0, 7, 8, { 1: 0, 3: 2, 4: 6 }[channels], 0, 0, 0]);
    assertEquals(decoded, [...data]);
    assert(filters.size > 1, "the filters are chosen row by row");
  }
});

Deno.test("encodePng() uses every filter where it serves", () => {
  const [width, height] = [64, 64];
  const random = new Random("filters");
  const data = Uint8Array.from({ length: width * height }, (_, i) => {
    const [x, y] = [i % width, i >> 6];
    if (y < 8) return random.integer(2) * 120;
    return y < 32 ? 3 * x + 2 * y : 128 + 60 * Math.sin(x / 7) * Math.cos(y / 5);
  });
  const { data: decoded, filters } = decodePng(encodePng({ width, height, channels: 1, data }));
  assertEquals(decoded, [...data]);
  assert(filters.size >= 3);
});

Deno.test("encodePng() refuses data of another size", () => {
  const wrong: Picture = { width: 2, height: 2, channels: 3, data: new Uint8Array(4) };
  assertThrows(() => encodePng(wrong), RangeError, "2 x 2 x 3 cannot have 4 samples");
  assertThrows(() => encodePng({ ...wrong, width: 0, data: new Uint8Array() }), RangeError);
});

Deno.test("encodeIndexedPng() keeps every place of the palette", () => {
  const png = encodeIndexedPng({
    width: 3,
    height: 2,
    channels: 1,
    data: Uint8Array.of(0, 1, 2, 2, 1, 1),
    palette: Uint8Array.of(255, 0, 0, 0, 255, 0, 1, 2, 3),
  });
  assertEquals(decodePng(png).header, [0, 0, 0, 3, 0, 0, 0, 2, 8, 3, 0, 0, 0]);
  assertEquals(pixelOf(png, 0, 0), [255, 0, 0]);
  assertEquals(pixelOf(png, 2, 0), [1, 2, 3]);
  assertEquals(pixelOf(png, 2, 1), [0, 255, 0]);
});
