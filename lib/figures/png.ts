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

/**
 * The bytes of a PNG file (ISO/IEC 15948), 8 bits a sample. Each row gets the filter whose result
 * has the smallest sum of absolute values, as the standard proposes (section 12.8).
 *
 * @throws RangeError when the size is not positive or the data has another length
 */
export function encodePng(picture: Picture): Uint8Array {
  checkSize(picture);
  return pngFile(picture, colourType[picture.channels], filterRows(picture), []);
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
    chunk("IDAT", deflateSync(Buffer.from(rows), { level: 6 })),
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

/** Each row with the number of its filter before it. */
function filterRows({ width, height, channels, data }: Picture): Uint8Array {
  const stride = width * channels;
  const filtered = new Uint8Array(height * (stride + 1));
  const candidate = new Uint8Array(stride);
  let above: Uint8Array = new Uint8Array(stride);
  for (let y = 0; y < height; y++) {
    const row = data.subarray(y * stride, (y + 1) * stride);
    const to = y * (stride + 1);
    let best = Infinity;
    for (let filter = 0; filter < predictors.length; filter++) {
      const size = applyFilter(predictors[filter], row, above, channels, candidate);
      if (size >= best) continue;
      best = size;
      filtered[to] = filter;
      filtered.set(candidate, to + 1);
    }
    above = row;
  }
  return filtered;
}

/** What a filter expects of a sample from those on its left, above, and above on the left. */
type Predictor = (left: number, up: number, upLeft: number) => number;

const predictors: readonly Predictor[] = [
  () => 0,
  (left) => left,
  (_left, up) => up,
  (left, up) => (left + up) >> 1,
  paeth,
];

function paeth(left: number, up: number, upLeft: number): number {
  const [byLeft, byUp, byUpLeft] = [
    Math.abs(up - upLeft),
    Math.abs(left - upLeft),
    Math.abs(left + up - 2 * upLeft),
  ];
  if (byLeft <= byUp && byLeft <= byUpLeft) return left;
  return byUp <= byUpLeft ? up : upLeft;
}

/** Writes the filtered row and returns the sum of its samples' absolute values, taken as signed. */
function applyFilter(
  predict: Predictor,
  row: Uint8Array,
  above: Uint8Array,
  channels: number,
  filtered: Uint8Array,
): number {
  let size = 0;
  for (let i = 0; i < row.length; i++) {
    const isFirst = i < channels;
    const left = isFirst ? 0 : row[i - channels];
    const upLeft = isFirst ? 0 : above[i - channels];
    filtered[i] = row[i] - predict(left, above[i], upLeft);
    size += filtered[i] < 128 ? filtered[i] : 256 - filtered[i];
  }
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
