import { paperPhases, type PresetName, type RunConfig } from "../config/config.ts";
import { configDifference, makeConfig } from "../config/overrides.ts";
import type { Organ } from "../dataset/organ.ts";
import { shellWord } from "../shell_word.ts";
import { askedSplit, type Run } from "../training/run_folder.ts";
import type { RunFacts } from "./run_facts.ts";

/**
 * The command lines that make such a run and its evaluation, from what its record says: they are not
 * those that were typed, but come to the same.
 */
export function runCommands({ run, progress, evaluation }: RunFacts): string[] {
  const folder = shellWord(run.folder);
  const trained = [...new Set(progress.parts.map(({ phase }) => phase))];
  const isUsual = paperPhases.every((phase) => trained.includes(phase));
  const [first, ...later] = isUsual
    ? ["all", ...trained.filter((one) => !paperPhases.includes(one))]
    : trained;
  return [
    trainCommand(run) + (isUsual ? "" : ` --phase ${first}`),
    ...later.map((phase) => `deno task train --run ${folder} --resume --phase ${phase}`),
    ...(evaluation.value === null
      ? []
      : [`deno task evaluate --run ${folder} --tolerance ${evaluation.value.toleranceMm}`]),
    `deno task report --run ${folder}`,
  ];
}

/** The command line that starts and trains a run of the same data, split and configuration. */
export function trainCommand({ folder, record }: Run): string {
  const { config, organ, preparedFolder, detectorFrom } = record;
  const { fold, splitFile } = askedSplit(record);
  return [
    "deno task train",
    `--data ${shellWord(preparedFolder)}`,
    `--organ ${shellWord(organText(organ))}`,
    `--preset ${config.preset}`,
    ...(fold === undefined ? [] : [`--fold ${fold}`]),
    ...(splitFile === undefined ? [] : [`--split ${shellWord(splitFile)}`]),
    ...(detectorFrom === undefined ? [] : [`--detector ${shellWord(detectorFrom)}`]),
    ...configChanges(config).map((change) => `--set ${shellWord(change)}`),
    `--run ${shellWord(folder)}`,
  ].join(" ");
}

/** The organ as `parseOrgan` reads it, by label values: "spleen=1", "hippocampus=1,2". */
export function organText({ name, classes }: Organ): string {
  return `${name}=${classes.map(({ values }) => values.join("+")).join(",")}`;
}

/** The changes that make a configuration from its preset, as `makeConfig` reads them. */
export function configChanges(config: RunConfig): string[] {
  const sections = detectorSections(config);
  const base = makeConfig(config.preset, sections);
  const values = configDifference(config, base).map(({ key, ours = "" }) =>
    `${key}=${ours.replace(/^\[(.*)\]$/, "$1").replaceAll(", ", ",")}`
  );
  return [...sections, ...values];
}

/** The detector's kind is not a value but a whole section, and comes with its own loss. */
function detectorSections({ preset, detector }: RunConfig): string[] {
  if (makeConfig(preset).detector.network.kind === detector.network.kind) return [];
  const source: PresetName = detector.network.kind === "pyramid" ? "paper" : "focus";
  return [`detector=${source}`, `phases.detector=${source}`];
}
