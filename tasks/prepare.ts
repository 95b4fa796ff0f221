/** `deno task prepare`: resamples a data set to the cases that training reads. */
import { openDataset } from "../lib/dataset/layout.ts";
import { defaultPreparedFolder } from "../lib/dataset/open_cases.ts";
import { defaultSettings, prepareDataset, type PrepareResult } from "../lib/dataset/prepare.ts";
import { undeclaredLabels } from "../lib/dataset/undeclared_labels.ts";
import { interruptedExitCode } from "../lib/training/interrupt.ts";
import { runTask } from "./command_line.ts";
import { modalityFlag } from "./modality_flag.ts";
import { ProgressLine } from "./progress_line.ts";

const { cubeEdge, scanMaxEdge, ctWindow, mrPercentiles, speckShare } = defaultSettings;

await runTask({
  name: "prepare",
  summary: "Resamples the labelled cases of a data set to what training reads.",
  interrupt: "signal",
  flags: {
    data: { type: "text", value: "DIR", required: true, description: "folder of the data set" },
    output: {
      type: "text",
      value: "DIR",
      description: `prepared folder (default ${
        defaultPreparedFolder("NAME", cubeEdge)
      }, with another --cube NAME-cubeN)`,
    },
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
      description: "cases prepared at a time; each takes up to 20 bytes a voxel of memory",
    },
    cube: { type: "integer", default: cubeEdge, description: "edge of the cube in voxels" },
    "scan-max-edge": {
      type: "integer",
      default: scanMaxEdge,
      description: "longest axis of the scan that is kept beside the cube, in voxels",
    },
    "ct-low": { type: "number", default: ctWindow.low, description: "HU that become 0" },
    "ct-high": { type: "number", default: ctWindow.high, description: "HU that become 1" },
    "mr-low": { type: "number", default: mrPercentiles.low, description: "percentile for 0" },
    "mr-high": { type: "number", default: mrPercentiles.high, description: "percentile for 1" },
    specks: {
      type: "number",
      default: speckShare,
      min: 0,
      description: "pieces below this share of a label are left out; 0 keeps all",
    },
  },
  details: `
Every case gets a folder of four NIfTI files that any viewer opens: cube_image, cube_labels (the
whole scan resized to a cube) and scan_image, scan_labels (its own resolution), all in RAS order
with intensities from 0 to 1. Cases that are current are skipped, so an interrupted run continues
where it stopped. A case that fails does not stop the others, but the exit code is then 1.`,
}, async (flags, signal) => {
  const { modality, channel, jobs } = flags;
  const dataset = await openDataset(flags.data, { modality, channel });
  const dir = flags.output ?? defaultPreparedFolder(dataset.name, flags.cube);
  const progress = new ProgressLine("cases");
  const result = await prepareDataset(dataset, dir, {
    jobs,
    signal,
    settings: {
      cubeEdge: flags.cube,
      scanMaxEdge: flags["scan-max-edge"],
      ctWindow: { low: flags["ct-low"], high: flags["ct-high"] },
      mrPercentiles: { low: flags["mr-low"], high: flags["mr-high"] },
      speckShare: flags.specks,
    },
  }, ({ done, total, current, failure }) => {
    if (failure !== undefined) {
      progress.end();
      console.error(`${failure.id}: ${failure.message}`);
    }
    progress.show(done, total, current);
  });
  progress.end();
  printResult(result, dir, dataset.unpairedLabels);
  if (result.interrupted) return interruptedExitCode;
  return result.failures.length > 0 ? 1 : 0;
});

function printResult(
  result: PrepareResult,
  dir: string,
  unpairedLabels: readonly string[],
): void {
  const { prepared, current, failures, unlabelled, manifest, interrupted } = result;
  console.log(
    `${prepared.length} cases prepared, ${current.length} current, ${failures.length} failed; ` +
      `${manifest.entries.length} are in ${dir}`,
  );
  if (unlabelled.length > 0) {
    console.log(`Left out for want of labels: ${unlabelled.join(", ")}`);
  }
  if (unpairedLabels.length > 0) {
    console.log(`Left out for want of an image: ${unpairedLabels.join(", ")}`);
  }
  const undeclared = undeclaredLabels(manifest);
  if (undeclared.length > 0) {
    console.log(`Labels that the data set does not declare: ${undeclared.join("; ")}`);
  }
  if (failures.length > 0) console.log(`Failed: ${failures.map(({ id }) => id).join(", ")}`);
  if (interrupted) console.log("Interrupted: run it again to continue.");
}
