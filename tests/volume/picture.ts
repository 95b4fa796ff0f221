import type { Picture } from "../../lib/volume/picture.ts";
import reference from "./picture_reference.json" with { type: "json" };
import { assertNear, numbers } from "./reference.ts";

/** A picture from its rows. */
export function pictureOfRows(rows: readonly (readonly number[])[]): Picture {
  return { columns: rows[0].length, rows: rows.length, data: Float32Array.from(rows.flat()) };
}

/** A picture of zeros with a 1 at a place. */
export function impulse(columns: number, rows: number, column: number, row: number): Picture {
  const data = new Float32Array(columns * rows);
  data[row * columns + column] = 1;
  return { columns, rows, data };
}

/** Fails unless a filter gives the values of OpenCV and SciPy on the pictures of the reference. */
export function assertAsReference(
  filter: (picture: Picture) => Float32Array,
  name: "gaussian" | "laplacian" | "sobel",
): void {
  if (reference.kernels.length < 3) throw new Error("the reference lacks pictures");
  for (const { rows, columns, greys, [name]: expected } of reference.kernels) {
    const data = Float32Array.from(numbers(greys), (grey) => grey / 255);
    assertNear(filter({ rows, columns, data }), numbers(expected), 1e-6);
  }
}
