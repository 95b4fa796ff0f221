import { writeAtomic } from "../files.ts";
import type { MaskScores } from "./case_scores.ts";
import { type CaseResult, timeParts } from "./records.ts";

/** A value of a cell; `undefined`, "not measured", is an empty cell, NaN is "NaN". */
export type CsvValue = string | number | undefined;

/**
 * A table as RFC 4180 has it: a header line, lines ended by CR LF, cells with a comma, a quote or a
 * line break in quotes, and quotes in them doubled.
 */
export function formatCsv(
  header: readonly string[],
  rows: readonly (readonly CsvValue[])[],
): string {
  const lines = [header, ...rows].map((row) => row.map(formatCell).join(","));
  return lines.join("\r\n") + "\r\n";
}

/** One line for each case, class, mode and space. */
export function casesCsv(results: readonly CaseResult[]): string {
  const header = [...plainColumns, ...timeParts.map((part) => `${part}Ms`)];
  const rows = results.map((result) => [
    ...plainColumns.map((column) => result[column]),
    ...timeParts.map((part) => result.timesMs[part]),
  ]);
  return formatCsv(header, rows);
}

/** Writes {@linkcode casesCsv} to a file, whole or not at all. */
export async function writeCasesCsv(path: string, results: readonly CaseResult[]): Promise<void> {
  await writeAtomic(path, casesCsv(results));
}

/** What two masks decide, in the order of the columns. */
export const maskColumns = [
  "dice",
  "iou",
  "hd95Mm",
  "hd95Voxels",
  "nsd",
  "meanSurfaceDistanceMm",
  "groundTruthMm3",
  "predictionMm3",
  "empty",
] as const satisfies readonly (keyof MaskScores)[];

const plainColumns = [
  "caseId",
  "organ",
  "className",
  "mode",
  "space",
  ...maskColumns,
  "detectorIou2d",
  "detectorIou3d",
  "regionIou3d",
  "wallErrorMm",
  "roiCoverage",
  "diceCeiling",
  "edge",
  "stage",
  "passes",
  "searches",
] as const satisfies readonly (keyof CaseResult)[];

function formatCell(value: CsvValue): string {
  const text = value === undefined ? "" : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
