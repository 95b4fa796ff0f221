import { type Contour, contoursOf } from "./contours.ts";
import { type Colour, type ColourName, colourOfOverlay, white } from "./palette.ts";
import { greyOf, type ImageLayer, type Mask2, type Picture2, type PixelBox } from "./picture2.ts";
import { type Magnifier, magnifierOf } from "./magnifier.ts";

/** A mask and its colour; without one, masks are coloured in turn: ground truth, prediction, ... */
export interface PictureMask extends Mask2 {
  readonly colour?: ColourName;
}

/** A box on a picture. */
export interface PictureBox {
  /** For the legend. */
  readonly name: string;
  readonly box: PixelBox;
  /** In turn by default, as masks. */
  readonly colour?: ColourName;
}

/** Points on a picture. */
export interface PicturePoints {
  /** For the legend. */
  readonly name: string;
  /** Pixels; the middle of pixel i is i + 0.5. */
  readonly x: readonly number[];
  readonly y: readonly number[];
  /** Diameters in screen pixels; 7 by default. */
  readonly sizes?: readonly number[];
  readonly colour?: ColourName;
}

/** A picture and what is drawn over it. */
export interface OverlaidPicture {
  readonly title: string;
  readonly picture: Picture2;
  readonly mask?: PictureMask | readonly PictureMask[];
  readonly boxes?: readonly PictureBox[];
  readonly points?: readonly PicturePoints[];
  /** Width and height of a pixel in mm; square pixels without a scale by default. */
  readonly spacingMm?: readonly [number, number];
  /** A part to show magnified in a corner, as in the paper's Fig. 3b. */
  readonly zoom?: PixelBox;
}

/** Closed lines in the picture's pixels. */
export interface ShapeLayer {
  /** Of the legend's entry; "" for none. */
  readonly name: string;
  readonly colour: Colour;
  /** Whether the inside is tinted. */
  readonly filled: boolean;
  readonly rings: readonly Contour[];
}

/** Dots in the picture's pixels. */
export interface PointLayer {
  readonly name: string;
  readonly colour: Colour;
  readonly x: readonly number[];
  readonly y: readonly number[];
  /** Diameters in screen pixels. */
  readonly sizes: readonly number[];
}

/** All that is drawn of a picture, from the lowest to the topmost. */
export interface PictureLayers {
  readonly images: readonly ImageLayer[];
  readonly shapes: readonly ShapeLayer[];
  readonly points: readonly PointLayer[];
  readonly scaleBar?: ScaleBar;
}

/** A line that says how long some mm are. */
export interface ScaleBar {
  readonly from: number;
  readonly to: number;
  readonly y: number;
  readonly label: string;
}

const POINT_SIZE = 7;

/** What is drawn of a picture, be it by plotly or on a canvas. */
export function layersOf(overlaid: OverlaidPicture): PictureLayers {
  const { picture: { width, height }, zoom } = overlaid;
  const grey = greyOf(overlaid.picture);
  const whole = { images: [{ width, height, grey, place: [0, 0, width, height] as const }] };
  const shapes = [...maskShapes(overlaid), ...boxShapes(overlaid)];
  const points = pointLayers(overlaid);
  if (zoom === undefined) {
    return { ...whole, shapes, points, scaleBar: scaleBarOf(overlaid) };
  }
  const masks = masksOf(overlaid).map(({ data }) => data);
  const magnifier = magnifierOf(zoom, width, height, masks);
  return {
    images: [...whole.images, magnifier.image(grey)],
    shapes: [
      ...shapes,
      ...maskShapes(overlaid, magnifier),
      ...boxShapes(overlaid, magnifier),
      ...[magnifier.part, magnifier.place].map((box) => ({
        name: "",
        colour: white,
        filled: false,
        rings: [ringOf(box)],
      })),
    ],
    points: [...points, ...pointLayers(overlaid, magnifier)],
    scaleBar: scaleBarOf(overlaid, magnifier.place),
  };
}

function maskShapes(overlaid: OverlaidPicture, magnifier?: Magnifier): ShapeLayer[] {
  const { picture: { width, height } } = overlaid;
  return masksOf(overlaid).map(({ name, data, colour }, index) => ({
    name,
    colour: colourOfOverlay(index, colour),
    filled: true,
    rings: magnifier ? magnifier.contours(data) : contoursOf(data, width, height),
  }));
}

function boxShapes({ boxes = [] }: OverlaidPicture, magnifier?: Magnifier): ShapeLayer[] {
  return boxes.flatMap(({ name, box, colour }, index) => {
    const shown = magnifier ? magnifier.box(box) : box;
    if (shown === null) return [];
    return [{
      name,
      colour: colourOfOverlay(index, colour),
      filled: false,
      rings: [ringOf(shown)],
    }];
  });
}

function pointLayers({ points = [] }: OverlaidPicture, magnifier?: Magnifier): PointLayer[] {
  return points.map(({ name, x, y, sizes, colour }, index) => {
    const kept = x.map((_, i) => i).filter((i) =>
      Number.isFinite(x[i] + y[i]) && (magnifier?.holds([x[i], y[i]]) ?? true)
    );
    const places = kept.map((i) => magnifier?.point([x[i], y[i]]) ?? [x[i], y[i]] as const);
    return {
      name,
      colour: colourOfOverlay(index, colour),
      x: places.map(([x]) => x),
      y: places.map(([, y]) => y),
      sizes: kept.map((i) => sizes?.[i] ?? POINT_SIZE),
    };
  });
}

/** The border of a rectangle. */
export function ringOf([x0, y0, x1, y1]: PixelBox): Contour {
  return [[x0, y0], [x1, y0], [x1, y1], [x0, y1]];
}

/** The picture's masks as a list. */
function masksOf({ mask = [] }: OverlaidPicture): readonly PictureMask[] {
  return "data" in mask ? [mask] : mask;
}

/** A round length of about a quarter of the picture, at the bottom where the magnifier is not. */
function scaleBarOf(
  { picture: { width, height }, spacingMm }: OverlaidPicture,
  taken?: PixelBox,
): ScaleBar | undefined {
  if (spacingMm === undefined) return undefined;
  const lengths = [1, 2, 5, 10, 20, 50, 100, 200, 500];
  const longest = 0.3 * width * spacingMm[0];
  const lengthMm = lengths.findLast((length) => length <= longest);
  if (lengthMm === undefined) return undefined;
  const length = lengthMm / spacingMm[0];
  const isTaken = taken !== undefined && taken[0] < width / 2 && taken[3] > height / 2;
  const from = isTaken ? 0.96 * width - length : 0.04 * width;
  return { from, to: from + length, y: 0.96 * height, label: `${lengthMm} mm` };
}
