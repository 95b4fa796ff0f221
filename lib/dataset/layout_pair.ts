import { UserError } from "../errors.ts";
import { exists } from "../files.ts";
import { niftiFiles } from "./case_files.ts";
import { readJsonObject, readLabelNames } from "./dataset_json.ts";
import type { LayoutContent, OpenOptions } from "./layout_content.ts";

/**
 * Reads a plain pair: images/CASE.nii.gz with labels/CASE.nii.gz, and an optional labels.json. A channel
 * is a volume of 4D images, which each file must have when it is read.
 */
export async function readPair(
  root: string,
  { modality, channel }: OpenOptions,
  what: string,
): Promise<LayoutContent> {
  if (modality === undefined) {
    throw new UserError({
      what,
      rule: "the folders images and labels do not say what the scans were made with",
      remedy: "Give --modality ct or --modality mr",
    });
  }
  const namesPath = `${root}/labels.json`;
  const names = await exists(namesPath) ? await readJsonObject(namesPath) : undefined;
  const images = await niftiFiles(`${root}/images`);
  const labels = await niftiFiles(`${root}/labels`);
  const cases = [...images].map(([id, imagePath]) => {
    const labelPath = labels.get(id) ?? null;
    labels.delete(id);
    const volume = { canChooseVolume: true, imageVolume: channel };
    return { id, imagePath, ...volume, labelPath, modality, subset: "training" } as const;
  });
  return {
    layout: "pair",
    labels: readLabelNames(names, namesPath),
    cases,
    unpairedLabels: [...labels.values()].sort(),
    declaredTraining: null,
  };
}
