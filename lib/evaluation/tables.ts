import { modelTitles } from "../config/model_name.ts";
import { markdownTable, type Table } from "./markdown_table.ts";
import {
  paperCitation,
  type PaperCostRow,
  paperOrgan,
  type PaperSegmentationRow,
  paperSizes,
  paperTable1,
  paperTable2,
  paperTable3,
  paperTable5,
} from "./paper_tables.ts";
import type {
  CaseResult,
  Evaluation,
  EvaluationMode,
  EvaluationSpace,
  ModelCost,
  TimePart,
} from "./records.ts";
import { summarize, type Summary } from "./statistics.ts";

/**
 * The evaluation as a Markdown report: tables in the shape of the paper's Tables 1, 2, 3 and 5 with
 * the paper's own numbers in columns of their own, first in the space that the paper scored in, and
 * what keeps the two from being compared.
 */
export function evaluationReport(evaluation: Evaluation): string {
  const { run, preset, model = "segmentor", dataSet, device } = evaluation;
  const named = model === "segmentor" ? "" : ` Model: ${modelTitles[model]}.`;
  const parts = [
    `# Evaluation of ${run}\n`,
    `Data set: ${dataSet}. Preset: ${preset}.${named} Device: ${device}. ` +
    `${memoryText(evaluation)}\n`,
    protocolNote(evaluation),
  ];
  for (const { title, table } of resultTables(evaluation)) {
    parts.push(`## ${title}\n`, markdownOf(table));
  }
  if (evaluation.costs.length > 0) parts.push(costNote);
  return parts.join("\n");
}

/** What the process held, on the machine and on its GPU, as sentences. */
export function memoryText({ device, peakProcessBytes, gpuBytes }: Evaluation): string {
  const process = `Process memory, at most: ${mebibytes(peakProcessBytes)} MiB.`;
  if (gpuBytes !== undefined) return `${process} GPU memory: ${mebibytes(gpuBytes)} MiB.`;
  return device.startsWith("CPU") ? `${process} No GPU.` : `${process} GPU memory: not known.`;
}

/** A table of the report under the number of the paper's. */
export interface ResultTable {
  readonly title: string;
  readonly table: Table;
}

/** The report's tables that have rows, in its order. */
export function resultTables(evaluation: Evaluation): ResultTable[] {
  const { model = "segmentor" } = evaluation;
  const framework = model === "segmentor" ? "" : ` with ${modelTitles[model]}`;
  const tables = [
    { title: "Table 1. Detector", table: detectorCells(evaluation) },
    ...[
      { title: `Table 2. ${modelTitles[model]} on ground-truth regions`, build: segmentorCells },
      { title: `Table 3. Whole framework${framework}`, build: frameworkCells },
    ].flatMap(({ title, build }) =>
      (["cube", "scan"] as const).map((space) => ({
        title: `${title}, ${spaceNames[space]}`,
        table: build(evaluation, space),
      }))
    ),
    { title: "Table 5. Cost", table: costCells(evaluation.costs) },
  ];
  return tables.filter(({ table }) => table.rows.length > 0);
}

/**
 * The shape of Table 1: the detector's boxes by organ, which are the same in either space. Memory and
 * time are of the detector alone.
 *
 * @returns "" when no case went through the detector
 */
export function detectorTable(evaluation: Evaluation): string {
  return markdownOf(detectorCells(evaluation));
}

function detectorCells({ cases, costs }: Evaluation): Table {
  const header = [
    "Organ",
    "Size",
    "Cases",
    "IoU 2D (paper)",
    "IoU 2D (ours)",
    "IoU 3D (ours)",
    "Wall error mm (ours)",
    "VRAM MiB (paper)",
    "Tensors MiB (ours)",
    "Time s (paper)",
    "Time s (ours)",
  ];
  const memory = peakMebibytes(costs, "detector");
  const detected = cases.filter(({ mode }) => mode === "withCrop");
  const rows = groupBy(detected, ({ organ }) => organ).map((all) => {
    const rows = oncePerCase(all);
    const { organ } = rows[0];
    const known = paperOrgan(organ);
    const paper = known && paperTable1[known];
    return [
      organ,
      sizeOf(organ),
      String(rows.length),
      number(paper?.iou, 4),
      meanAndDeviation(rows.map((row) => row.detectorIou2d), 4),
      meanAndDeviation(rows.map((row) => row.detectorIou3d), 4),
      meanAndDeviation(rows.map((row) => row.wallErrorMm), 2),
      number(paper?.vramMib, 0),
      memory,
      number(paper?.timeSeconds, 4),
      meanAndDeviation(seconds(rows, ["detect"]), 4),
    ];
  });
  return { header, rows };
}

/**
 * The shape of Table 2: the segmentor on the ground truth's regions. Memory and time are of the
 * segmentor alone.
 *
 * @returns "" when the mode was not evaluated
 */
export function segmentorTable(evaluation: Evaluation, space: EvaluationSpace): string {
  return markdownOf(segmentorCells(evaluation, space));
}

function segmentorCells({ cases, costs }: Evaluation, space: EvaluationSpace): Table {
  const rows = segmentationRows(casesOf(cases, "groundTruthRoi", space), {
    paper: paperTable2,
    times: ["segment"],
    memory: (edges) => peakMebibytes(costs, "segmentor", edges),
  });
  return { header: segmentationHeader, rows };
}

/**
 * The shape of Table 3: without crop (the segmentor on the whole volume) and with crop (detector,
 * then segmentor). Time is that of detection, sampling, segmentation and pasting back, as far as the
 * mode has them; reading and writing files is left out.
 *
 * @returns "" when neither mode was evaluated
 */
export function frameworkTable(evaluation: Evaluation, space: EvaluationSpace): string {
  return markdownOf(frameworkCells(evaluation, space));
}

function frameworkCells({ cases, costs }: Evaluation, space: EvaluationSpace): Table {
  const without = segmentationRows(casesOf(cases, "withoutCrop", space), {
    paper: paperTable3.withoutCrop,
    times: ["crop", "segment", "paste"],
    memory: (edges) => peakMebibytes(costs, "whole", edges),
  });
  const withCrop = segmentationRows(casesOf(cases, "withCrop", space), {
    paper: paperTable3.withCrop,
    times: ["detect", "crop", "segment", "paste"],
    memory: (edges) => {
      const parts = costs.filter(({ part, edge }) =>
        part === "detector" || (part === "segmentor" && edges.has(edge))
      );
      return peakOf(parts);
    },
  });
  const rows = [
    ...without.map((row) => ["without crop", ...row]),
    ...withCrop.map((row) => ["with crop", ...row]),
  ];
  return { header: ["Method", ...segmentationHeader], rows };
}

/** The shape of Table 5, in millions: true counts beside those by the paper's own rules. */
export function costTable(costs: readonly ModelCost[]): string {
  return markdownOf(costCells(costs));
}

function costCells(costs: readonly ModelCost[]): Table {
  const header = [
    "Part",
    "Input",
    "Parameters",
    "Active",
    "MACs",
    "FLOPs by the paper's rule (paper)",
    "FLOPs by the paper's rule (ours)",
    "Parameters by the paper's rule (paper)",
    "Parameters by the paper's rule (ours)",
    "Tensors MiB",
  ];
  const rows = costs.map((cost) => {
    const isDetector = cost.part === "detector";
    const paper = paperCost(cost);
    return [
      partName(cost),
      isDetector ? `3 x ${cost.edge}^2` : `${cost.edge}^3`,
      number(cost.parameters / 1e6, 4),
      number(cost.activeParameters / 1e6, 4),
      number(cost.macs / 1e6, 2),
      number(paper?.operations, 4),
      number(cost.paperOperations / 1e6, 4),
      number(paper?.parameters, 4),
      number(cost.paperParameters / 1e6, 4),
      mebibytes(cost.peakTensorBytes),
    ];
  });
  return { header, rows };
}

/** "segmentor", "whole"; with the model's name where that is a peer. */
export function partName({ part, model = "segmentor" }: ModelCost): string {
  return part === "detector" || model === "segmentor" ? part : `${modelTitles[model]}, ${part}`;
}

/** Table 5 has the peers for whole volumes only. */
function paperCost({ part, model = "segmentor", edge }: ModelCost): PaperCostRow | undefined {
  if (part === "detector") return paperTable5.detector;
  if (model === "segmentor") return paperTable5.segmentor[edge];
  return edge === 128 ? paperTable5.peers[model] : undefined;
}

function markdownOf({ header, rows }: Table): string {
  return rows.length === 0 ? "" : markdownTable(header, rows);
}

/** What keeps our numbers and the paper's from being compared, as a paragraph. */
export function protocolNote(
  { dataSet, toleranceMm, model = "segmentor" }: Pick<
    Evaluation,
    "dataSet" | "toleranceMm" | "model"
  >,
): string {
  return [
    `Columns marked (paper) are copied from ${paperCitation}; "-" where it has no such organ.`,
    `The protocols differ: the paper has AMOS22 (CT and MR, 48 to 60 test cases) on a V100, we have`,
    `${dataSet} on the device named above. The paper scores in the 128^3 space; the tables headed`,
    `"${spaceNames.scan}" have no counterpart there. Its HD95 is printed as mm but was probably`,
    `computed without spacing, so it is to be compared with our voxels, not our mm; its IoU of the`,
    `detector is probably the mean of the views' 2D IoU. Ours are means over cases +- standard deviation`,
    `(n - 1). Nothing found counts as Dice 0 and HD95 the volume's diagonal ("empty"); a case to`,
    `which a measure does not apply is left out and counted ("n/a"). NSD is at ${toleranceMm} mm.`,
    `Memory: the paper's VRAM is what the GPU held, ours the peak of TensorFlow.js's tensors.`,
    ...(model === "segmentor" ? [] : [
      `What segments here is ${modelTitles[model]}; the paper's columns are of its own segmentor.`,
    ]),
  ].join("\n") + "\n";
}

/** What Table 5 counts, as a paragraph. */
export const costNote: string = [
  "Millions. MACs are true multiply-accumulates. The paper's FLOPs of its own network are those plus",
  "5 for each element that a norm gives; its FLOPs of the networks that it compares with follow",
  "another rule, which takes transposed convolutions at their output and leaves attention out; its",
  "parameter count of the segmentor adds a weight again for every module around its layer. The",
  "columns named so apply to each network the rule that the paper applies to it. The",
  "paper's detector is not described well enough to be rebuilt to its counts.",
].join("\n") + "\n";

/** How a space is named in a sentence. */
export const spaceNames: Readonly<Record<EvaluationSpace, string>> = {
  cube: "in the prepared cube",
  scan: "in the scan's own grid",
};

const segmentationHeader = [
  "Organ",
  "Size",
  "Input",
  "Cases",
  "Dice (paper)",
  "Dice (ours)",
  "IoU (paper)",
  "IoU (ours)",
  "HD95 (paper)",
  "HD95 voxels (ours)",
  "HD95 mm (ours)",
  "NSD (ours)",
  "VRAM MiB (paper)",
  "Tensors MiB (ours)",
  "Time s (paper)",
  "Time s (ours)",
];

interface RowSource {
  readonly paper: Readonly<Record<string, PaperSegmentationRow>>;
  readonly times: readonly TimePart[];
  readonly memory: (edges: ReadonlySet<number>) => string;
}

function segmentationRows(cases: readonly CaseResult[], source: RowSource): string[][] {
  const groups = groupBy(cases, ({ organ, className }) => JSON.stringify([organ, className]));
  return groups.map((rows) => {
    const { organ, className } = rows[0];
    const known = paperOrgan(className) ?? paperOrgan(organ);
    const paper: PaperSegmentationRow | undefined = known && source.paper[known];
    const edges = new Set(rows.map(({ edge }) => edge));
    return [
      className === organ ? organ : `${organ}: ${className}`,
      sizeOf(organ),
      [...edges].sort((a, b) => a - b).map((edge) => `${edge}^3`).join(", "),
      casesCell(rows),
      number(paper?.dice, 4),
      meanAndDeviation(rows.map((row) => row.dice), 4),
      number(paper?.iou, 4),
      meanAndDeviation(rows.map((row) => row.iou), 4),
      number(paper?.hd95, 4),
      meanAndDeviation(rows.map((row) => row.hd95Voxels), 2),
      meanAndDeviation(rows.map((row) => row.hd95Mm), 2),
      meanAndDeviation(rows.map((row) => row.nsd), 4),
      number(paper?.vramMib, 0),
      source.memory(edges),
      number(paper?.timeSeconds, 4),
      meanAndDeviation(seconds(rows, source.times), 4),
    ];
  });
}

function casesOf(
  cases: readonly CaseResult[],
  mode: EvaluationMode,
  space: EvaluationSpace,
): CaseResult[] {
  return cases.filter((row) => row.mode === mode && row.space === space);
}

function groupBy(
  cases: readonly CaseResult[],
  key: (row: CaseResult) => string,
): CaseResult[][] {
  return [...Map.groupBy(cases, key).values()];
}

/** The classes of an organ and both spaces share a detection. */
function oncePerCase(cases: readonly CaseResult[]): CaseResult[] {
  return [...Map.groupBy(cases, ({ caseId }) => caseId).values()].map(([first]) => first);
}

function casesCell(rows: readonly CaseResult[]): string {
  const empty = rows.filter((row) => row.empty === "prediction").length;
  return empty === 0 ? String(rows.length) : `${rows.length} (${empty} empty)`;
}

function sizeOf(organ: string): string {
  const known = paperOrgan(organ);
  return known ? paperSizes[known] : "-";
}

/** Seconds of the parts together, of the cases in which at least one of them ran. */
function seconds(rows: readonly CaseResult[], parts: readonly TimePart[]): number[] {
  return rows.map(({ timesMs }) => parts.flatMap((part) => timesMs[part] ?? []))
    .filter((times) => times.length > 0)
    .map((times) => times.reduce((sum, time) => sum + time, 0) / 1000);
}

function peakMebibytes(
  costs: readonly ModelCost[],
  part: ModelCost["part"],
  edges?: ReadonlySet<number>,
): string {
  return peakOf(costs.filter((cost) => cost.part === part && (edges?.has(cost.edge) ?? true)));
}

function peakOf(costs: readonly ModelCost[]): string {
  if (costs.length === 0) return "-";
  return mebibytes(Math.max(...costs.map((cost) => cost.peakTensorBytes)));
}

function mebibytes(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(0);
}

function number(value: number | undefined, decimals: number): string {
  return value === undefined || Number.isNaN(value) ? "-" : value.toFixed(decimals);
}

function meanAndDeviation(values: readonly number[], decimals: number): string {
  return formatSummary(summarize(values), decimals);
}

/** "0.9012 +- 0.0213", with the number of cases that it does not apply to, if any. */
export function formatSummary(summary: Summary, decimals: number): string {
  const { count, notApplicable, mean, standardDeviation } = summary;
  if (count === 0) return notApplicable === 0 ? "-" : `- (${notApplicable} n/a)`;
  const deviation = count > 1 ? ` +- ${standardDeviation.toFixed(decimals)}` : "";
  const left = notApplicable === 0 ? "" : ` (${notApplicable} n/a)`;
  return `${mean.toFixed(decimals)}${deviation}${left}`;
}
