import type { Box2 } from "./box.ts";
import type { VoxelGrid } from "./orientation.ts";
import { viewAxes, type ViewName } from "./projection.ts";
import { spacingMm, stridesOf } from "./volume.ts";

/**
 * A view of a volume as it is hung on a wall: rows from the top down, and on the RAS grid with the
 * patient's head or front at the top and the right side (in `yz` the front) on the viewer's left,
 * as if the patient stood before the viewer. A view's own rows and columns count upwards from the
 * feet, the back and the left, so that an upright picture is the view turned by half a turn.
 */
export interface UprightPicture<Values = Float32Array> {
  /** Pixels. */
  readonly width: number;
  readonly height: number;
  /** Row by row from the top. */
  readonly data: Values;
}

/** A slice whose pixels are known in mm. */
export interface UprightSlice<Values = Float32Array> extends UprightPicture<Values> {
  /** Width and height of a pixel. */
  readonly spacingMm: readonly [number, number];
}

/** The directions of the patient at the borders of a picture: R, L, A, P, S or I. */
export interface BorderLetters {
  readonly left: string;
  readonly right: string;
  readonly top: string;
  readonly bottom: string;
}

/**
 * One slice of a volume, upright.
 *
 * @param index of the slice along the view's depth
 * @throws RangeError when the volume has no such slice
 */
export function uprightSlice<V extends VoxelGrid>(
  volume: V,
  view: ViewName,
  index: number,
): UprightSlice<V["data"]> {
  const { horizontal, vertical, depth } = viewAxes[view];
  const { shape } = volume;
  if (!Number.isInteger(index) || index < 0 || index >= shape[depth]) {
    throw new RangeError(`slice ${index} of ${view} is not in 0 .. ${shape[depth] - 1}`);
  }
  const steps = stridesOf(shape);
  const [width, height] = [shape[horizontal], shape[vertical]];
  const data = new (volume.data.constructor as new (length: number) => V["data"])(width * height);
  for (let row = 0; row < height; row++) {
    const rowStart = index * steps[depth] + (height - 1 - row) * steps[vertical];
    for (let column = 0; column < width; column++) {
      data[row * width + column] = volume.data[rowStart + (width - 1 - column) * steps[horizontal]];
    }
  }
  const spacing = spacingMm(volume);
  return { width, height, data, spacingMm: [spacing[horizontal], spacing[vertical]] };
}

/**
 * A picture of a view, upright: one channel of `[rows, columns, channels]`.
 *
 * @throws RangeError when the values do not fill such a picture
 */
export function uprightView<Values extends Float32Array | Uint8Array>(
  values: Values,
  { columns, rows, channels = 1, channel = 0 }: {
    readonly columns: number;
    readonly rows: number;
    readonly channels?: number;
    readonly channel?: number;
  },
): UprightPicture<Values> {
  if (values.length !== rows * columns * channels) {
    throw new RangeError(
      `${values.length} values do not fill a picture of ${columns} x ${rows} x ${channels}`,
    );
  }
  const last = rows * columns - 1;
  const data = new (values.constructor as new (length: number) => Values)(last + 1);
  for (let i = 0; i <= last; i++) data[i] = values[(last - i) * channels + channel];
  return { width: columns, height: rows, data };
}

/** Left, top, right and bottom of a view's box in pixels of its upright picture. */
export function uprightBox(
  boxUnit: Box2,
  { width, height }: Pick<UprightPicture, "width" | "height">,
): [left: number, top: number, right: number, bottom: number] {
  return [
    (1 - boxUnit.max[0]) * width,
    (1 - boxUnit.max[1]) * height,
    (1 - boxUnit.min[0]) * width,
    (1 - boxUnit.min[1]) * height,
  ];
}

/**
 * The letters at the borders of an upright picture of a volume.
 *
 * @param orientation the directions in which the volume's axes run: "RAS", "LPS"
 */
export function borderLetters(orientation: string, view: ViewName): BorderLetters {
  const { horizontal, vertical } = viewAxes[view];
  const [left, top] = [orientation[horizontal], orientation[vertical]];
  return { left, right: opposite[left], top, bottom: opposite[top] };
}

const opposite: Readonly<Record<string, string>> = {
  R: "L",
  L: "R",
  A: "P",
  P: "A",
  S: "I",
  I: "S",
};
