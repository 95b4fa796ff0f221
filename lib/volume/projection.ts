import type { Box2, Box3 } from "./box.ts";
import type { Mask } from "./volume.ts";

/**
 * The three views of a volume: `xy` looks along z, `yz` along x, `xz` along y. The first letter is
 * the horizontal axis of the picture (columns), the second the vertical one (rows).
 */
export type ViewName = "xy" | "yz" | "xz";

/** All views, in the order in which the paper names them. */
export const viewNames: readonly ViewName[] = ["xy", "yz", "xz"];

/** The volume's axes (0 x, 1 y, 2 z) that a view shows and the one that it looks along. */
export interface ViewAxes {
  readonly horizontal: 0 | 1 | 2;
  readonly vertical: 0 | 1 | 2;
  readonly depth: 0 | 1 | 2;
}

/** The axes of each view. */
export const viewAxes: Readonly<Record<ViewName, ViewAxes>> = {
  xy: { horizontal: 0, vertical: 1, depth: 2 },
  yz: { horizontal: 1, vertical: 2, depth: 0 },
  xz: { horizontal: 0, vertical: 2, depth: 1 },
};

/** A value for each view, made in their order. */
export function eachView<T>(of: (view: ViewName) => T): Record<ViewName, T> {
  return { xy: of("xy"), yz: of("yz"), xz: of("xz") };
}

/** Where a view shows an axis: 0 horizontally, 1 vertically; -1 where it looks along it. */
export function placeInView(view: ViewName, axis: 0 | 1 | 2): number {
  const { horizontal, vertical } = viewAxes[view];
  return [horizontal, vertical].indexOf(axis);
}

/** What a view shows of a box. */
export function projectBox(box: Box3, view: ViewName): Box2 {
  const { horizontal, vertical } = viewAxes[view];
  return {
    min: [box.min[horizontal], box.min[vertical]],
    max: [box.max[horizontal], box.max[vertical]],
  };
}

/**
 * The silhouette of a mask: 1 where a line of sight meets any of it. A picture of rows (vertical
 * axis) by columns (horizontal axis), row by row.
 */
export function projectMask(mask: Mask, view: ViewName): Uint8Array {
  const [width, height, depth] = mask.shape;
  const { horizontal, vertical } = viewAxes[view];
  const columns = mask.shape[horizontal];
  const picture = new Uint8Array(columns * mask.shape[vertical]);
  // Steps of the picture's index as x, y and z step: 0 along the axis that the view looks along.
  const step = [0, 1, 2].map((axis) => axis === horizontal ? 1 : axis === vertical ? columns : 0);
  let i = 0;
  for (let z = 0; z < depth; z++) {
    for (let y = 0; y < height; y++) {
      let pixel = z * step[2] + y * step[1];
      for (let x = 0; x < width; x++, pixel += step[0]) {
        if (mask.data[i++] !== 0) picture[pixel] = 1;
      }
    }
  }
  return picture;
}
