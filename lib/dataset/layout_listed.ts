import { resolve } from "node:path";
import { caseId } from "./case_files.ts";
import type { DatasetCase, Modality, Subset } from "./dataset.ts";
import type { DatasetJson } from "./dataset_json.ts";
import {
  type LayoutContent,
  modalityOfChannel,
  type OpenOptions,
  requireChannel,
  unknownModality,
} from "./layout_content.ts";

/** The last CT of AMOS22 (Ji 2022, section 3.1); MR starts at 507. */
const lastAmosCt = 500;

/** Reads AMOS22 and the Decathlon: their dataset.json lists the files. */
export function readListed(
  root: string,
  json: DatasetJson,
  { modality, channel = 0 }: OpenOptions,
  what: string,
): LayoutContent {
  requireChannel(what, json.channelNames, channel);
  const declared = modalityOfChannel(json.channelNames, channel);
  const hasChannels = (json.channelNames?.length ?? 1) > 1;
  const list = (subset: Subset): DatasetCase[] =>
    (json[subset] ?? []).map((entry) => {
      const id = caseId(entry.image);
      const known = modality ?? modalityOfAmosCase(id) ?? declared;
      if (known === undefined) throw unknownModality(what, json, channel);
      return {
        id,
        imagePath: resolve(root, entry.image),
        ...(hasChannels ? { imageVolume: channel } : {}),
        labelPath: entry.label === null ? null : resolve(root, entry.label),
        modality: known,
        subset,
      };
    });
  return {
    layout: json.validation === undefined ? "msd" : "amos",
    labels: json.labels,
    cases: [...list("training"), ...list("validation"), ...list("test")],
    unpairedLabels: [],
    declaredTraining: json.numTraining,
  };
}

function modalityOfAmosCase(id: string): Modality | undefined {
  const number = id.match(/^amos_(\d+)$/i)?.[1];
  return number === undefined ? undefined : Number(number) <= lastAmosCt ? "ct" : "mr";
}
