import { type Picture, shareOfLargest, weighNeighbours } from "./picture.ts";

const across = [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]];
const down = [[-1, -2, -1], [0, 0, 0], [1, 2, 1]];

/**
 * How strong a picture's edges are: the length of the gradient that OpenCV's `Sobel` with `ksize` 3
 * gives for both directions, divided by the largest in the picture.
 *
 * @returns `[rows, columns]`, values in [0, 1]; 0 everywhere for a picture of one value
 */
export function sobel(picture: Picture): Float32Array {
  const rise = weighNeighbours(picture, down);
  return shareOfLargest(
    weighNeighbours(picture, across).map((value, i) => Math.hypot(value, rise[i])),
  );
}
