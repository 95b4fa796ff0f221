import type { Table } from "../evaluation/markdown_table.ts";
import { paperOrgan, paperSizes, paperTable5 } from "../evaluation/paper_tables.ts";
import { summarize } from "../evaluation/statistics.ts";
import { ceilingOfCoverage, type DiceBudget, diceBudget } from "../evaluation/ceilings.ts";
import type { CaseResult, ModelCost } from "../evaluation/records.ts";
import {
  classCell,
  medianCell,
  modeNames,
  numberCell,
  peakCell,
  secondsOf,
  spread,
  timedParts,
} from "../evaluation/table_cells.ts";
import { type Column, tableOf } from "../evaluation/table_columns.ts";
import { compareSides } from "./paired_table.ts";
import {
  casesOf,
  classesOf,
  costsOf,
  macsOf,
  passesOf,
  type RunGroup,
  togetherCases,
} from "./run_group.ts";
import type { RunResult } from "./run_result.ts";
import { foldsCell, hasDetections, hasModes } from "./table_cells.ts";
import { targetOf } from "./targets.ts";

/** Share of the operations that the paper counts for its own that the whole chain may take. */
const allowedShare = 0.1;

/** Multiply-accumulates, time and memory of the chain with crop beside those without crop. */
export function costComparisonTable(groups: readonly RunGroup[]): Table {
  const times = (group: RunGroup, mode: "withCrop" | "withoutCrop") =>
    medianCell(timesOf(comparableIn(group), mode), 4);
  const macs = (key: keyof ReturnType<typeof macsOf>) => (group: RunGroup) =>
    numberCell(macsOf(group)[key], 1);
  const columns: readonly Column<RunGroup>[] = [
    { title: "Preset", cell: ({ label }) => label },
    { title: "Organ", cell: ({ organ }) => organ },
    { title: "Folds", cell: foldsCell },
    { title: "MACs M detector", cell: macs("detector") },
    { title: "MACs M segmentor, a search", cell: macs("search") },
    { title: "MACs M segmentor, a pass", cell: macs("segmentor") },
    { title: "Passes, mean (most)", cell: passesCell },
    { title: "MACs M with crop", cell: macs("withCrop") },
    { title: "MACs M without crop", cell: macs("withoutCrop") },
    {
      title: "FLOPs M detector + segmentor (paper)",
      cell: (group) => numberCell(paperFlops(group.organ, costsOf(group, "segmentor")), 1),
    },
    { title: "Median time s with crop", cell: (group) => times(group, "withCrop") },
    { title: "Median time s without crop", cell: (group) => times(group, "withoutCrop") },
    {
      title: "Tensors MiB with crop",
      cell: (group) => peakCell([...costsOf(group, "detector"), ...costsOf(group, "segmentor")]),
    },
    { title: "Tensors MiB without crop", cell: (group) => peakCell(costsOf(group, "whole")) },
  ];
  return tableOf(columns, groups);
}

function passesCell(group: RunGroup): string {
  const { mean, max } = passesOf(group);
  return `${numberCell(mean, 2)} (${max})`;
}

/** Where Dice is lost in the scan's own grid, from the detector's box to the mask: means over cases. */
export function lossTable(groups: readonly RunGroup[]): Table {
  const rows = groups.flatMap((group) =>
    classesOf(group).flatMap((className) =>
      (["withCrop", "groundTruthRoi", "withoutCrop"] as const).flatMap((mode) => {
        const cases = casesOf(group, mode, "scan", className)
          .filter(({ roiCoverage }) => !Number.isNaN(roiCoverage)); // without the organ none is lost
        return cases.length === 0 ? [] : [{ group, className, mode, cases }];
      })
    )
  );
  const mean = (title: string, value: (one: CaseResult) => number, decimals = 4) => ({
    title,
    cell: ({ cases }: typeof rows[number]) =>
      numberCell(cases.reduce((sum, one) => sum + value(one), 0) / cases.length, decimals),
  });
  const lost = (title: string, part: keyof DiceBudget) => mean(title, (one) => lossOf(one)[part]);
  const columns: readonly Column<typeof rows[number]>[] = [
    { title: "Preset", cell: ({ group }) => group.label },
    { title: "Organ", cell: ({ group, className }) => classCell(group.organ, className) },
    { title: "Region", cell: ({ mode }) => modeNames[mode] },
    { title: "Cases", cell: ({ cases }) => String(cases.length) },
    mean("Detector IoU 3D", ({ detectorIou3d }) => detectorIou3d, 3),
    mean("IoU 3D, last pass", ({ regionIou3d }) => regionIou3d, 3),
    mean("1 - Dice", ({ dice }) => 1 - dice),
    lost("lost to the region's walls", "lostToTruncation"),
    lost("to the cube and the way back", "lostToSampling"),
    lost("to the network", "lostToNetwork"),
    { title: "Worst case", cell: ({ cases }) => worstText(cases) },
  ];
  return tableOf(columns, rows);
}

/** What the columns of {@linkcode lossTable} are, as a paragraph. */
export const lossNote =
  "Walls: what of the organ lies outside the region. Cube: what a network that answers its training " +
  "target exactly would lose on the way to the cube and back. Network: the rest. The worst case's " +
  "parts are in this order.";

function lossOf({ dice, roiCoverage, diceCeiling = NaN }: CaseResult): DiceBudget {
  return diceBudget(dice, { truncation: ceilingOfCoverage(roiCoverage), both: diceCeiling });
}

function worstText(cases: readonly CaseResult[]): string {
  const worst = cases.reduce((low, one) => one.dice < low.dice ? one : low);
  const parts = Object.values(lossOf(worst)).map((part) => numberCell(part, 3));
  return `${worst.caseId}: ${worst.dice.toFixed(3)} (${parts.join(", ")})`;
}

/** What was aimed at, what came out, and whether that is enough. */
export function targetTable(
  groups: readonly RunGroup[],
  labels: Readonly<Record<string, number>>,
): Table {
  const rows = groups.flatMap((group) =>
    targetRows(group, labels).map(({ what, aim, value, met, has }) => [
      group.label,
      group.organ,
      foldsCell(group, has),
      what,
      aim,
      value,
      met === null ? "-" : met ? "yes" : "no",
    ])
  );
  return { header: ["Preset", "Organ", "Folds", "Target", "Aim", "Reached", "Met"], rows };
}

interface TargetRow {
  readonly what: string;
  readonly aim: string;
  readonly value: string;
  /** `null` where it cannot be told. */
  readonly met: boolean | null;
  /** Whether a fold's result counts. */
  readonly has: (result: RunResult) => boolean;
}

function targetRows(
  group: RunGroup,
  labels: Readonly<Record<string, number>>,
): TargetRow[] {
  const target = targetOf(group.organ, labels);
  const rows: TargetRow[] = [];
  if (target?.detectorIou3d !== undefined) {
    const found = group.results.flatMap(({ detections }) => detections.map(({ iou3d }) => iou3d));
    rows.push({ ...atLeast("detector IoU 3D", target.detectorIou3d, found), has: hasDetections });
  }
  classesOf(group).forEach((className, i) => {
    const cases = casesOf(group, "withCrop", "scan", className).map(({ dice }) => dice);
    const aim = target?.dice[i];
    if (aim !== undefined) {
      const row = atLeast(`Dice of ${className} with crop`, aim, cases);
      rows.push({ ...row, has: hasModes("withCrop") });
      const together = togetherCases(group, className).map(({ dice }) => dice);
      if (together.length > 0) {
        const what = `Dice of ${className} with crop, organs together`;
        rows.push({ ...atLeast(what, aim, together), has: (one) => one.together !== undefined });
      }
    }
    rows.push(cropRow(group, className));
  });
  return [...rows, macsRow(group), timeRow(group)];
}

function atLeast(what: string, aim: number, values: readonly number[]): Omit<TargetRow, "has"> {
  const { mean, count } = summarize(values);
  return {
    what,
    aim: `>= ${aim.toFixed(2)}`,
    value: spread(values, 4),
    met: count === 0 ? null : mean >= aim,
  };
}

function cropRow(group: RunGroup, className: string): TargetRow {
  const { difference } = compareSides("dice", className, "scan", [
    { group, mode: "withoutCrop" },
    { group, mode: "withCrop" },
  ]);
  const { count, mean, interval } = difference;
  return {
    what: `Dice of ${className}, with minus without crop`,
    aim: ">= 0",
    value: count === 0
      ? "-"
      : `${mean.toFixed(4)} (${interval.low.toFixed(4)} .. ${interval.high.toFixed(4)})`,
    met: count === 0 ? null : mean >= 0,
    has: hasBoth,
  };
}

function macsRow(group: RunGroup): TargetRow {
  const paper = paperFlops(group.organ, costsOf(group, "segmentor"));
  const { withCrop } = macsOf(group);
  const share = withCrop / paper;
  return {
    what: "MACs with crop, mean / FLOPs of the paper's detector + segmentor",
    aim: `< ${allowedShare}`,
    value: numberCell(share, 3),
    met: Number.isNaN(share) ? null : share < allowedShare,
    has: hasModes("withCrop"),
  };
}

function timeRow(group: RunGroup): TargetRow {
  const comparable = { ...group, results: group.results.filter(hasComparableTimes) };
  const median = (mode: "withCrop" | "withoutCrop") => summarize(timesOf(comparable, mode)).median;
  const ratio = median("withCrop") / median("withoutCrop");
  return {
    what: "time with crop / without crop (medians)",
    aim: "< 1",
    value: numberCell(ratio, 3),
    met: Number.isNaN(ratio) ? null : ratio < 1,
    has: hasComparableTimes,
  };
}

const hasBoth = hasModes("withoutCrop", "withCrop");

/** Whether a fold measured both modes itself, so that their times may stand beside each other. */
function hasComparableTimes(result: RunResult): boolean {
  return hasBoth(result) &&
    result.cases.every(({ mode, timesMs }) =>
      mode === "groundTruthRoi" || timesMs.segment !== undefined
    );
}

/** The folds whose times may stand beside each other, where there are any. */
function comparableIn(group: RunGroup): RunGroup {
  const results = group.results.filter(hasComparableTimes);
  return results.length === 0 ? group : { ...group, results };
}

/** Seconds of each case. */
function timesOf(group: RunGroup, mode: "withCrop" | "withoutCrop"): number[] {
  return secondsOf(casesOf(group, mode, "scan", classesOf(group)[0]), timedParts[mode]);
}

/**
 * What the paper's Table 5 gives for its detector and its segmentor at the organ's size, or at the
 * edge that ours has where it has no such organ: FLOPs, by its own rule. In millions.
 */
function paperFlops(organ: string, segmentorCosts: readonly ModelCost[]): number {
  const known = paperOrgan(organ);
  const edgeOfSize = { small: 16, medium: 32, large: 64 };
  const edge = known ? edgeOfSize[paperSizes[known]] : segmentorCosts[0]?.edge;
  const segmentor = paperTable5.segmentor[edge]?.operations ?? NaN;
  return paperTable5.detector.operations + segmentor;
}
