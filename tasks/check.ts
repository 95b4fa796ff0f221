/** `deno task check`: looks for faults in a data set before any training. */
import { dirname } from "node:path";
import type { Dataset } from "../lib/dataset/dataset.ts";
import {
  checkDataset,
  type CheckedCase,
  type CheckReport,
  type Finding,
} from "../lib/dataset/check.ts";
import { openDataset } from "../lib/dataset/layout.ts";
import { parseOrgan } from "../lib/dataset/organ.ts";
import { makeWritableFolder, writeAtomic } from "../lib/files.ts";
import { interruptedExitCode } from "../lib/training/interrupt.ts";
import { runTask } from "./command_line.ts";
import { modalityFlag } from "./modality_flag.ts";
import { ProgressLine } from "./progress_line.ts";

/** Findings of one rule that are printed; the others are counted. */
const shownOfRule = 10;

await runTask({
  name: "check",
  summary: "Looks into every file of a data set for what would spoil a training.",
  interrupt: "signal",
  flags: {
    data: { type: "text", value: "DIR", required: true, description: "folder of the data set" },
    organ: { type: "text", description: "an organ that the cases should have" },
    modality: modalityFlag,
    channel: {
      type: "integer",
      min: 0,
      description:
        "channel of scans of several, volume of 4D files; the first declared unless given",
    },
    jobs: {
      type: "integer",
      default: navigator.hardwareConcurrency,
      min: 1,
      description: "cases read at a time",
    },
    json: { type: "text", value: "FILE", description: "write all that was found there" },
  },
  details: `
The exit code is 1 when there is an error: something that spoils training, such as labels beside
their image, an undeclared label or a scan in two parts of the data set. Warnings want a look.`,
}, async (flags, signal) => {
  const { modality, channel, jobs } = flags;
  const dataset = await openDataset(flags.data, { modality, channel });
  const organ = flags.organ === undefined ? undefined : parseOrgan(flags.organ, dataset.labels);
  if (flags.json !== undefined) await makeWritableFolder(dirname(flags.json));
  const progress = new ProgressLine("cases");
  const report = await checkDataset(dataset, { organ, jobs, signal }, (done, total) => {
    progress.show(done, total);
  });
  progress.end();
  if (report.cases.length < dataset.cases.length) return interruptedExitCode;
  console.log(
    [...describeDataset(dataset, report.cases), "", ...describeFindings(report)].join("\n"),
  );
  if (flags.json !== undefined) await writeAtomic(flags.json, JSON.stringify(report, null, 1));
  return report.findings.some(({ severity }) => severity === "error") ? 1 : 0;
});

function describeDataset(dataset: Dataset, cases: readonly CheckedCase[]): string[] {
  const images = cases.flatMap(({ image }) => image ?? []);
  const labelled = cases.filter(({ labels }) => labels !== null);
  const modalities = countBy(dataset.cases, ({ modality }) => modality.toUpperCase());
  const subsets = countBy(dataset.cases, ({ subset }) => subset);
  const axis = (values: (image: typeof images[number]) => readonly number[]) =>
    [0, 1, 2].map((i) => range(images.map((image) => values(image)[i]))).join(" x ");
  const lines = [
    `${dataset.name} (layout ${dataset.layout}): ${dataset.cases.length} cases`,
    `  parts         ${subsets}`,
    `  modality      ${modalities}`,
  ];
  if (images.length > 0) {
    const intensities = images.flatMap((image) => image.range.filter(Number.isFinite));
    lines.push(
      `  voxels        ${axis(({ shape }) => shape)}`,
      `  spacing (mm)  ${axis(({ spacingMm }) => spacingMm)}`,
      `  orientation   ${countBy(images, ({ orientation }) => orientation)}`,
      `  intensities   ${intensities.length > 0 ? range(intensities) : "-"}`,
    );
  }
  if (labelled.length === 0) return lines;
  const names = new Map(Object.entries(dataset.labels).map(([name, value]) => [`${value}`, name]));
  const values = new Set([
    ...names.keys(),
    ...labelled.flatMap(({ labels }) => Object.keys(labels ?? {})),
  ]);
  const rows = [...values].sort((a, b) => Number(a) - Number(b)).map((value) => {
    const volumes = labelled.flatMap(({ labels }) => labels?.[value]?.volumeMm3 ?? []);
    const millilitres = volumes.map((volume) => volume / 1000);
    return [
      value,
      names.get(value) ?? "(undeclared)",
      `${volumes.length} of ${labelled.length}`,
      volumes.length === 0 ? "-" : shorten(median(millilitres)),
      volumes.length === 0 ? "-" : range(millilitres),
    ];
  });
  return [...lines, "", ...table(["label", "name", "cases", "median ml", "range ml"], rows)];
}

function describeFindings({ findings }: CheckReport): string[] {
  const lines: string[] = [];
  for (const group of Map.groupBy(findings, ({ severity, rule }) => `${severity}: ${rule}`)) {
    const [title, found] = group;
    lines.push(`${title} (${found.length})`);
    lines.push(...found.slice(0, shownOfRule).map(describeFinding));
    if (found.length > shownOfRule) {
      lines.push(`  and ${found.length - shownOfRule} more (--json FILE lists all)`);
    }
  }
  const count = (severity: string) => {
    const { length } = findings.filter((one) => one.severity === severity);
    return `${length} ${severity}${length === 1 ? "" : "s"}`;
  };
  return [...lines, `${count("error")}, ${count("warning")}`];
}

function describeFinding({ path, message }: Finding): string {
  // The message of a reading error names its file already.
  return message.includes(path) ? `  ${message}` : `  ${path}: ${message}`;
}

function countBy<T>(items: readonly T[], key: (item: T) => string): string {
  return [...Map.groupBy(items, key)].map(([name, { length }]) => `${name} ${length}`).join(", ");
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column].length)));
  return all.map((row) => "  " + row.map((cell, i) => cell.padEnd(widths[i])).join("  ").trimEnd());
}

function range(values: readonly number[]): string {
  const [low, high] = values.reduce(
    ([least, most], value) => [Math.min(least, value), Math.max(most, value)],
    [Infinity, -Infinity],
  );
  const [from, to] = [shorten(low), shorten(high)];
  return from === to ? from : `${from}..${to}`;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return (sorted[Math.floor(middle)] + sorted[Math.ceil(middle) - 1]) / 2;
}

function shorten(value: number): string {
  return String(Number(value.toPrecision(Math.abs(value) >= 1000 ? 5 : 3)));
}
