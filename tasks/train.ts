/** `deno task train`: trains the detector and the segmentor of one organ. */
import { basename, resolve } from "node:path";
import { paperPhases, type PhaseName, phaseNames, type RunConfig } from "../lib/config/config.ts";
import { modelNames, modelTitles } from "../lib/config/model_name.ts";
import { epochChanges, parseEpochs } from "../lib/config/epoch_budget.ts";
import { configDifference, describeAgainstPaper, makeConfig } from "../lib/config/overrides.ts";
import { openPrepared, type PreparedDataset } from "../lib/dataset/case.ts";
import type { Modality } from "../lib/dataset/dataset.ts";
import { type Organ, parseOrgan } from "../lib/dataset/organ.ts";
import { ProgressPrinter } from "../lib/training/progress.ts";
import { askedSplit, isRun, openRun, type Run, runFolder } from "../lib/training/run_folder.ts";
import { defaultSampleWorkers } from "../lib/training/sample_workers.ts";
import {
  defaultFolder,
  readSplitWish,
  requireInputs,
  startRun,
} from "../lib/training/start_run.ts";
import { trainRun } from "../lib/training/train_run.ts";
import { interruptedExitCode } from "../lib/training/interrupt.ts";
import { runTask, UsageError } from "./command_line.ts";
import { modalityFlag } from "./modality_flag.ts";
import { openCasesAloud } from "./prepared_data.ts";
import { noteStopped } from "./stopped_notice.ts";

await runTask({
  name: "train",
  summary: "Trains the detector of one organ, and the segmentor or another model in its place.",
  interrupt: "signal",
  flags: {
    data: { type: "text", value: "DIR", description: "data set or prepared folder (a phantom)" },
    modality: modalityFlag,
    organ: { type: "text", value: "NAME", description: 'as "liver", "kidneys=2+3", "both=a,b"' },
    preset: {
      type: "text",
      choices: ["focus", "paper", "tiny"],
      description: "where the configuration comes from (focus)",
    },
    model: {
      type: "text",
      choices: modelNames,
      description: "what segments, whole volumes or regions; as --set model=NAME",
    },
    weights: {
      type: "text",
      value: "FILE",
      description: "start it from a .safetensors file with PyTorch's names",
    },
    phase: {
      type: "text",
      choices: ["all", ...phaseNames],
      default: "all",
      description: "`all` is the first three; `whole` is the comparison without a detector",
    },
    fold: {
      type: "text",
      value: "K/N|all",
      description:
        "test on the k-th of n parts, or keep none for it; see below for the split without it",
    },
    split: {
      type: "text",
      value: "FILE",
      description: "folds of nnU-Net's splits_final.json in place of ours, with --fold",
    },
    seed: { type: "integer", min: 0, description: "of split, weights and augmentation (0)" },
    epochs: {
      type: "list",
      value: "[PHASE=]N",
      description: "of all phases (fine-tuning keeps its ratio), or of one",
    },
    set: {
      type: "list",
      value: "KEY=VALUE",
      description: "changes one value of the configuration; lib/config/presets.ts has all",
    },
    run: { type: "text", value: "DIR", description: "its folder, or its name in data/runs" },
    detector: {
      type: "text",
      value: "DIR",
      description: "run whose trained detector is taken over; its own is trained without",
    },
    workers: {
      type: "integer",
      min: 0,
      description:
        "threads that make samples beside the training (half the cores less one, 0 to 4)",
    },
    resume: { type: "boolean", description: "go on with the run where it stopped" },
  },
  details: `
Ctrl-C saves and stops with exit code 130; --resume continues to the same result as without a stop.
Without --fold the test cases are those that the data set declares (nnU-Net's imagesTs with labelsTs),
else every other validation case (AMOS22: the paper's counts), else a fifth of all, and 15 % validate.
With --fold a fifth of the others validates, and cases that the data set declares for testing take no
part. With --split, 1/5 is nnU-Net's fold 0: its val is tested on, a fifth of its train validates.
The run's folder holds run.json, and for each phase model.safetensors, checkpoint.safetensors,
history.jsonl and TensorBoard's events.

  deno task train --data Dataset501_CHAOST2 --organ liver --fold 1/5
  deno task train --data Dataset501_CHAOST2 --organ liver --fold 2/5 --epochs 40 --epochs whole=20
  deno task train --data amos22 --organ prostate/uterus --preset paper
  deno task train --data amos22 --organ spleen --model segformer3d --phase whole
  deno task train --run data/runs/X --resume --phase whole`,
}, async (flags, signal) => {
  const phases: readonly PhaseName[] = flags.phase === "all" ? paperPhases : [flags.phase];
  const { run, prepared } = await findRun(flags, phases, signal);
  const { config, organ, split, splitRule, roiEdge, roiEdgeNote } = run.record;
  for (const line of describeAgainstPaper(config, phases)) console.error(line);
  console.error(
    `${organ.name} in ${run.record.datasetName}: ${split.training.length} training, ` +
      `${split.validation.length} validation, ${split.test.length} test cases (${splitRule}); ` +
      `cube of ${roiEdge}; run ${run.folder}`,
  );
  if (config.model !== "segmentor") {
    const note = roiEdgeNote === undefined ? "" : `; on a region, ${roiEdgeNote}`;
    console.error(`${modelTitles[config.model]} takes the segmentor's place${note}`);
  }
  const { network } = config.detector;
  if (network.kind === "pyramid" && network.backboneWeights === "" && phases.includes("detector")) {
    console.error(
      "The detector's backbone starts from random weights; the paper's was pretrained on general " +
        "images. Give torchvision's with --set detector.network.backboneWeights=FILE.safetensors",
    );
  }
  for (const phase of phases) {
    const { epochs, warmupEpochs } = config.phases[phase];
    if (epochs > warmupEpochs) continue;
    console.error(
      `warning: all ${epochs} epochs of ${phase} are warm-up (phases.${phase}.warmupEpochs = ` +
        `${warmupEpochs}): the learning rate only rises`,
    );
  }
  if (split.dropped.length > 0) {
    console.error(`Left out, since they lack the organ: ${split.dropped.join(", ")}`);
  }
  const parts = await trainRun(run, prepared, {
    phases,
    resume: flags.resume,
    workers: flags.workers ?? defaultSampleWorkers(),
    stop: signal,
    listenTo: (scoreName) => new ProgressPrinter(scoreName),
  });
  for (const { name, result } of parts) {
    const best = result.best
      ? `best validation ${result.best.score.toFixed(4)} in epoch ${result.best.epoch}`
      : "not validated";
    console.log(`${name}: ${result.stopped ? "stopped, saved" : "done"}, ${best}`);
  }
  console.log(`Run: ${run.folder}`);
  return parts.some(({ result }) => result.stopped) ? interruptedExitCode : 0;
});

interface RunFlags {
  readonly data?: string;
  readonly modality?: Modality;
  readonly organ?: string;
  readonly preset?: string;
  readonly model?: string;
  readonly weights?: string;
  readonly fold?: string;
  readonly split?: string;
  readonly seed?: number;
  readonly epochs: readonly string[];
  readonly set: readonly string[];
  readonly run?: string;
  readonly detector?: string;
  readonly resume: boolean;
}

async function findRun(
  flags: RunFlags,
  phases: readonly PhaseName[],
  signal: AbortSignal,
): Promise<{ run: Run; prepared: PreparedDataset }> {
  const place = flags.run === undefined ? undefined : await runFolder(flags.run);
  if (flags.organ === undefined) {
    if (flags.resume && place !== undefined) return await reopen(place, flags);
    if (place !== undefined && await isRun(place)) {
      throw new UsageError({
        what: `cannot train the run ${place}`,
        rule: "one that is there is gone on with by --resume",
        seen: "without it",
        remedy: "Add --resume",
      });
    }
    throw new UsageError({
      what: "cannot run deno task train",
      rule: "a new run needs --organ, and a resumed one --run",
      seen: "without them",
      remedy: "Write for example --organ liver",
    });
  }
  const preset = flags.preset ?? "focus";
  const config = makeConfig(preset, changesOf(preset, flags));
  const { organ: organText, modality, fold, split: splitFile } = flags;
  await readSplitWish({ fold, splitFile }); // a slip costs no preparing
  if (!flags.resume) {
    await requireInputs({ config, folder: place, detectorFrom: flags.detector });
  }
  const prepared = await openCasesAloud(flags.data, config.cubeEdge, signal, {
    modality,
    onLabels: (labels) => void parseOrgan(organText, labels), // neither does one here
  });
  const organ = parseOrgan(organText, prepared.labels);
  const folder = place ?? defaultFolder(prepared.name, organ, config, { fold, splitFile });
  if (flags.resume) {
    if (await isRun(folder)) {
      const run = await openRun(folder);
      await requireSame(run, config, organ, flags);
      return { run, prepared };
    }
    console.error(`There is no run in ${folder} to go on with: a new one begins`);
  }
  if (flags.detector !== undefined) {
    await noteStopped([await openRun(flags.detector)], ["detector"]);
  }
  const run = await startRun({
    prepared,
    organ,
    config,
    fold,
    splitFile,
    folder,
    detectorFrom: flags.detector,
    phases,
  });
  return { run, prepared };
}

/** What flags change in a preset; --set has the last word. */
function changesOf(
  preset: string,
  { model, weights, seed, epochs, set }: Pick<
    RunFlags,
    "model" | "weights" | "seed" | "epochs" | "set"
  >,
): string[] {
  return [
    ...(model === undefined ? [] : [`model=${model}`]),
    ...(weights === undefined ? [] : [`modelWeights=${weights}`]),
    ...(seed === undefined ? [] : [`seed=${seed}`]),
    ...epochChanges(preset, epochs.map((text) => parseEpochs(text))),
    ...set,
  ];
}

/** Opens a run by its folder alone. */
async function reopen(
  folder: string,
  { data, modality, fold, split, detector, preset, ...flags }: RunFlags,
): Promise<{ run: Run; prepared: PreparedDataset }> {
  const given = [
    ...changesOf(preset ?? "focus", flags).map((change) => `--set ${change}`),
    ...(data === undefined ? [] : [`--data ${data}`]),
    ...(modality === undefined ? [] : [`--modality ${modality}`]),
    ...(fold === undefined ? [] : [`--fold ${fold}`]),
    ...(split === undefined ? [] : [`--split ${split}`]),
    ...(detector === undefined ? [] : [`--detector ${detector}`]),
    ...(preset === undefined ? [] : [`--preset ${preset}`]),
  ];
  if (given.length > 0) {
    throw new UsageError({
      what: `cannot resume ${folder}`,
      rule: "without --organ it goes on with the data, split and configuration of its run.json",
      seen: `given ${given.join(" ")}`,
      remedy: "Give --run, --resume and --phase only, or the whole command that started it",
    });
  }
  const run = await openRun(folder);
  return { run, prepared: await openPrepared(run.record.preparedFolder) };
}

/** Refuses to resume a run by a command that would have started another. */
async function requireSame(
  run: Run,
  config: RunConfig,
  organ: Organ,
  { fold, split, detector }: Pick<RunFlags, "fold" | "split" | "detector">,
): Promise<void> {
  const { record } = run;
  const differences = config.preset !== record.config.preset
    ? [`preset ${config.preset} and not ${record.config.preset}`]
    : configDifference(config, record.config)
      .map(({ key, ours, theirs }) => `${key} ${ours} and not ${theirs}`);
  if (JSON.stringify(organ) !== JSON.stringify(record.organ)) {
    differences.push(`organ ${organ.name} and not ${record.organ.name}`);
  }
  const [wanted, before] = [splitText({ fold, splitFile: split }), splitText(askedSplit(record))];
  if (wanted !== before) differences.push(`${wanted} and not ${before}`);
  const from = detector === undefined ? undefined : resolve(await runFolder(detector));
  if (from !== undefined && from !== record.detectorFrom) {
    differences.push(`detector ${detector} and not ${record.detectorFrom ?? "its own"}`);
  }
  if (differences.length === 0) return;
  throw new UsageError({
    what: `cannot resume ${run.folder}`,
    rule: "the command must ask for what the run was started with",
    seen: `different: ${differences.join("; ")}`,
    remedy: "Give the same flags, or --run and --resume alone, or start a new run",
  });
}

function splitText({ fold, splitFile }: ReturnType<typeof askedSplit>): string {
  const ofFile = splitFile === undefined ? "" : ` of ${basename(splitFile)}`;
  return fold === undefined ? "no fold" : `fold ${fold}${ofFile}`;
}
