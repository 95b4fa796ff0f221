import { type Contour, contoursOf } from "./contours.ts";
import type { ImageLayer, PixelBox } from "./picture2.ts";

type Place = readonly [number, number];

/** A part of a picture, drawn again larger in a corner of the same picture. */
export interface Magnifier {
  /** The part, of whole pixels inside the picture. */
  readonly part: PixelBox;
  /** Where it is drawn again, in the picture's pixels. */
  readonly place: PixelBox;
  /** The part of a picture of the same raster. */
  readonly image: (grey: Uint8Array) => ImageLayer;
  /** The contours of the part of a mask, where they are drawn again. */
  readonly contours: (mask: Uint8Array) => Contour[];
  /** What the part shows of a box, where it is drawn again; `null` when nothing. */
  readonly box: (box: PixelBox) => PixelBox | null;
  /** Whether a point lies in the part. */
  readonly holds: (point: Place) => boolean;
  /** Where a point of the part is drawn again. */
  readonly point: (point: Place) => Place;
}

/** Largest share of the picture's width and height that the magnified part takes. */
const SHARE = 0.46;
/** Distance from the picture's border, as a share of its width and height. */
const MARGIN = 0.02;

/** The magnifier of a part, in the corner where it hides least of the masks and of the part. */
export function magnifierOf(
  zoom: PixelBox,
  width: number,
  height: number,
  masks: readonly Uint8Array[],
): Magnifier {
  const inside = (value: number, edge: number) => Math.min(edge, Math.max(0, value));
  const [x0, y0] = [
    inside(Math.floor(zoom[0]), width - 1),
    inside(Math.floor(zoom[1]), height - 1),
  ];
  const part: PixelBox = [
    x0,
    y0,
    Math.max(x0 + 1, inside(Math.ceil(zoom[2]), width)),
    Math.max(y0 + 1, inside(Math.ceil(zoom[3]), height)),
  ];
  const [columns, rows] = [part[2] - part[0], part[3] - part[1]];
  const factor = Math.min(SHARE * width / columns, SHARE * height / rows);
  const place = freestCorner(part, columns * factor, rows * factor, width, height, masks);
  const point = ([x, y]: Place): Place => [
    place[0] + (x - part[0]) * factor,
    place[1] + (y - part[1]) * factor,
  ];
  return {
    part,
    place,
    image: (grey) => ({
      width: columns,
      height: rows,
      grey: crop(grey, width, part),
      place,
    }),
    contours: (mask) =>
      contoursOf(crop(mask, width, part), columns, rows)
        .map((contour) => contour.map(([x, y]) => point([x + part[0], y + part[1]]))),
    box: (box) => {
      const shown = intersection(box, part);
      if (areaOf(shown) === 0) return null;
      return [...point([shown[0], shown[1]]), ...point([shown[2], shown[3]])];
    },
    holds: ([x, y]) => x >= part[0] && y >= part[1] && x < part[2] && y < part[3],
    point,
  };
}

function freestCorner(
  part: PixelBox,
  columns: number,
  rows: number,
  width: number,
  height: number,
  masks: readonly Uint8Array[],
): PixelBox {
  const [left, right] = [MARGIN * width, (1 - MARGIN) * width - columns];
  const [top, bottom] = [MARGIN * height, (1 - MARGIN) * height - rows];
  const corners = [[right, top], [right, bottom], [left, top], [left, bottom]]
    .map(([x, y]): PixelBox => [x, y, x + columns, y + rows]);
  const hidden = corners.map((corner) =>
    2 * areaOf(intersection(corner, part)) +
    masks.reduce((sum, mask) => sum + countInside(mask, width, corner), 0)
  );
  return corners[hidden.indexOf(Math.min(...hidden))];
}

function countInside(mask: Uint8Array, width: number, box: PixelBox): number {
  return crop(mask, width, box.map(Math.floor) as [number, number, number, number])
    .reduce((sum, value) => sum + +(value !== 0), 0);
}

function crop(pixels: Uint8Array, width: number, [x0, y0, x1, y1]: PixelBox): Uint8Array {
  const cropped = new Uint8Array((x1 - x0) * (y1 - y0));
  for (let y = y0; y < y1; y++) {
    cropped.set(pixels.subarray(y * width + x0, y * width + x1), (y - y0) * (x1 - x0));
  }
  return cropped;
}

function intersection(a: PixelBox, b: PixelBox): PixelBox {
  return [
    Math.max(a[0], b[0]),
    Math.max(a[1], b[1]),
    Math.min(a[2], b[2]),
    Math.min(a[3], b[3]),
  ];
}

function areaOf([x0, y0, x1, y1]: PixelBox): number {
  return Math.max(0, x1 - x0) * Math.max(0, y1 - y0);
}
