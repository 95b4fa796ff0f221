/** A grey picture, rows from the top; a slice that the caller has turned and windowed. */
export interface Picture2 {
  readonly width: number;
  readonly height: number;
  /** `width * height` values: 0 .. 1 as floats, 0 .. 255 as bytes; what lies outside is cut off. */
  readonly data: Float32Array | Uint8Array;
}

/** A mask on a picture's raster. */
export interface Mask2 {
  /** For the legend: "ground truth", "prediction", an organ's name. */
  readonly name: string;
  /** `width * height` values of the picture's raster, rows from the top; not 0 inside. */
  readonly data: Uint8Array;
}

/** A rectangle in pixels, half-open: [x0, y0, x1, y1]; pixel i covers [i, i + 1). */
export type PixelBox = readonly [number, number, number, number];

/** A picture of grey levels as bytes. */
export interface GreyPicture {
  readonly width: number;
  readonly height: number;
  /** 0 .. 255, rows from the top. */
  readonly grey: Uint8Array;
}

/** A picture put into a rectangle of a larger picture's pixels, or of its own. */
export interface ImageLayer extends GreyPicture {
  readonly place: PixelBox;
}

/** The picture's values as 0 .. 255; NaN is black. */
export function greyOf({ data }: Picture2): Uint8Array {
  if (data instanceof Uint8Array) return data;
  return Uint8Array.from(data, (value) => value > 0 ? Math.round(255 * Math.min(1, value)) : 0);
}
