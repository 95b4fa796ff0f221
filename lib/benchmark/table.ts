import { markdownTable } from "../evaluation/markdown_table.ts";
import type { Benchmark } from "./benchmark.ts";
import type { Machine } from "./machine.ts";
import { type Measurement, type PartName, partNames, shareOfLimit } from "./measurement.ts";

const titles: Readonly<Record<PartName, string>> = {
  limits: "Limits of this machine",
  ops: "Operations",
  networks: "Networks",
  data: "Data",
  predict: "End to end",
};

/** The benchmark as Markdown: the machine, and a table for each part. */
export function benchmarkReport({ machine, measurements }: Benchmark): string {
  const parts = partNames.flatMap((part) => {
    const rows = measurements.filter((measurement) => measurement.part === part);
    return rows.length === 0 ? [] : [`## ${titles[part]}\n`, measurementTable(rows)];
  });
  return ["# Benchmark\n", `${machineLine(machine)}\n`, ...parts, explanation].join("\n");
}

/** One line of progress: "segmentor 64^3, inference, batch 1: 8.2 ms, 0.48 of PyTorch 2.9's time". */
export function measurementLine(
  { name, timing, comparison, withoutComparison }: Measurement,
): string {
  const beside = comparison
    ? `, ${comparison.ratio.toFixed(2)} of the time of ${comparison.peer}`
    : withoutComparison === undefined
    ? ""
    : `, not compared: ${withoutComparison}`;
  return `${name}: ${milliseconds(timing.medianMs)} ms${beside}`;
}

function machineLine({ processor, cores, threads, memoryGb, system, ...rest }: Machine): string {
  const versions = Object.entries(rest.versions).map(([name, version]) => `${name} ${version}`);
  return `${processor}, ${cores} cores, ${threads} threads, ${memoryGb} GB, ${system}, ` +
    `${rest.device}, ${rest.nativeVolumes ? "" : "no "}compiled volume loops, ` +
    `load before ${rest.loadBefore.toFixed(1)}; ` +
    `${versions.join(", ")}.`;
}

function measurementTable(rows: readonly Measurement[]): string {
  const columns: readonly [title: string, cell: (row: Measurement) => string][] = [
    ["what", ({ name }) => name],
    ["median ms", ({ timing }) => milliseconds(timing.medianMs)],
    [
      "quartiles",
      ({ timing }) => `${milliseconds(timing.lowMs)} .. ${milliseconds(timing.highMs)}`,
    ],
    ["figures", ({ facts }) => Object.entries(facts).map(factText).join(", ")],
    ["of the limit", limitText],
    ["theirs ms", ({ comparison }) => comparison ? milliseconds(comparison.timing.medianMs) : ""],
    ["ours / theirs", ratioText],
  ];
  // A column that says nothing about this part is left out.
  const shown = columns.filter(([, cell]) => rows.some((row) => cell(row) !== ""));
  return markdownTable(
    shown.map(([title]) => title),
    rows.map((row) => shown.map(([, cell]) => cell(row))),
  );
}

function limitText(row: Measurement): string {
  return row.limit ? `${(100 * shareOfLimit(row)).toFixed(0)} % (${row.limit.by})` : "";
}

function ratioText({ comparison, withoutComparison }: Measurement): string {
  if (!comparison) return withoutComparison === undefined ? "" : `- (${withoutComparison})`;
  const { ratio, ratioLow, ratioHigh, peer } = comparison;
  const range = `${ratioLow.toFixed(2)} .. ${ratioHigh.toFixed(2)}`;
  return `${ratio.toFixed(2)} (${range}; ${peer})`;
}

function factText([name, value]: [string, number]): string {
  return name === "parameters"
    ? `${(value / 1e6).toFixed(2)} M parameters`
    : `${short(value)} ${name}`;
}

function milliseconds(value: number): string {
  return value.toFixed(value >= 100 ? 0 : value >= 10 ? 1 : value >= 1 ? 2 : 3);
}

function short(value: number): string {
  return Number.isInteger(value) || value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

const explanation = [
  "Medians of repeated runs after warm-up, with their quartiles. Limit: the time that the arithmetic,",
  "or the bytes that must be moved, alone would take at the rates of the first table, as a share of",
  "the time taken. Ours / theirs: the median of the ratios of turns, in which both ran one after the",
  'other, with quartiles. "One core": processor time of all threads together.',
].join("\n") + "\n";
