import { UserError } from "../errors.ts";
import { channelEnding, niftiFiles } from "./case_files.ts";
import type { DatasetCase, Subset } from "./dataset.ts";
import type { DatasetJson } from "./dataset_json.ts";
import {
  type LayoutContent,
  modalityOfChannel,
  type OpenOptions,
  requireChannel,
  unknownModality,
} from "./layout_content.ts";

/** Reads nnU-Net v2: imagesTr/CASE_0000.nii.gz with labelsTr/CASE.nii.gz, and the same with Ts. */
export async function readNnunet(
  root: string,
  json: DatasetJson,
  { modality, channel = 0 }: OpenOptions,
  what: string,
): Promise<LayoutContent> {
  if (!/^\.nii(\.gz)?$/.test(json.fileEnding)) {
    throw new UserError({
      what,
      rule: "its file_ending must be .nii or .nii.gz",
      seen: json.fileEnding,
      remedy: "Convert its volumes to NIfTI",
    });
  }
  requireChannel(what, json.channelNames, channel);
  const known = modality ?? modalityOfChannel(json.channelNames, channel);
  if (known === undefined) throw unknownModality(what, json, channel);
  const hasChannels = (json.channelNames?.length ?? 1) > 1;
  const ending = channelEnding(channel);
  const cases: DatasetCase[] = [];
  const unpairedLabels: string[] = [];
  for (const [suffix, subset] of [["Tr", "training"], ["Ts", "test"]] as [string, Subset][]) {
    const images = await niftiFiles(`${root}/images${suffix}`);
    const labels = await niftiFiles(`${root}/labels${suffix}`);
    for (const [name, imagePath] of images) {
      if (!name.endsWith(ending)) continue;
      const id = name.slice(0, -ending.length);
      const labelPath = labels.get(id) ?? null;
      labels.delete(id);
      cases.push({
        id,
        imagePath,
        ...(hasChannels ? { imageChannel: channel } : {}),
        labelPath,
        modality: known,
        subset,
      });
    }
    unpairedLabels.push(...labels.values());
  }
  return {
    layout: "nnunet",
    labels: json.labels,
    cases,
    unpairedLabels: unpairedLabels.sort(),
    declaredTraining: json.numTraining,
  };
}
