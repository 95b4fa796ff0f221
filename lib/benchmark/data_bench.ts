import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { presets } from "../config/presets.ts";
import { defaultSettings } from "../dataset/prepare.ts";
import { readScanLabels } from "../dataset/scan_labels.ts";
import { phantomLabels } from "../dataset/phantom_anatomy.ts";
import { surfaceMetrics } from "../evaluation/surface_distance.ts";
import { makeSample } from "../training/training_sample.ts";
import { FileResampler } from "../volume/file_resampler.ts";
import { applyWindow, softTissueWindow } from "../volume/intensity.ts";
import { readImage, readLabels, readPlanes } from "../volume/nifti_read.ts";
import { orientationOf } from "../volume/orientation.ts";
import type { Kernel } from "../volume/sampling_kernel.ts";
import {
  type LabelVolume,
  type Mask,
  maskOfLabels,
  spacingMm,
  type Triple,
  type Volume,
} from "../volume/volume.ts";
import type { BenchContext } from "./bench_context.ts";
import { timeBesidePeer } from "./beside_peer.ts";
import type { Peer } from "./comparison.ts";
import { cpuTimeMs } from "./cpu_clock.ts";
import type { WorkLimit } from "./measurement.ts";
import { type SyntheticScan, writeSyntheticScan } from "./synthetic_scan.ts";
import { measure, timingOf } from "./timing.ts";
import { largestDifference } from "./torch_twin.ts";

/** What of the data path is measured. */
export interface DataSizes {
  readonly scanShape: Triple;
  readonly cubeEdge: number;
  /** Cases of the data set that is prepared by one worker, then by several. */
  readonly cases: number;
  readonly workers: number;
}

/** A CT of usual size. */
export const usualDataSizes: DataSizes = {
  scanShape: [512, 512, 100],
  cubeEdge: 128,
  cases: 10,
  workers: 2,
};

/** Largest difference from the peers' results: intensities are in 0 .. 1, distances in mm. */
const tolerance = { image: 1e-4, labelShare: 1e-3, millimetres: 1e-6 };

/**
 * Times reading and preparing a scan, and HD95 at its size. Beside nibabel and SciPy, which use one
 * core, it is processor time that counts: what our work would take on one core.
 */
export async function benchData(
  context: BenchContext,
  sizes: DataSizes = usualDataSizes,
): Promise<void> {
  const scan = await writeSyntheticScan(context.folder, sizes.scanShape);
  await benchReading(context, scan);
  await benchPreparing(context, scan, sizes);
  await benchDataset(context, scan, sizes);
  await benchSamples(context, scan);
  await benchHausdorff(context, scan);
}

async function benchReading(context: BenchContext, scan: SyntheticScan): Promise<void> {
  const path = scan.imagePath;
  const limit = await inflationLimit(context, [path]);
  context.report({
    part: "data",
    name: `reading ${scan.shape.join(" x ")} int16 .nii.gz, one core`,
    ...await timeBesidePeer(
      context,
      () => readImage(path),
      volumePeer(context, "nibabel", () => Promise.resolve({ do: "time_read", path })),
      cpuTimeMs,
    ),
    facts: { "compressed MB": (await Deno.stat(path)).size / 1e6 },
    limit,
  });
}

async function benchPreparing(
  context: BenchContext,
  scan: SyntheticScan,
  { cubeEdge }: DataSizes,
): Promise<void> {
  const limit = await inflationLimit(context, [scan.imagePath, scan.labelPath]);
  const what = `reading and preparing image and labels to ${cubeEdge}^3`;
  for (const kernel of ["linear", "area"] as const) {
    const run = () => prepareCube(scan, cubeEdge, kernel);
    const job = {
      image_path: scan.imagePath,
      label_path: scan.labelPath,
      ...softTissueWindow,
      edge: cubeEdge,
    };
    const preparePeer = kernel === "area"
      ? null // SciPy has no such kernel
      : volumePeer(context, "nibabel + scipy", async (peer) => {
        const output = join(context.folder, "theirs");
        await peer.ask({ do: "prepared", output, ...job });
        await refusePrepared(await run(), output);
        return { do: "time_prepare", ...job };
      });
    context.report({
      part: "data",
      name: `${what}, ${kernel === "linear" ? "trilinear" : "antialiased"}, one core`,
      ...await timeBesidePeer(context, run, preparePeer, cpuTimeMs),
      facts: {},
      limit,
    });
  }
}

/** What preparing a case makes for its cube, by either kernel. */
async function prepareCube(
  { imagePath, labelPath }: SyntheticScan,
  edge: number,
  kernel: Kernel,
): Promise<{ image: Volume; labels: LabelVolume }> {
  let resampler!: FileResampler;
  await readPlanes(imagePath, {}, (geometry) => {
    resampler = new FileResampler(orientationOf(geometry), [edge, edge, edge], kernel);
    const windowed = new Float32Array(geometry.shape[0] * geometry.shape[1]);
    return (plane, z) => {
      applyWindow(plane, softTissueWindow, windowed);
      resampler.add(z, windowed);
    };
  });
  const settings = { ...defaultSettings, cubeEdge: edge, scanMaxEdge: edge };
  const { cubeLabels } = await readScanLabels(labelPath, settings);
  return { image: resampler.volume(), labels: cubeLabels };
}

async function benchDataset(
  context: BenchContext,
  scan: SyntheticScan,
  { cases, workers, cubeEdge }: DataSizes,
): Promise<void> {
  const source = join(context.folder, "dataset");
  for (const [folder, path] of [["images", scan.imagePath], ["labels", scan.labelPath]]) {
    await Deno.mkdir(join(source, folder), { recursive: true });
    for (let i = 0; i < cases; i++) await Deno.link(path, join(source, folder, `${i}.nii.gz`));
  }
  // One worker on one core, where that can be had, against several on as many.
  const hasTaskset = await new Deno.Command("taskset", { args: ["--version"] }).output()
    .then(({ success }) => success, () => false);
  // In turns, since what else the machine does changes from minute to minute.
  const counts = [1, workers];
  const turns: PrepareReport[][] = [];
  for (let turn = 0; turn < preparingTurns; turn++) {
    const reports: PrepareReport[] = [];
    for (const jobs of counts) {
      const output = join(context.folder, `prepared by ${jobs}`);
      const args = [source, output, String(jobs), String(cubeEdge)];
      reports.push(await runPreparing(args, hasTaskset ? firstCores(jobs) : null));
      await Deno.remove(output, { recursive: true });
    }
    turns.push(reports);
  }
  counts.forEach((jobs, i) => {
    const own = turns.map((reports) => reports[i]);
    const where = hasTaskset ? ` on ${jobs === 1 ? "one core" : `${jobs} cores`}` : "";
    const ratios = timingOf(turns.map((reports) => reports[0].ms / reports[i].ms));
    context.report({
      part: "data",
      name: `deno task prepare, ${cases} cases, ${jobs} worker${
        jobs > 1 ? "s" : ""
      }${where}, per case`,
      timing: timingOf(own.map(({ ms }) => ms / cases)),
      facts: {
        "x as fast as one worker": ratios.medianMs,
        ...(jobs > 1 && { "x at least": ratios.minMs }),
        "cores busy": timingOf(own.map(({ ms, cpuMs }) => cpuMs / ms)).medianMs,
      },
    });
  });
}

/** How often the data set is prepared by each number of workers. */
const preparingTurns = 3;

/** As `taskset -c` takes them. */
function firstCores(count: number): string {
  return Array.from({ length: count }, (_, core) => core).join(",");
}

/** What `prepare_child.ts` measured. */
export interface PrepareReport {
  readonly ms: number;
  /** Of all the process's threads together. */
  readonly cpuMs: number;
}

const preparePath = fileURLToPath(new URL("./prepare_child.ts", import.meta.url));

/** @param cores the only ones that it may use, as `taskset -c` takes them; all if null */
async function runPreparing(
  args: readonly string[],
  cores: string | null,
): Promise<PrepareReport> {
  const command = [Deno.execPath(), "run", "-A", "--no-check", preparePath, ...args];
  const [program, ...rest] = cores === null ? command : ["taskset", "-c", cores, ...command];
  const { success, stdout, stderr } = await new Deno.Command(program, { args: rest }).output();
  if (!success) throw new Error(`prepare failed: ${new TextDecoder().decode(stderr)}`);
  return JSON.parse(new TextDecoder().decode(stdout).trim().split("\n").at(-1) ?? "");
}

/** What a training takes for each region that it looks at. */
async function benchSamples(context: BenchContext, scan: SyntheticScan): Promise<void> {
  const { volume } = await readImage(scan.imagePath);
  const data = new Float32Array(volume.data.length);
  applyWindow(volume.data, softTissueWindow, data);
  const pair = { image: { ...volume, data }, ...await readLabels(scan.labelPath) };
  const { liver, spleen } = phantomLabels;
  const { segmentor: roi, phases } = presets.focus;
  for (const classes of [[[liver]], [[liver], [spleen]]]) {
    let seed = 0;
    const run = () =>
      makeSample(pair, {
        id: "benchmark",
        space: "scan",
        boxUnit: { min: [0.1, 0.2, 0.2], max: [0.7, 0.8, 0.9] },
        edge: 64,
        classes,
        roi,
        augmentation: { config: phases.segmentor.augmentation, seed: String(seed++) },
      });
    const many = classes.length === 1 ? "one class" : `${classes.length} classes`;
    context.report({
      part: "data",
      name: `a training sample, ${many}: ${scan.shape.join(" x ")} to 64^3, varied, one core`,
      ...await timeBesidePeer(context, run, null, cpuTimeMs),
      facts: {},
    });
  }
}

async function benchHausdorff(context: BenchContext, scan: SyntheticScan): Promise<void> {
  const { labels } = await readLabels(scan.labelPath);
  for (const organ of ["liver", "spleen"] as const) {
    const truth = maskOfLabels(labels, [phantomLabels[organ]]);
    const prediction = moved(truth, [3, 2, 1]);
    const run = () => surfaceMetrics(truth, prediction);
    const { hd95Mm } = run();
    const preparePeer = volumePeer(context, "scipy", async (peer) => {
      const paths = [join(context.folder, "truth.u8"), join(context.folder, "prediction.u8")];
      await Deno.writeFile(paths[0], truth.data);
      await Deno.writeFile(paths[1], prediction.data);
      const job = { paths, shape: truth.shape, spacing: spacingMm(truth) };
      const { mm } = await peer.ask<{ mm: number }>({ do: "hausdorff95", ...job });
      if (!(Math.abs(mm - hd95Mm) <= tolerance.millimetres)) {
        throw new Error(`SciPy's HD95 is ${mm} mm and ours ${hd95Mm}`);
      }
      return { do: "time_hausdorff95", ...job };
    });
    context.report({
      part: "data",
      name: `HD95 of a ${organ} in ${scan.shape.join(" x ")}, one core`,
      ...await timeBesidePeer(context, run, preparePeer, cpuTimeMs),
      facts: { "HD95 mm": hd95Mm },
    });
  }
}

/** The mask shifted by whole voxels. */
function moved(mask: Mask, [x, y, z]: Triple): Mask {
  const by = x + mask.shape[0] * (y + mask.shape[1] * z);
  const data = new Uint8Array(mask.data.length);
  data.set(mask.data.subarray(0, data.length - by), by);
  return { ...mask, data };
}

/** What zlib takes on one core for the same files, already in memory. */
async function inflationLimit(
  { repeats }: BenchContext,
  paths: readonly string[],
): Promise<WorkLimit> {
  const files = await Promise.all(paths.map((path) => Deno.readFile(path)));
  const inflateAll = () => files.forEach((file) => gunzipSync(file));
  return { ms: (await measure(inflateAll, repeats, cpuTimeMs)).medianMs, by: "inflation" };
}

/** A request to the Python programs, which then is timed. */
interface TimedRequest {
  readonly do: string;
  readonly [argument: string]: unknown;
}

/** Makes the Python programs a peer, where they are there. */
function volumePeer(
  { peer }: BenchContext,
  name: "nibabel" | "scipy" | "nibabel + scipy",
  prepare: (peer: NonNullable<BenchContext["peer"]>) => Promise<TimedRequest>,
): (() => Promise<Peer>) | null {
  if (peer === null) return null;
  return async () => {
    const packages = name.split(" + ");
    for (const one of packages) {
      if (peer.versions[one] === undefined) throw new Error(`Python has no ${one}`);
    }
    const request = await prepare(peer);
    return {
      name: packages.map((one) => `${one} ${peer.versions[one]}`).join(", "),
      time: (runs) => peer.ask<number[]>({ ...request, runs, warm_up: 1 }),
    };
  };
}

async function refusePrepared(
  { image, labels }: { image: Volume; labels: LabelVolume },
  output: string,
): Promise<void> {
  const theirs = async (name: string) =>
    new Float32Array((await Deno.readFile(`${output}.${name}`)).buffer);
  const difference = largestDifference(image.data, await theirs("image"));
  const theirLabels = await theirs("labels");
  const otherLabels = labels.data.filter((label, i) => label !== theirLabels[i]).length;
  if (difference <= tolerance.image && otherLabels <= tolerance.labelShare * labels.data.length) {
    return;
  }
  throw new Error(
    `SciPy's image differs from ours by ${difference}, its labels in ${otherLabels} voxels`,
  );
}
