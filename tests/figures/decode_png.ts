import { assertEquals } from "@std/assert";
import { crc32, inflateSync } from "node:zlib";

/** What is in a PNG of 8 bits a sample. */
export interface DecodedPng {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  /** The thirteen bytes of IHDR. */
  readonly header: number[];
  readonly data: number[];
  /** Numbers of the filters that rows have. */
  readonly filters: Set<number>;
  readonly palette?: Uint8Array;
}

/** The samples of a PNG, read by the standard's own words: one filter a row, undone in order. */
export function decodePng(png: Uint8Array): DecodedPng {
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
  assertEquals([...chunks.keys()].filter((type) => type !== "PLTE"), ["IHDR", "IDAT", "IEND"]);
  const header = [...chunks.get("IHDR")!];
  const channels = { 0: 1, 2: 3, 3: 1, 6: 4 }[header[9]]!;
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
  return { width, height, channels, header, data, filters, palette: chunks.get("PLTE") };
}

/** The samples of one pixel; with a palette, its colour. */
export function pixelOf(png: Uint8Array | DecodedPng, x: number, y: number): number[] {
  const { width, channels, data, palette } = png instanceof Uint8Array ? decodePng(png) : png;
  const at = channels * (x + width * y);
  const samples = data.slice(at, at + channels);
  return palette ? [...palette.subarray(3 * samples[0], 3 * samples[0] + 3)] : samples;
}

/**
 * Left, top, right and bottom of a colour's pixels from a row on, both ends included; `null`
 * without any. With `run`, only of pixels after which so many more of the colour follow.
 */
export function boundsOf(
  png: Uint8Array,
  colour: readonly number[],
  firstRow = 0,
  run = 0,
): [number, number, number, number] | null {
  const decoded = decodePng(png);
  const isColour = (x: number, y: number) =>
    x < decoded.width && pixelOf(decoded, x, y).every((value, i) => value === colour[i]);
  const isRun = (x: number, y: number) =>
    Array.from({ length: run }, (_, i) => x + 1 + i).every((next) => isColour(next, y));
  const bounds: [number, number, number, number] = [Infinity, Infinity, -Infinity, -Infinity];
  for (let y = firstRow; y < decoded.height; y++) {
    for (let x = 0; x < decoded.width; x++) {
      if (!isColour(x, y) || (run > 0 && !isRun(x, y))) continue;
      bounds[0] = Math.min(bounds[0], x);
      bounds[1] = Math.min(bounds[1], y);
      bounds[2] = Math.max(bounds[2], x);
      bounds[3] = Math.max(bounds[3], y);
    }
  }
  return bounds[0] === Infinity ? null : bounds;
}
