import { crc32, deflateSync } from "node:zlib";
import { Buffer } from "node:buffer";

/** A picture of 8-bit samples, row by row from the top left, channels side by side. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  /** 1 grey, 3 red-green-blue, 4 with opacity. */
  readonly channels: 1 | 3 | 4;
  /** `width * height * channels` samples. */
  readonly data: Uint8Array;
}

/** How a picture is stored. */
export interface PngOptions {
  /**
   * "small" gives each row the filter whose result has the smallest sum of absolute values, as the
   * standard proposes (section 12.8). "quick" takes the difference from the row above throughout and
   * compresses with less effort: a file a tenth larger in a third of the time. "small" by default.
   */
  readonly effort?: "small" | "quick";
}

/**
 * The bytes of a PNG file (ISO/IEC 15948), 8 bits a sample.
 *
 * @throws RangeError when the size is not positive or the data has another length
 */
export function encodePng(picture: Picture, { effort = "small" }: PngOptions = {}): Uint8Array {
  checkSize(picture);
  const type = colourType[picture.channels];
  return effort === "small"
    ? pngFile(picture, type, filterRows(picture, filters.keys()), [])
    : pngFile(picture, type, filterRows(picture, [differenceFromAbove]), [], 3);
}

/** A picture of at most 256 colours: each sample is a place in the palette. */
export interface IndexedPicture extends Picture {
  readonly channels: 1;
  /** Red, green and blue of each colour in turn. */
  readonly palette: Uint8Array;
}

/**
 * The bytes of a PNG file with a palette. No row is filtered, as the standard proposes for palettes
 * (section 12.8), since neighbouring places in a palette mean nothing.
 *
 * @throws RangeError as {@linkcode encodePng}
 */
export function encodeIndexedPng(picture: IndexedPicture): Uint8Array {
  const { width, height, data, palette } = picture;
  checkSize(picture);
  const rows = new Uint8Array(height * (width + 1));
  for (let y = 0; y < height; y++) {
    rows.set(data.subarray(y * width, (y + 1) * width), y * (width + 1) + 1);
  }
  return pngFile(picture, 3, rows, [chunk("PLTE", palette)]);
}

function checkSize({ width, height, channels, data }: Picture): void {
  if (!(width > 0 && height > 0) || data.length !== width * height * channels) {
    throw new RangeError(
      `a picture of ${width} x ${height} x ${channels} cannot have ${data.length} samples`,
    );
  }
}

function pngFile(
  { width, height }: Picture,
  colourType: number,
  rows: Uint8Array,
  between: readonly Uint8Array[],
  level = 6,
): Uint8Array {
  const header = new DataView(new ArrayBuffer(13));
  header.setUint32(0, width);
  header.setUint32(4, height);
  header.setUint8(8, 8);
  header.setUint8(9, colourType);
  return concatenate([
    Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a),
    chunk("IHDR", new Uint8Array(header.buffer)),
    ...between,
    chunk("IDAT", deflateSync(Buffer.from(rows), { level })),
    chunk("IEND", new Uint8Array()),
  ]);
}

const colourType = { 1: 0, 3: 2, 4: 6 } as const;

function chunk(type: string, content: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(12 + content.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, content.length);
  bytes.set(new TextEncoder().encode(type), 4);
  bytes.set(content, 8);
  view.setUint32(8 + content.length, crc32(bytes.subarray(4, 8 + content.length)));
  return bytes;
}

/** Each row with the number of its filter before it: of those allowed, the best for the row. */
function filterRows(
  { width, height, channels, data }: Picture,
  allowedFilters: Iterable<number>,
): Uint8Array {
  const allowed = [...allowedFilters];
  const stride = width * channels;
  const filtered = new Uint8Array(height * (stride + 1));
  const candidate = new Uint8Array(stride);
  // Rows with a black pixel before them, so that each sample has one on its left.
  let row = new Uint8Array(channels + stride);
  let above = new Uint8Array(channels + stride);
  for (let y = 0; y < height; y++) {
    row.set(data.subarray(y * stride, (y + 1) * stride), channels);
    const to = y * (stride + 1);
    let best = Infinity;
    for (const filter of allowed) {
      filters[filter](row, above, channels, candidate);
      const size = allowed.length > 1 ? sizeOf(candidate) : 0;
      if (size >= best) continue;
      best = size;
      filtered[to] = filter;
      filtered.set(candidate, to + 1);
    }
    [row, above] = [above, row];
  }
  return filtered;
}

/**
 * Writes what a sample is beyond what is expected of it from those on its left, above, and above on
 * the left. Each filter is a loop of its own: a call for each sample would take several times as long.
 */
type Filter = (row: Uint8Array, above: Uint8Array, channels: number, filtered: Uint8Array) => void;

const filters: readonly Filter[] = [
  (row, _above, channels, filtered) => filtered.set(row.subarray(channels)),
  (row, _above, channels, filtered) => {
    for (let i = 0; i < filtered.length; i++) filtered[i] = row[i + channels] - row[i];
  },
  (row, above, channels, filtered) => {
    for (let i = 0; i < filtered.length; i++) filtered[i] = row[i + channels] - above[i + channels];
  },
  (row, above, channels, filtered) => {
    for (let i = 0; i < filtered.length; i++) {
      filtered[i] = row[i + channels] - ((row[i] + above[i + channels]) >> 1);
    }
  },
  (row, above, channels, filtered) => {
    for (let i = 0; i < filtered.length; i++) {
      filtered[i] = row[i + channels] - paeth(row[i], above[i + channels], above[i]);
    }
  },
];

const differenceFromAbove = 2;

function paeth(left: number, up: number, upLeft: number): number {
  const byLeft = Math.abs(up - upLeft);
  const byUp = Math.abs(left - upLeft);
  const byUpLeft = Math.abs(left + up - 2 * upLeft);
  if (byLeft <= byUp && byLeft <= byUpLeft) return left;
  return byUp <= byUpLeft ? up : upLeft;
}

/** The sum of the samples' absolute values, taken as signed. */
function sizeOf(samples: Uint8Array): number {
  let size = 0;
  for (let i = 0; i < samples.length; i++) size += Math.abs(samples[i] << 24 >> 24);
  return size;
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}
