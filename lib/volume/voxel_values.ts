import { UserError } from "../errors.ts";
import { volumeKernels } from "./kernels.ts";
import type { NiftiHeader } from "./nifti_header.ts";
import type { StoredValues } from "./voxel_decoder.ts";

/** A label stored as a fraction is accepted when it lies this near to an integer. */
const labelTolerance = 1e-3;

/**
 * Turns stored values, the first of which is voxel number `first` of those read, into what they
 * mean, and writes that to `target` from index `at` on.
 */
export type ConvertVoxels<Target> = (
  values: StoredValues,
  first: number,
  target: Target,
  at: number,
) => void;

/** Applies the header's scaling. */
export function imageConverter(
  { type, slope, intercept }: NiftiHeader,
): ConvertVoxels<Float32Array> {
  if (type.startsWith("float") && slope === 1 && intercept === 0) {
    return (values, _first, target, at) => target.set(values, at);
  }
  const { scale } = volumeKernels();
  return (values, _first, result, start) => scale({ values, slope, intercept, result, start });
}

/**
 * Applies the header's scaling and rounds what lies within 0.001 of an integer.
 *
 * @param block most values at a time
 * @throws UserError, when it is called, for a value that is not an integer in 0 .. 65535
 */
export function labelConverter(
  header: NiftiHeader,
  path: string,
  block: number,
): ConvertVoxels<Uint16Array> {
  const { type, slope, intercept } = header;
  if ((type === "uint8" || type === "uint16") && slope === 1 && intercept === 0) {
    const { widenLabels } = volumeKernels();
    return (values, _first, target, at) => {
      if (values instanceof Uint8Array) widenLabels(values, target, at);
      else target.set(values, at);
    };
  }
  const exact = new Float64Array(block);
  return (values, first, target, at) => {
    exact.set(values);
    for (let i = 0; i < values.length; i++) {
      const value = exact[i] * slope + intercept;
      const label = Math.round(value);
      if (!(Math.abs(value - label) <= labelTolerance && label >= 0 && label <= 65535)) {
        throw notALabel(path, value, first + i, header);
      }
      target[at + i] = label;
    }
  };
}

function notALabel(path: string, value: number, index: number, { shape }: NiftiHeader): UserError {
  const x = index % shape[0];
  const y = Math.floor(index / shape[0]) % shape[1];
  const z = Math.floor(index / (shape[0] * shape[1]));
  return new UserError({
    what: `cannot read labels from ${path}`,
    rule: "a label must be an integer in 0 .. 65535",
    seen: `${value} at voxel (${x}, ${y}, ${z})`,
    remedy: "Give the file of labels, not an image or probabilities; " +
      "labels that were resampled must be resampled again by nearest neighbour",
  });
}
