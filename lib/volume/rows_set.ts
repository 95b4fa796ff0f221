import { volumeKernels } from "./kernels.ts";

/** Which rows of a plane, of `width` values each, hold anything but 0: 1, else 0. */
export function rowsSet(plane: Uint16Array, width: number): Uint8Array {
  const isSet = new Uint8Array(plane.length / width);
  volumeKernels().rowsSet(plane, width, isSet);
  return isSet;
}
