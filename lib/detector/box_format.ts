import type { Box2 } from "../volume/box.ts";
import * as tf from "../tf.ts";

/**
 * Corners of boxes given by centre and size.
 *
 * @param boxes `[n, 4]`: centre x, centre y, width, height
 * @returns `[n, 4]`: min x, min y, max x, max y
 */
export function centerSizeToCorners(boxes: tf.Tensor2D): tf.Tensor2D {
  return tf.tidy(() => {
    const [center, size] = tf.split(boxes, 2, 1); // [n, 2] each
    const half = tf.mul(size, 0.5);
    return tf.concat2d([tf.sub(center, half), tf.add(center, half)], 1);
  });
}

/** The inverse of {@linkcode centerSizeToCorners}. */
export function cornersToCenterSize(boxes: tf.Tensor2D): tf.Tensor2D {
  return tf.tidy(() => {
    const [min, max] = tf.split(boxes, 2, 1); // [n, 2] each
    return tf.concat2d([tf.mul(tf.add(min, max), 0.5), tf.sub(max, min)], 1);
  });
}

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
