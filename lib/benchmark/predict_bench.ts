import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { makeConfig } from "../config/overrides.ts";
import { openPrepared } from "../dataset/case.ts";
import { openDataset } from "../dataset/layout.ts";
import { parseOrgan } from "../dataset/organ.ts";
import { writePhantomDataset } from "../dataset/phantom_dataset.ts";
import { prepareDataset } from "../dataset/prepare.ts";
import { type TimePart, timeParts } from "../evaluation/records.ts";
import { startRun } from "../training/start_run.ts";
import { trainRun } from "../training/train_run.ts";
import type { Triple } from "../volume/volume.ts";
import type { BenchContext } from "./bench_context.ts";
import { benchCrop } from "./crop_bench.ts";
import { writeSyntheticScan } from "./synthetic_scan.ts";
import { timingOf } from "./timing.ts";

/** What `predict_child.ts` measured. */
export interface PredictReport {
  /** Loading the models. */
  readonly loadMs: number;
  /** Each prediction of the same scan, in order. */
  readonly scans: readonly {
    readonly totalMs: number;
    readonly timesMs: Readonly<Partial<Record<TimePart, number>>>;
  }[];
  /** The most that the process held until then. */
  readonly peakBytes: number;
  /** Inflating the scan's file by zlib, and resampling the inflated scan, each several times. */
  readonly inflateMs: readonly number[];
  readonly resampleMs: readonly number[];
}

/** What of the prediction is measured. */
export interface PredictSizes {
  readonly scanShape: Triple;
  /** Preset and its changes for the run that predicts. */
  readonly preset: "focus" | "tiny";
  readonly changes: readonly string[];
  /** Phantoms that it is trained on. */
  readonly cases: number;
  readonly repeats: number;
}

/** A training just long enough for a plausible region and mask; of the whole volume for some mask. */
export const usualPredictSizes: PredictSizes = {
  scanShape: [512, 512, 100],
  preset: "focus",
  changes: ([
    ["detector", 60],
    ["segmentor", 12],
    ["finetune", 12],
    ["whole", 2],
  ] as const).flatMap((
    [phase, epochs],
  ) => [
    `phases.${phase}.epochs=${epochs}`,
    `phases.${phase}.warmupEpochs=1`,
    `phases.${phase}.validateEvery=100`,
  ]),
  cases: 10,
  repeats: 7,
};

const childPath = fileURLToPath(new URL("./predict_child.ts", import.meta.url));

/**
 * Times `predict` on a scan, by part, in a process of its own, and then in this one the part that the
 * crop is to make cheaper.
 */
export async function benchPredict(
  context: BenchContext,
  sizes: PredictSizes = usualPredictSizes,
): Promise<void> {
  const run = await trainShortly(context.folder, sizes);
  const { imagePath } = await writeSyntheticScan(context.folder, sizes.scanShape);
  const processes: PredictReport[] = [];
  for (const repeats of [sizes.repeats, 1, 1]) { // the first scan of a process is one of each
    const folder = await Deno.makeTempDir({ dir: context.folder });
    processes.push(await runChild([run, imagePath, folder, String(repeats)]));
  }
  const [{ scans, inflateMs, resampleMs }] = processes;
  const name = `predict, ${sizes.scanShape.join(" x ")}`;
  const atLeastMs = timingOf(inflateMs).medianMs + timingOf(resampleMs).medianMs;
  const report = (name: string, timesMs: readonly number[], facts: Record<string, number> = {}) =>
    context.report({ part: "predict", name, timing: timingOf(timesMs), facts });
  report("inflating the same file by zlib", inflateMs);
  report("resampling the inflated scan to the networks' grids", resampleMs);
  report("loading the models", processes.map(({ loadMs }) => loadMs));
  const [, ...further] = scans;
  const firsts = processes.map(({ scans: [first] }) => first.totalMs);
  report(`${name}, the first of a process`, firsts, {
    "x inflating and resampling": timingOf(firsts).medianMs / atLeastMs,
    "peak process MB": Math.max(...processes.map(({ peakBytes }) => peakBytes)) / 1e6,
  });
  const totals = further.map(({ totalMs }) => totalMs);
  report(`${name}, further ones`, totals, {
    "x inflating and resampling": timingOf(totals).medianMs / atLeastMs,
  });
  for (const part of timeParts) {
    const times = further.flatMap(({ timesMs }) => timesMs[part] ?? []);
    if (times.length > 0) report(`${name}: ${part}`, times);
  }
  await benchCrop(context, run, imagePath);
}

const phases = ["detector", "segmentor", "finetune", "whole"] as const;

async function trainShortly(folder: string, sizes: PredictSizes): Promise<string> {
  const [source, prepared, run] = ["phantoms", "prepared", "run"].map((name) => join(folder, name));
  await writePhantomDataset(source, { cases: sizes.cases });
  const config = makeConfig(sizes.preset, sizes.changes);
  const settings = { cubeEdge: config.cubeEdge };
  await prepareDataset(await openDataset(source), prepared, { settings });
  const dataset = await openPrepared(prepared);
  const organ = parseOrgan("liver", dataset.labels);
  const started = await startRun({ prepared: dataset, organ, config, folder: run });
  await trainRun(started, dataset, { phases, resume: false });
  return run;
}

async function runChild(args: readonly string[]): Promise<PredictReport> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", childPath, ...args],
  }).output();
  if (!success) throw new Error(`predict failed: ${new TextDecoder().decode(stderr)}`);
  return JSON.parse(new TextDecoder().decode(stdout).trim().split("\n").at(-1) ?? "");
}
