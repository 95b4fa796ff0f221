/**
 * The process that the benchmark measures `deno task predict` in: loads a run, predicts a scan several
 * times, and prints one line of JSON.
 */
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { readScanImages } from "../dataset/scan_images.ts";
import { peakProcessBytes } from "../evaluation/memory.ts";
import { Predictor } from "../evaluation/predict_files.ts";
import { openRun } from "../training/run_folder.ts";
import type { PredictReport } from "./predict_bench.ts";

/** Scans that are predicted before the process's memory is looked at, the first among them. */
const scansBeforePeak = 2;

const [runFolder, scanPath, folder, times] = Deno.args;

async function timeMs(work: () => unknown): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

const run = await openRun(runFolder);
let predictor!: Predictor;
const loadMs = await timeMs(async () =>
  predictor = await Predictor.load(run, { mode: "withCrop" })
);
const scans: PredictReport["scans"][number][] = [];

async function predict(): Promise<void> {
  let timesMs = {};
  const output = join(folder, `prediction ${scans.length}`);
  const totalMs = await timeMs(async () => {
    ({ timesMs } = await predictor.predict(scanPath, output));
  });
  scans.push({ totalMs, timesMs });
}

for (let i = 0; i < scansBeforePeak; i++) await predict();
const peakBytes = peakProcessBytes();

// What the same scan costs at least: to inflate it, and to bring it to the networks' grids. In turns
// with the predictions, so that other work on the machine slows both.
const plainPath = join(folder, "inflated.nii");
const inflateMs: number[] = [];
const resampleMs: number[] = [];
const { settings, modalities: [modality] } = run.record;
for (let i = 0; i < Number(times); i++) {
  const compressed = await Deno.readFile(scanPath);
  let inflated!: Uint8Array;
  inflateMs.push(await timeMs(() => inflated = gunzipSync(compressed)));
  if (i === 0) await Deno.writeFile(plainPath, inflated);
  resampleMs.push(await timeMs(() => readScanImages(plainPath, { modality, settings })));
  await predict();
}
predictor.dispose();
const report: PredictReport = { loadMs, scans, peakBytes, inflateMs, resampleMs };
console.log(JSON.stringify(report));
