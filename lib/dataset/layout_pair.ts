import { UserError } from "../errors.ts";
import { exists } from "../files.ts";
import { niftiFiles } from "./case_files.ts";
import { readJsonObject, readLabelNames } from "./dataset_json.ts";
import { type LayoutContent, type OpenOptions, requireChannel } from "./layout_content.ts";

/** Reads a plain pair: images/CASE.nii.gz with labels/CASE.nii.gz, and an optional labels.json. */
export async function readPair(
  root: string,
  { modality, channel = 0 }: OpenOptions,
  what: string,
): Promise<LayoutContent> {
  requireChannel(what, undefined, channel);
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
    return { id, imagePath, labelPath, modality, subset: "training" } as const;
  });
  return {
    layout: "pair",
    labels: readLabelNames(names, namesPath),
    cases,
    unpairedLabels: [...labels.values()].sort(),
    declaredTraining: null,
  };
}
