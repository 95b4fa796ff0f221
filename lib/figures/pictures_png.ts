import { Canvas, type Point, textHeight } from "./canvas.ts";
import { MASK_OPACITY } from "./overlay_traces.ts";
import { fewerColours } from "./fewer_colours.ts";
import { drawHeading, EDGE, type LegendEntry, TEXT_SIZE } from "./heading.ts";
import { ink, white } from "./palette.ts";
import type { ImageLayer } from "./picture2.ts";
import { layersOf, type OverlaidPicture, type PictureLayers } from "./picture_layers.ts";
import { encodeIndexedPng } from "./png.ts";
import { wrapText } from "./wrap_text.ts";

/** A grid of pictures under one title. */
export interface Pictures {
  readonly title: string;
  /** Row by row. */
  readonly pictures: readonly OverlaidPicture[];
  /** All in one row up to four, else three a row, by default. */
  readonly columns?: number;
}

const WIDTH = 640;
const GAP = 10;
const TITLE_LINE = 16;
const LARGEST_HEIGHT = 440;

/** Pictures a row: as given, else all up to four, else three. */
export function gridColumns({ pictures, columns }: Pictures): number {
  return Math.max(1, columns ?? (pictures.length <= 4 ? pictures.length : 3));
}

/** The grid as a PNG of our own. */
export function drawPictures(grid: Pictures): Uint8Array {
  const { title, pictures } = grid;
  const layers = pictures.map(layersOf);
  const columns = gridColumns(grid);
  const legend = legendOf(layers);
  const cellWidth = (WIDTH - 2 * EDGE - GAP * (columns - 1)) / columns;
  const cells = pictures.map((picture, index) => ({
    layers: layers[index],
    size: sizeIn(picture, cellWidth),
    lines: wrapText(picture.title, cellWidth, TEXT_SIZE),
  }));
  const rows = Array.from(
    { length: Math.ceil(cells.length / columns) },
    (_, row) => cells.slice(row * columns, (row + 1) * columns),
  );
  const rowHeights = rows.map((row) => ({
    title: TITLE_LINE * Math.max(...row.map(({ lines }) => lines.length)) + 3,
    picture: Math.max(...row.map(({ size }) => size[1])),
  }));
  const heading = drawHeading(new Canvas(WIDTH, 1), title, legend);
  const height = rowHeights.reduce(
    (sum, row) => sum + row.title + row.picture + GAP,
    heading + GAP,
  );
  const canvas = new Canvas(WIDTH, Math.ceil(height), white);
  drawHeading(canvas, title, legend);
  let top = heading + 6;
  rows.forEach((row, index) => {
    const pictureTop = top + rowHeights[index].title;
    row.forEach(({ layers, size, lines }, column) => {
      const middle = EDGE + column * (cellWidth + GAP) + cellWidth / 2;
      lines.forEach((line, i) =>
        canvas.text(line, middle, pictureTop - TITLE_LINE * (lines.length - i), ink, {
          size: TEXT_SIZE,
          align: "centre",
        })
      );
      drawLayers(canvas, layers, Math.round(middle - size[0] / 2), Math.round(pictureTop), size);
    });
    top = pictureTop + rowHeights[index].picture + GAP;
  });
  return encodeIndexedPng(fewerColours(canvas));
}

/** Width and height of a picture in a cell, its pixels in their proportion. */
function sizeIn(
  { picture: { width, height }, spacingMm = [1, 1] }: OverlaidPicture,
  cellWidth: number,
): [number, number] {
  const aspect = height * spacingMm[1] / (width * spacingMm[0]);
  const shown = Math.min(cellWidth, LARGEST_HEIGHT / aspect);
  return [Math.max(1, Math.floor(shown)), Math.max(1, Math.floor(shown * aspect))];
}

function legendOf(layers: readonly PictureLayers[]): LegendEntry[] {
  const entries = new Map<string, LegendEntry>();
  for (const { shapes, points } of layers) {
    for (const { name, colour, filled } of shapes) {
      if (name === "" || entries.has(name)) continue;
      entries.set(name, { name, colour, kind: filled ? "block" : "line" });
    }
    for (const { name, colour } of points) {
      if (!entries.has(name)) entries.set(name, { name, colour, kind: "dot" });
    }
  }
  return [...entries.values()];
}

function drawLayers(
  canvas: Canvas,
  { images, shapes, points, scaleBar }: PictureLayers,
  left: number,
  top: number,
  [width, height]: readonly [number, number],
): void {
  const whole = canvas.clip;
  canvas.clip = { left, top, right: left + width, bottom: top + height };
  const [, , columns, rows] = images[0].place;
  const [scaleX, scaleY] = [width / columns, height / rows];
  const at = ([x, y]: Point): Point => [left + x * scaleX, top + y * scaleY];
  for (const image of images) drawImage(canvas, image, at);
  for (const { colour, filled, rings } of shapes) {
    const shown = rings.map((ring) => ring.map(at));
    if (filled && shown.length > 0) canvas.polygon(shown, colour, MASK_OPACITY);
    for (const ring of shown) canvas.line([...ring, ring[0]], colour, { width: filled ? 1.6 : 2 });
  }
  for (const { colour, x, y, sizes } of points) {
    x.forEach((_, i) => {
      canvas.disc(at([x[i], y[i]]), sizes[i] / 2 + 0.8, [0, 0, 0]);
      canvas.disc(at([x[i], y[i]]), sizes[i] / 2 - 0.2, colour);
    });
  }
  if (scaleBar) {
    const [from, to] = [at([scaleBar.from, scaleBar.y]), at([scaleBar.to, scaleBar.y])];
    canvas.rectangle([from[0], from[1] - 1.5], [to[0], to[1] + 1.5], white);
    const above = from[1] - 6 - textHeight(11);
    const style = { size: 11, align: "centre", rim: true } as const;
    canvas.text(scaleBar.label, (from[0] + to[0]) / 2, above, white, style);
  }
  canvas.clip = whole;
}

/** Draws a picture into its place, linear between the middles of its pixels. */
function drawImage(
  canvas: Canvas,
  { width, height, grey, place }: ImageLayer,
  at: (point: Point) => Point,
): void {
  const [left, top] = at([place[0], place[1]]);
  const [right, bottom] = at([place[2], place[3]]);
  for (let y = Math.round(top); y < Math.round(bottom); y++) {
    const row = between((y + 0.5 - top) / (bottom - top) * height - 0.5, height);
    for (let x = Math.round(left); x < Math.round(right); x++) {
      const column = between((x + 0.5 - left) / (right - left) * width - 0.5, width);
      const line = (start: number) =>
        mix(grey[start + column.low], grey[start + column.high], column.share);
      const value = mix(line(row.low * width), line(row.high * width), row.share);
      canvas.blend(x, y, [value, value, value]);
    }
  }
}

/** The two whole places around one, and the upper one's share. */
function between(place: number, edge: number): { low: number; high: number; share: number } {
  const inside = Math.min(edge - 1, Math.max(0, place));
  const low = Math.floor(inside);
  return { low, high: Math.min(edge - 1, low + 1), share: inside - low };
}

function mix(a: number, b: number, share: number): number {
  return a + share * (b - a);
}
