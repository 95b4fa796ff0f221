import { type Picture, shareOfLargest, weighNeighbours } from "./picture.ts";

/** OpenCV's kernel for `ksize` 3: the sum of both second derivatives, each by Sobel's weights. */
const kernel = [[2, 0, 2], [0, -8, 0], [2, 0, 2]];

/**
 * How strongly a picture bends at each pixel: the size of OpenCV's `Laplacian` with `ksize` 3,
 * without its sign, since a line is as much a line where it is darker than its surroundings, divided
 * by the largest in the picture.
 *
 * @returns `[rows, columns]`, values in [0, 1]; 0 everywhere for a picture of one value
 */
export function laplacian(picture: Picture): Float32Array {
  return shareOfLargest(weighNeighbours(picture, kernel).map(Math.abs));
}
