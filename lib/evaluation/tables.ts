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
} from "./records.ts";
import {
  casesCell,
  classCell,
  edgesCell,
  mebibytes,
  modeNames,
  numberCell,
  peakCell,
  secondsOf,
  spread,
  timedParts,
} from "./table_cells.ts";
import {
  type Boxed,
  type Column,
  costColumns,
  type Costed,
  iouColumns,
  nsdColumn,
  scoreColumns,
  type Scored,
  tableOf,
  wallColumn,
} from "./table_columns.ts";

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
      { title: `Table 2. ${modelTitles[model]} on ground-truth regions`, build: segmentorTable },
      { title: `Table 3. Whole framework${framework}`, build: frameworkTable },
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
 */
export function detectorTable(evaluation: Evaluation): string {
  return markdownOf(detectorCells(evaluation));
}

function detectorCells({ cases, costs }: Evaluation): Table {
  const columns: readonly Column<Boxed & Costed & { organ: string }>[] = [
    ...organColumns,
    { title: "Cases", cell: ({ found }) => String(found.length) },
    ...iouColumns,
    wallColumn,
    ...costColumns("Time s (ours)"),
  ];
  const detected = cases.filter(({ mode }) => mode === "withCrop");
  const memory = peakCell(costs.filter(({ part }) => part === "detector"));
  const rows = groupBy(detected, ({ organ }) => organ).map((all) => {
    const rows = oncePerCase(all);
    const { organ } = rows[0];
    const known = paperOrgan(organ);
    const paper = known && paperTable1[known];
    const found = rows.map(({ detectorIou2d, detectorIou3d, wallErrorMm }) => ({
      iou2d: detectorIou2d,
      iou3d: detectorIou3d,
      wallErrorMm,
    }));
    const time = spread(secondsOf(rows, ["detect"]), 4);
    return { organ, found, paper, paperIou: paper?.iou, memory, time };
  });
  return tableOf(columns, rows);
}

/**
 * The shape of Table 2: the segmentor on the ground truth's regions. Memory and time are of the
 * segmentor alone.
 */
function segmentorTable({ cases, costs }: Evaluation, space: EvaluationSpace): Table {
  return tableOf(
    segmentationColumns(space),
    segmentationRows(casesOf(cases, "groundTruthRoi", space), {
      paper: paperTable2,
      costs: costs.filter(({ part }) => part === "segmentor"),
    }),
  );
}

/**
 * The shape of Table 3: without crop (the segmentor on the whole volume) and with crop (detector,
 * then segmentor). Time is that of detection, sampling, segmentation and pasting back, as far as the
 * mode has them; reading and writing files is left out.
 */
function frameworkTable({ cases, costs }: Evaluation, space: EvaluationSpace): Table {
  const partsOf = { withoutCrop: ["whole"], withCrop: ["detector", "segmentor"] };
  const rows = (["withoutCrop", "withCrop"] as const).flatMap((mode) =>
    segmentationRows(casesOf(cases, mode, space), {
      paper: paperTable3[mode],
      costs: costs.filter(({ part }) => partsOf[mode].includes(part)),
    })
  );
  const method: Column<SegmentationRow> = {
    title: "Method",
    cell: ({ mode }) => modeNames[mode],
  };
  return tableOf([method, ...segmentationColumns(space)], rows);
}

/** The shape of Table 5, in millions: true counts beside those by the paper's own rules. */
export function costTable(costs: readonly ModelCost[]): string {
  return markdownOf(costCells(costs));
}

function costCells(costs: readonly ModelCost[]): Table {
  const millions = (count: number, decimals = 4) => numberCell(count / 1e6, decimals);
  const columns: readonly Column<ModelCost>[] = [
    { title: "Part", cell: partName },
    {
      title: "Input",
      cell: ({ part, edge }) => part === "detector" ? `3 x ${edge}^2` : `${edge}^3`,
    },
    { title: "Parameters M", cell: ({ parameters }) => millions(parameters) },
    { title: "Active M", cell: ({ activeParameters }) => millions(activeParameters) },
    { title: "MACs M", cell: ({ macs }) => millions(macs, 2) },
    {
      title: "FLOPs M by the paper's rule (paper)",
      cell: (cost) => numberCell(paperCost(cost)?.operations, 4),
    },
    {
      title: "FLOPs M by the paper's rule (ours)",
      cell: ({ paperOperations }) => millions(paperOperations),
    },
    {
      title: "Parameters M by the paper's rule (paper)",
      cell: (cost) => numberCell(paperCost(cost)?.parameters, 4),
    },
    {
      title: "Parameters M by the paper's rule (ours)",
      cell: ({ paperParameters }) => millions(paperParameters),
    },
    { title: "Tensors MiB", cell: ({ peakTensorBytes }) => mebibytes(peakTensorBytes) },
  ];
  return tableOf(columns, costs);
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

/** Edge of the space that the paper scores in (section 4.1). */
const paperCubeEdge = 128;

function numberText(value: number): string {
  return String(Number(value.toFixed(2)));
}

/** What keeps our numbers and the paper's from being compared, as a paragraph. */
export function protocolNote(
  {
    dataSet,
    toleranceMm,
    cubeEdge = paperCubeEdge,
    model = "segmentor",
    together = [],
    averaged = [],
  }: Pick<
    Evaluation,
    "dataSet" | "toleranceMm" | "cubeEdge" | "model" | "together" | "averaged"
  >,
): string {
  return [
    `Columns marked (paper) are copied from ${paperCitation}; "-" where it has no such organ.`,
    `The protocols differ: the paper has AMOS22 (CT and MR, 48 to 60 test cases) on a V100, we have`,
    `${dataSet} on the device named above. The paper scores in the 128^3 space; the tables headed`,
    `"${spaceNames.scan}" have no counterpart there. Its HD95 is printed as mm but was probably`,
    `computed without spacing, so it is to be compared with our voxels, not our mm; its IoU of the`,
    `detector is probably the mean of the views' 2D IoU. Ours are means over cases +- standard deviation`,
    `(n - 1). Nothing found counts as Dice 0 and HD95 the volume's diagonal ("empty"), and so does`,
    `what was found where there is nothing ("false"); a case to which a measure does not apply is left`,
    `out and counted ("n/a"). NSD is at ${toleranceMm} mm.`,
    ...(cubeEdge === paperCubeEdge ? [] : [
      `The prepared cube has an edge of ${cubeEdge} here: a voxel of it, and so an HD95 in voxels, is`,
      `${numberText(paperCubeEdge / cubeEdge)} of the paper's.`,
    ]),
    `A ground-truth region has the margin of its row's configuration (\`paper\`: none). The paper's`,
    `segmentor takes 64^3 for the liver, 32^3 for the spleen and 16^3 for prostate/uterus, ours what`,
    `the column Input has. Time on ground-truth regions is the segmentor's alone, without crop that of`,
    `sampling, segmentation and pasting back, with crop detection's besides.`,
    `Memory: the paper's VRAM is what the GPU held, ours the peak of TensorFlow.js's tensors.`,
    ...(together.length < 2 ? [] : [
      `${together.join(", ")} were segmented together in each scan: where several networks took a`,
      `voxel for their organ's, the surest has it. Times are an organ's own, with its share of pasting.`,
    ]),
    ...(averaged.length === 0 ? [] : [
      `Of ${averaged.join(", ")} several runs segmented each scan, and their probabilities were`,
      `averaged: times are their sums, detector and region those of the first.`,
    ]),
    ...(model === "segmentor" ? [] : [
      `What segments here is ${modelTitles[model]}; the paper's columns are of its own segmentor.`,
    ]),
  ].join("\n") + "\n";
}

/** What Table 5 counts, as a paragraph. */
export const costNote: string = [
  "M: millions. MACs are true multiply-accumulates. The paper's FLOPs of its own network are those plus",
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

interface SegmentationRow extends Scored, Costed {
  readonly organ: string;
  readonly className: string;
  readonly mode: EvaluationMode;
  readonly paper?: PaperSegmentationRow;
}

const organColumns: readonly Column<{ readonly organ: string; readonly className?: string }>[] = [
  { title: "Organ", cell: ({ organ, className = organ }) => classCell(organ, className) },
  { title: "Size", cell: ({ organ }) => sizeOf(organ) },
];

/** The paper's numbers are of the cube: in the scan's own grid they have no counterpart. */
function segmentationColumns(space: EvaluationSpace): Column<SegmentationRow>[] {
  const columns: Column<SegmentationRow>[] = [
    ...organColumns,
    { title: "Input", cell: ({ cases }) => edgesCell(cases) },
    { title: "Cases", cell: ({ cases }) => casesCell(cases) },
    ...scoreColumns,
    nsdColumn,
    ...costColumns("Time s (ours)"),
  ];
  return space === "cube" ? columns : columns.filter(({ title }) => !title.endsWith("(paper)"));
}

/** A row for each organ and class of cases of one mode. */
function segmentationRows(
  cases: readonly CaseResult[],
  { paper, costs }: {
    readonly paper: Readonly<Record<string, PaperSegmentationRow>>;
    /** Of the parts that run in the mode. */
    readonly costs: readonly ModelCost[];
  },
): SegmentationRow[] {
  const groups = groupBy(cases, ({ organ, className }) => JSON.stringify([organ, className]));
  return groups.map((rows) => {
    const { organ, className, mode } = rows[0];
    const known = paperOrgan(className); // the name of an organ's only class is the organ's
    const edges = new Set(rows.map(({ edge }) => edge));
    const used = costs.filter(({ part, edge }) => part === "detector" || edges.has(edge));
    return {
      organ,
      className,
      mode,
      cases: rows,
      paper: known && paper[known],
      memory: peakCell(used),
      time: spread(secondsOf(rows, timedParts[mode]), 4),
    };
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

function sizeOf(organ: string): string {
  const known = paperOrgan(organ);
  return known ? paperSizes[known] : "-";
}
