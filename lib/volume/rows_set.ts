import { volumeKernels } from "./kernels.ts";

/** Which rows of `width` values each, of a mask or of labels, hold anything but 0: 1, else 0. */
export function rowsSet(values: Uint8Array | Uint16Array, width: number): Uint8Array {
  const isSet = new Uint8Array(values.length / width);
  volumeKernels().rowsSet(values, width, isSet);
  return isSet;
}
