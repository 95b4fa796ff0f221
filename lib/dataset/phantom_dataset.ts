import { UserError } from "../errors.ts";
import { exists, listFolder, writeAtomic } from "../files.ts";
import { composeAffines, scaleAndShift } from "../volume/affine.ts";
import { writeLabels, writeVolume } from "../volume/nifti_write.ts";
import { fromRas, type Orientation, type VoxelGrid } from "../volume/orientation.ts";
import type { Triple } from "../volume/volume.ts";
import { readJsonObject } from "./dataset_json.ts";
import { makePhantom, type PhantomOptions, phantomShape } from "./phantom.ts";
import { phantomLabels } from "./phantom_anatomy.ts";

/** A data set of phantoms. */
export interface PhantomDatasetOptions extends PhantomOptions {
  readonly cases: number;
  /** 0 unless given. */
  readonly seed?: number;
  readonly onCase?: (done: number, total: number) => void;
}

/** What of dataset.json says which phantom it is. */
interface PhantomDescription {
  readonly phantom: { readonly seed: number; readonly shape: Triple };
  readonly channel_names: Readonly<Record<string, string>>;
  readonly numTraining: number;
}

/** Orientations of the files, in turn: what scanners and converters write most. */
const fileFlips: readonly Orientation["flips"][] = [
  [false, false, false], // RAS
  [true, true, false], // LPS
  [true, false, false], // LAS
];

/**
 * Writes phantoms as a data set in the layout of nnU-Net v2, dataset.json last. Its files lie in
 * RAS, LPS and LAS orientation in turn. Equal options give equal files.
 *
 * @throws UserError when the folder holds another data set, a phantom with other options or more
 *   cases, or an option is not a positive integer
 */
export async function writePhantomDataset(
  dir: string,
  options: PhantomDatasetOptions,
): Promise<void> {
  const { cases, seed = 0, onCase } = options;
  if (!Number.isInteger(cases) || cases < 1) {
    throw new UserError({
      what: "cannot make a phantom",
      rule: "the number of cases must be a positive integer",
      seen: String(cases),
      remedy: "Give another number",
    });
  }
  const description = {
    name: "Phantom",
    description: "Synthetic abdomens; not patients",
    ...describe(options),
    labels: { background: 0, ...phantomLabels },
    file_ending: ".nii.gz",
  };
  await refuseOtherData(dir, description);
  for (let index = 0; index < cases; index++) {
    const id = `phantom_${String(index).padStart(3, "0")}`;
    const { image, labels } = makePhantom(seed, index, options);
    const flips = fileFlips[index % fileFlips.length];
    await writeVolume(`${dir}/imagesTr/${id}_0000.nii.gz`, flip(image, flips), { type: "int16" });
    await writeLabels(`${dir}/labelsTr/${id}.nii.gz`, flip(labels, flips));
    onCase?.(index + 1, cases);
  }
  await removeSurplus(dir, cases);
  await writeAtomic(`${dir}/dataset.json`, JSON.stringify(description, null, 2) + "\n");
}

/**
 * Refuses a folder that holds another data set than {@linkcode writePhantomDataset} would write.
 *
 * @throws UserError in that case
 */
export async function requirePhantom(dir: string, options: PhantomDatasetOptions): Promise<void> {
  const wanted = describe(options);
  const found = await readJsonObject(`${dir}/dataset.json`) as Partial<PhantomDescription>;
  const difference = differenceOf(found, wanted) ??
    (found.numTraining === wanted.numTraining ? null : `${found.numTraining} cases`);
  if (difference === null) return;
  throw new UserError({
    what: `cannot use ${dir} where no data set is named`,
    rule:
      `it must be the usual phantom: ${wanted.numTraining} cases, CT, as deno task phantom makes`,
    seen: difference,
    remedy: "Name it as the data set, or move that folder away",
  });
}

function describe(
  { cases, seed = 0, shape = phantomShape, modality = "ct" }: PhantomDatasetOptions,
): PhantomDescription {
  return {
    phantom: { seed, shape },
    channel_names: { "0": modality === "ct" ? "CT" : "MR" },
    numTraining: cases,
  };
}

/** What a folder holds in place of a wanted phantom, whose number of cases aside; null if that. */
function differenceOf(
  { phantom, channel_names }: Partial<PhantomDescription>,
  wanted: PhantomDescription,
): string | null {
  if (phantom === undefined) return "another data set";
  const { seed, shape = phantomShape } = phantom; // earlier versions left the usual shape out
  const isSame = JSON.stringify([seed, shape, channel_names]) ===
    JSON.stringify([wanted.phantom.seed, wanted.phantom.shape, wanted.channel_names]);
  return isSame ? null : "another seed, shape or modality";
}

async function refuseOtherData(dir: string, description: PhantomDescription): Promise<void> {
  const path = `${dir}/dataset.json`;
  const refuse = (seen: string): never => {
    throw new UserError({
      what: `cannot write a phantom to ${dir}`,
      rule: "the folder must be new, or hold the same phantom with as many cases or fewer",
      seen,
      remedy: "Give another folder, or remove this one",
    });
  };
  if (!await exists(path)) {
    const other = await otherThanPhantoms(dir);
    if (other !== undefined) refuse(`something else, as ${other}`);
    return;
  }
  const found = await readJsonObject(path) as Partial<PhantomDescription>;
  const difference = differenceOf(found, description);
  if (difference !== null) refuse(difference);
  if (found.numTraining! > description.numTraining) refuse(`${found.numTraining} cases`);
}

/** The names of a phantom's files, also of those that were being written: with the case's number. */
const phantomFile = /^phantom_(\d{3,})(_0000)?\.nii\.gz(\.[0-9a-f]{8}\.partial)?$/;

const phantomFolders = ["imagesTr", "labelsTr"];

/** Something in a folder that is not of a phantom whose making was interrupted, if there is any. */
async function otherThanPhantoms(dir: string): Promise<string | undefined> {
  if (!await exists(dir)) return undefined;
  for (const { name, isDirectory } of await listFolder(dir)) {
    if (name.startsWith(".")) continue; // ours, or the system's
    if (!isDirectory || !phantomFolders.includes(name)) return name;
    const files = await listFolder(`${dir}/${name}`);
    const other = files.find((file) => !phantomFile.test(file.name) && !file.name.startsWith("."));
    if (other !== undefined) return `${name}/${other.name}`;
  }
  return undefined;
}

/** Removes the cases that a larger phantom left in the folder when its making was interrupted. */
async function removeSurplus(dir: string, cases: number): Promise<void> {
  for (const folder of phantomFolders) {
    for (const { name } of await listFolder(`${dir}/${folder}`)) {
      const index = name.match(phantomFile)?.[1];
      if (index !== undefined && Number(index) >= cases) {
        await Deno.remove(`${dir}/${folder}/${name}`);
      }
    }
  }
}

/** A volume on a RAS grid, on the grid of a file whose axes run the other way where `flips` says. */
function flip<V extends VoxelGrid>(volume: V, flips: Orientation["flips"]): V {
  const scale = flips.map((flipped) => flipped ? -1 : 1);
  const shift = flips.map((flipped, axis) => flipped ? volume.shape[axis] - 1 : 0);
  const toRasIndex = scaleAndShift(scale as unknown as Triple, shift as unknown as Triple);
  const affine = composeAffines(volume.affine, toRasIndex);
  return fromRas(volume, { axes: [0, 1, 2], flips, grid: { shape: volume.shape, affine } });
}
