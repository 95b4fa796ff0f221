import type { Box2 } from "../volume/box.ts";

/** Centre x, centre y, width, height of a box. */
export function boxToCenterSize({ min, max }: Box2): [number, number, number, number] {
  return [(min[0] + max[0]) / 2, (min[1] + max[1]) / 2, max[0] - min[0], max[1] - min[1]];
}

/** The box with that centre and size, in unit coordinates and cut off at the picture's border. */
export function centerSizeToBox(values: ArrayLike<number>): Box2 {
  const cut = (value: number): number => Math.min(1, Math.max(0, value));
  const [x, y, width, height] = [values[0], values[1], values[2], values[3]];
  return {
    min: [cut(x - width / 2), cut(y - height / 2)],
    max: [cut(x + width / 2), cut(y + height / 2)],
  };
}
