import { modelTitles } from "../config/model_name.ts";
import type { ManifestEntry } from "../dataset/manifest.ts";
import { type Organ, organValues } from "../dataset/organ.ts";
import { summarize } from "../evaluation/statistics.ts";
import type { RunRecord } from "../training/run_folder.ts";
import { markup, nothing, notice } from "./html.ts";
import { htmlTable } from "./html_table.ts";
import type { Section } from "./page.ts";
import type { RunFacts } from "./run_facts.ts";

/** The cases by part of the split, what they look like, and how they were prepared. */
export function dataSection({ run: { record }, prepared }: RunFacts): Section {
  const { split, organ } = record;
  const parts = [
    { name: "training", ids: split.training },
    { name: "validation", ids: split.validation },
    { name: "test", ids: split.test },
    { name: "left out", ids: split.dropped },
  ];
  const geometry = (ids: readonly string[]) =>
    prepared.value === null
      ? []
      : geometryCells(prepared.value.entries.filter(({ id }) => ids.includes(id)), organ);
  const table = htmlTable({
    caption: `Cases by part (${record.splitRule})`,
    header: ["Part", "Cases", ...(prepared.value === null ? [] : geometryHeader)],
    rows: parts.map(({ name, ids }) => [name, ids.length, ...geometry(ids)]),
  });
  const missing = prepared.value === null
    ? notice("Nothing is known of the scans: ", prepared.reason)
    : nothing;
  const names = parts.map(({ name, ids }) =>
    markup`<dt>${name}</dt><dd>${ids.length === 0 ? "none" : ids.join(", ")}</dd>`
  );
  return {
    id: "data",
    title: "Data and split",
    body: markup`<p>${dataText(record)}</p>
${table}${missing}<details>
<summary>Cases by name</summary>
<dl>${names}</dl>
</details>
`,
  };
}

function dataText(
  { organ, datasetName, settings, config, roiEdge, roiEdgeNote }: RunRecord,
): string {
  const { cubeEdge, ctWindow, mrPercentiles, speckShare } = settings;
  const isPeer = config.model !== "segmentor";
  const seen = isPeer ? `Of a region ${modelTitles[config.model]} sees` : "The segmentor sees";
  const note = roiEdgeNote === undefined ? "" : `: ${roiEdgeNote}`;
  const classes = organ.classes.map(({ name, values }) => `${name} (label ${values.join(" + ")})`);
  return `${datasetName}: ${classes.join(", ")}. Cases that lack the organ are left out. ` +
    `Every scan is resized to a cube of ${cubeEdge}³; CT is windowed to ${ctWindow.low} .. ` +
    `${ctWindow.high} HU, MR to its own percentiles ${mrPercentiles.low} .. ` +
    `${mrPercentiles.high}. Pieces of less than ${100 * speckShare} % of a label are left out of ` +
    `training. ${seen} a cube of ${roiEdge}³${note}.`;
}

const geometryHeader = ["Modality", "Voxels", "Voxel edges mm", "Organ volume ml"];

function geometryCells(entries: readonly ManifestEntry[], organ: Organ): string[] {
  if (entries.length === 0) return ["–", "–", "–", "–"];
  const modalities = Map.groupBy(entries, ({ modality }) => modality);
  const volumesMl = entries.map(({ labels }) =>
    organValues(organ).reduce((sum, value) => sum + (labels[`${value}`]?.volumeMm3 ?? 0), 0) / 1000
  );
  const { count, mean, standardDeviation } = summarize(volumesMl);
  const counts = [...modalities].map(([name, { length }]) => `${length} ${name.toUpperCase()}`);
  return [
    counts.join(", "),
    [0, 1, 2].map((axis) => range(entries.map(({ shape }) => shape[axis]), 0)).join(" × "),
    [0, 1, 2].map((axis) => range(entries.map(({ spacingMm }) => spacingMm[axis]), 2)).join(" × "),
    mean.toFixed(1) + (count > 1 ? ` ± ${standardDeviation.toFixed(1)}` : ""),
  ];
}

/** "48" or "40–56". */
function range(values: readonly number[], decimals: number): string {
  const [low, high] = [Math.min(...values), Math.max(...values)].map((one) =>
    one.toFixed(decimals)
  );
  return low === high ? low : `${low}–${high}`;
}
