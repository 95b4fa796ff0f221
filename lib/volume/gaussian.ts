import { type Picture, weighNeighbours } from "./picture.ts";

/** OpenCV's kernel of 5 pixels where no width is given: sigma is about 1.1 pixels. */
const weights = [1, 4, 6, 4, 1].map((weight) => weight / 16);
const kernel = weights.map((down) => weights.map((across) => down * across));

/**
 * A picture made smooth by a Gaussian of 5 x 5 pixels, as OpenCV's `GaussianBlur` with `ksize` (5, 5)
 * and `sigma` 0.
 *
 * @returns `[rows, columns]`, within the picture's own range
 */
export function gaussian(picture: Picture): Float32Array {
  return Float32Array.from(weighNeighbours(picture, kernel));
}
