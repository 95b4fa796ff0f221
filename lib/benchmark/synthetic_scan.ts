import { join } from "node:path";
import { makePhantom } from "../dataset/phantom.ts";
import { Random } from "../random.ts";
import { composeAffines, scaleAndShift } from "../volume/affine.ts";
import { writeLabels, writeVolume } from "../volume/nifti_write.ts";
import { fromRas, type VoxelGrid } from "../volume/orientation.ts";
import { resizeVolume, sampleLabelsNearest } from "../volume/resample.ts";
import type { Triple } from "../volume/volume.ts";

/** A scan and its labels as files. */
export interface SyntheticScan {
  readonly imagePath: string;
  readonly labelPath: string;
  readonly shape: Triple;
}

/** HU; as thin slices of an abdomen have, so that the file compresses like one. */
const noise = 14;
/** Values of noise that are drawn; rows of the scan begin at random places among them. */
const drawn = 1 << 20;

/**
 * Writes a CT-like scan, int16 in LPS order as scanners give it, and its labels: a phantom of a
 * quarter of the edges, enlarged, with the noise of the fine grid.
 */
export async function writeSyntheticScan(folder: string, shape: Triple): Promise<SyntheticScan> {
  const coarse: Triple = [
    Math.ceil(shape[0] / 4),
    Math.ceil(shape[1] / 4),
    Math.ceil(shape[2] / 2),
  ];
  const { image, labels } = makePhantom("benchmark", 0, { shape: coarse });
  const fine = resizeVolume(image, shape, "linear");
  addNoise(fine.data, shape[0]);
  const fineLabels = sampleLabelsNearest(labels, { min: [0, 0, 0], max: coarse }, shape);
  const [imagePath, labelPath] = ["scan.nii.gz", "labels.nii.gz"].map((name) => join(folder, name));
  await writeVolume(imagePath, toLps(fine), { type: "int16" });
  await writeLabels(labelPath, toLps(fineLabels));
  return { imagePath, labelPath, shape };
}

function addNoise(data: Float32Array, width: number): void {
  const random = new Random("noise");
  const values = Float32Array.from({ length: drawn }, () => random.normal(0, noise));
  for (let row = 0; row < data.length; row += width) {
    const from = random.integer(drawn - width);
    for (let x = 0; x < width; x++) {
      data[row + x] = Math.min(3071, Math.max(-1024, Math.round(data[row + x] + values[from + x])));
    }
  }
}

function toLps<V extends VoxelGrid>(volume: V): V {
  const { shape } = volume;
  const toRas = scaleAndShift([-1, -1, 1], [shape[0] - 1, shape[1] - 1, 0]);
  const grid = { shape, affine: composeAffines(volume.affine, toRas) };
  return fromRas(volume, { axes: [0, 1, 2], flips: [true, true, false], grid });
}
