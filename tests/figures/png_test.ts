import { assert, assertEquals, assertThrows } from "@std/assert";
import { crc32, inflateSync } from "node:zlib";
import { encodePng, type Picture } from "../../lib/figures/png.ts";
import { Random } from "../../lib/random.ts";

/** The samples of a PNG, by the standard's own words: one filter a row, undone in order. */
function decodePng(png: Uint8Array): { header: number[]; data: number[]; filters: Set<number> } {
  assertEquals([...png.subarray(0, 8)], [137, 80, 78, 71, 13, 10, 26, 10]);
  const chunks = new Map<string, Uint8Array>();
  const view = new DataView(png.buffer, png.byteOffset, png.byteLength);
  for (let at = 8; at < png.length;) {
    const length = view.getUint32(at);
    const type = new TextDecoder().decode(png.subarray(at + 4, at + 8));
    const checked = png.subarray(at + 4, at + 8 + length);
    assertEquals(view.getUint32(at + 8 + length), crc32(checked));
    chunks.set(type, png.subarray(at + 8, at + 8 + length));
    at += 12 + length;
  }
  assertEquals([...chunks.keys()], ["IHDR", "IDAT", "IEND"]);
  const header = [...chunks.get("IHDR")!];
  const channels = { 0: 1, 2: 3, 6: 4 }[header[9]]!;
  const [width, height] = [header[3] + 256 * header[2], header[7] + 256 * header[6]];
  const stride = width * channels;
  const bytes = inflateSync(chunks.get("IDAT")!);
  const data: number[] = [];
  const filters = new Set<number>();
  for (let y = 0; y < height; y++) {
    const filter = bytes[y * (stride + 1)];
    filters.add(filter);
    for (let i = 0; i < stride; i++) {
      const at = y * stride + i;
      const a = i < channels ? 0 : data[at - channels];
      const b = y === 0 ? 0 : data[at - stride];
      const c = i < channels || y === 0 ? 0 : data[at - stride - channels];
      const p = a + b - c;
      const nearest = [a, b, c].reduce((best, value) =>
        Math.abs(p - value) < Math.abs(p - best) ? value : best
      );
      const expected = [0, a, b, Math.floor((a + b) / 2), nearest][filter];
      data.push((bytes[y * (stride + 1) + 1 + i] + expected) & 255);
    }
  }
  return { header, data, filters };
}

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
