import { scaleAndShift } from "../../lib/volume/affine.ts";
import { writeLabels, writeVolume } from "../../lib/volume/nifti_write.ts";
import {
  type Affine,
  type LabelVolume,
  type Triple,
  type Volume,
  voxelCount,
} from "../../lib/volume/volume.ts";

/** A small grid with three lengths and three spacings. */
export const shape: Triple = [7, 5, 4];
export const spacing: Triple = [1.5, 2, 4];
export const affine: Affine = scaleAndShift(spacing, [-3, 10, 20]);

/** The same grid with each plane 3 mm in front of the one below, as of a tilted gantry. */
export const sheared: Affine = affine.with(6, 3);

/** A CT-like image in which no two voxels are alike. */
export function image(values: Partial<Volume> = {}): Volume {
  const own = values.shape ?? shape;
  const data = Float32Array.from({ length: voxelCount(own) }, (_, i) => 3 * i - 300);
  return { shape: own, affine, data, ...values };
}

/** Labels that are 0 apart from a box, half-open in voxels, of the given value. */
export function boxLabels(
  value: number,
  min: Triple,
  max: Triple,
  values: Partial<LabelVolume> = {},
): LabelVolume {
  const own = values.shape ?? shape;
  const data = new Uint16Array(voxelCount(own));
  for (let z = min[2]; z < max[2]; z++) {
    for (let y = min[1]; y < max[1]; y++) {
      for (let x = min[0]; x < max[0]; x++) data[x + own[0] * (y + own[1] * z)] = value;
    }
  }
  return { shape: own, affine, data, ...values };
}

/** Writes the case of a plain pair of folders. */
export async function writePair(
  dir: string,
  id: string,
  volume: Volume,
  labels: LabelVolume | null,
): Promise<void> {
  await writeVolume(`${dir}/images/${id}.nii.gz`, volume, { type: "float32" });
  if (labels !== null) await writeLabels(`${dir}/labels/${id}.nii.gz`, labels);
}

/** Makes an uncompressed NIfTI file (`.nii`) of one volume a file of two. */
export async function doubleVolume(path: string): Promise<void> {
  const file = await Deno.readFile(path);
  const voxels = file.subarray(352);
  const header = file.slice(0, 352);
  const view = new DataView(header.buffer);
  view.setInt16(40, 4, true); // dim[0]
  view.setInt16(48, 2, true); // dim[4]
  await Deno.writeFile(path, new Uint8Array([...header, ...voxels, ...voxels]));
}

/** A plain pair whose case "series" has an image of two volumes, and "masks" labels of two. */
export async function writeSeries(dir: string): Promise<void> {
  for (const id of ["series", "masks"]) {
    await writeVolume(`${dir}/images/${id}.nii`, image(), { type: "float32" });
    await writeLabels(`${dir}/labels/${id}.nii`, boxLabels(1, [1, 1, 1], [4, 3, 3]));
  }
  await doubleVolume(`${dir}/images/series.nii`);
  await doubleVolume(`${dir}/labels/masks.nii`);
}

/** Makes an uncompressed NIfTI file (`.nii`) a pair of `.hdr` and `.img` in its place. */
export async function splitNifti(path: string): Promise<void> {
  const file = await Deno.readFile(path);
  const header = file.slice(0, 348);
  header.set([..."ni1\0"].map((letter) => letter.charCodeAt(0)), 344);
  new DataView(header.buffer).setFloat32(108, 0, true); // vox_offset
  await Deno.writeFile(path.replace(/nii$/, "hdr"), header);
  await Deno.writeFile(path.replace(/nii$/, "img"), file.slice(352));
  await Deno.remove(path);
}
