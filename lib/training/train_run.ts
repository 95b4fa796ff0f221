import type { PhaseName, RunConfig } from "../config/config.ts";
import type { PreparedDataset } from "../dataset/case.ts";
import { buildDetector } from "../detector/detector.ts";
import { lockFolder } from "../folder_lock.ts";
import { legalEdges } from "../segmentor/stage_rule.ts";
import { type Box3, wholeUnit } from "../volume/box.ts";
import { viewNames } from "../volume/projection.ts";
import type { BuiltSegmentor } from "./build_segmentor.ts";
import { CaseStore, defaultStoreBytes } from "./case_store.ts";
import { hasCheckpoint } from "./checkpoint.ts";
import { detectorSamples } from "./detector_samples.ts";
import { detectorTask } from "./detector_task.ts";
import { detectorTargets } from "./detector_targets.ts";
import { firstNetwork, requireStart } from "./first_network.ts";
import { fit } from "./fit.ts";
import type { FitOptions, FitResult, FitTask } from "./fit_task.ts";
import { groundTruthSource } from "./ground_truth_source.ts";
import { mixedTask } from "./mixed_task.ts";
import type { TrainingListener } from "./progress.ts";
import { organBox } from "./organ_box.ts";
import { drawFallback, drawRegion } from "./region_boxes.ts";
import { askFor, modelPath, phaseFolder, type Run } from "./run_folder.ts";
import { isTakenOver, partsOf } from "./run_part.ts";
import { requireSameCases } from "./same_cases.ts";
import { SampleWorkers } from "./sample_workers.ts";
import { type RegionSource, segmentorTask } from "./segmentor_task.ts";
import { copyDetector } from "./take_detector.ts";
import { loadDetector } from "./trained_detector.ts";
import type { SampleMaker } from "./training_sample.ts";
import { weightsDigest } from "./weights_digest.ts";

/** How the phases of a run are trained. */
export interface TrainRunOptions {
  /** In the order in which they run. */
  readonly phases: readonly PhaseName[];
  /** Go on from checkpoints; phases that are complete, or came from another run, are passed over. */
  readonly resume: boolean;
  /** What hears of a part's progress, with the name of its validation score. */
  listenTo?(scoreName: string): TrainingListener;
  readonly stop?: AbortSignal;
  /** After a stop, too, leave the best weights so far as the part's model. */
  readonly keepModel?: boolean;
  /** Workers that make the segmentor's samples beside the training; 0, none, unless given. */
  readonly workers?: number;
}

/** A part of a run that has been trained: a view's module of the detector, or a segmentor. */
export interface TrainedPart {
  readonly name: string;
  readonly result: FitResult;
}

/**
 * Trains the phases of a run on its split's training cases and validates on its validation cases.
 *
 * @returns what was trained; when the training was stopped, the last part says so
 * @throws {UserError} when another process trains it, the cases are not those that it was started
 *   with, as {@linkcode requireStart}, and as `fit`
 */
export async function trainRun(
  run: Run,
  prepared: PreparedDataset,
  options: TrainRunOptions,
): Promise<TrainedPart[]> {
  using _lock = await lockFolder(run.folder, "train");
  requireSameCases(run, prepared);
  await requireStart(run, options.phases);
  await askFor(run, options.phases);
  using training = new RunTraining(run, prepared, options);
  const parts: TrainedPart[] = [];
  for (const phase of options.phases) {
    for await (const part of training.train(phase)) {
      parts.push(part);
      if (part.result.stopped) return parts;
    }
  }
  return parts;
}

class RunTraining implements Disposable {
  readonly #run: Run;
  readonly #config: RunConfig;
  readonly #prepared: PreparedDataset;
  readonly #options: TrainRunOptions;
  readonly #store: CaseStore;
  readonly #workers: SampleWorkers | null;

  constructor(run: Run, prepared: PreparedDataset, options: TrainRunOptions) {
    this.#run = run;
    this.#config = run.record.config;
    this.#prepared = prepared;
    this.#options = options;
    const { workers = 0 } = options;
    const halfBytes = defaultStoreBytes / 2;
    this.#store = new CaseStore(prepared, workers > 0 ? halfBytes : defaultStoreBytes);
    this.#workers = workers > 0 ? new SampleWorkers(prepared, workers, halfBytes) : null;
  }

  [Symbol.dispose](): void {
    this.#workers?.[Symbol.dispose]();
  }

  async *train(phase: PhaseName): AsyncGenerator<TrainedPart> {
    if (this.#options.resume && await isTakenOver(this.#run, phase)) return;
    switch (phase) {
      case "detector":
        yield* this.#trainDetector();
        break;
      case "segmentor":
        yield await this.#trainSegmentor(phase, this.#groundTruthSource());
        break;
      case "finetune":
        yield await this.#trainSegmentor(phase, await this.#detectedSource());
        break;
      case "whole":
        yield await this.#trainSegmentor(phase, this.#wholeSource());
        break;
    }
  }

  async *#trainDetector(): AsyncGenerator<TrainedPart> {
    const { detector: config, seed, phases } = this.#config;
    if (this.#run.record.detectorFrom !== undefined) return await copyDetector(this.#run);
    const detector = buildDetector(config, seed, detectorTargets(this.#run.record));
    const named = new Set<string>();
    try {
      for (const view of viewNames) {
        const module = detector.modules[view];
        const folder = phaseFolder(this.#run, "detector", view);
        if (!await hasCheckpoint(folder)) await module.loadBackbone();
        const { samples, split, without } = await detectorSamples(
          this.#run,
          view,
          (id) => this.#store.cube(id),
        );
        const task = detectorTask(module, samples, split, phases.detector);
        const name = `detector-${view}`;
        const rateFactor = (parameter: string) => module.learningRateScale(parameter);
        const notices = without.filter((id) => !named.has(id))
          .map((id) => `${id} is left out: its cube has lost the organ`);
        for (const id of without) named.add(id);
        const part = { name, folder, rateFactor };
        const result = await this.#fit(task, "detector", part, "IoU", notices);
        yield { name, result };
        if (result.stopped) return;
      }
    } finally {
      detector.dispose();
    }
  }

  async #trainSegmentor(phase: PhaseName, source: RegionSource): Promise<TrainedPart> {
    const { organ, split } = this.#run.record;
    const trained = await firstNetwork(this.#run, phase);
    try {
      const taskAt = (edge: number) =>
        segmentorTask({ ...trained, edge }, organ, source, split, this.#config.phases[phase]);
      const part = {
        name: phase,
        folder: phaseFolder(this.#run, phase),
        rateFactor: this.#rateFactor(trained),
        ...(phase === "finetune" ? { basis: await this.#basisOfFinetuning() } : {}),
      };
      const edges = this.#edges(phase, trained);
      const result = edges.length > 1
        ? await this.#fit(mixedTask(tasksByEdge(edges, taskAt)), phase, part, "Dice")
        : await this.#fit(taskAt(trained.edge), phase, part, "Dice");
      return { name: phase, result };
    } finally {
      trained.parameters.dispose();
    }
  }

  /** Segmentor and detector, of which Jupyter's Stop may have left others before. */
  async #basisOfFinetuning(): Promise<string> {
    const parts = [...partsOf(this.#run, "segmentor"), ...partsOf(this.#run, "detector")];
    return await weightsDigest(parts.map(({ folder }) => modelPath(folder)));
  }

  /**
   * Of fine-tuning: what only a search runs has learned nothing yet, and learns as fast as the rest did
   * at first.
   */
  #rateFactor({ segmentor, edge, searchEdge }: BuiltSegmentor): (parameter: string) => number {
    const { phases: { segmentor: first, finetune }, roiTraining } = this.#config;
    const fresh = roiTraining.edges === "all"
      ? new Set<string>()
      : new Set(segmentor.activeNames(searchEdge)).difference(new Set(segmentor.activeNames(edge)));
    return (name) => fresh.has(name) ? first.learningRate / finetune.learningRate : 1;
  }

  async #fit<Sample, Batch>(
    task: FitTask<Sample, Batch>,
    phase: PhaseName,
    part: Pick<FitOptions, "name" | "folder" | "rateFactor" | "basis">,
    scoreName: string,
    notices: readonly string[] = [],
  ): Promise<FitResult> {
    const { resume, stop, keepModel, listenTo } = this.#options;
    const listener = listenTo?.(scoreName);
    for (const text of notices) listener?.notice?.(text);
    return await fit(task, {
      ...part,
      phase: this.#config.phases[phase],
      seed: this.#config.seed,
      config: {
        ...this.#config,
        organ: this.#run.record.organ,
        roiEdge: this.#run.record.roiEdge,
      },
      resume,
      stop,
      keepModel,
      stepsAhead: this.#workers === null ? 1 : 2, // so that workers always have some
      listener,
    });
  }

  /** Edges of the cubes that a phase trains on. */
  #edges(phase: PhaseName, { edge, searchEdge }: BuiltSegmentor): number[] {
    const { roiTraining, segmentor } = this.#config;
    if (roiTraining.edges === "all" && phase !== "whole") return legalEdges(segmentor);
    return [...new Set([edge, searchEdge])];
  }

  #groundTruthSource(): RegionSource {
    return groundTruthSource(this.#run, this.#prepared, this.#makeSample);
  }

  readonly #makeSample: SampleMaker = async (request) =>
    await (this.#workers ?? this.#store).sample(request);

  /** The regions that the trained detector finds; it is frozen (section 3). */
  async #detectedSource(): Promise<RegionSource> {
    const { split, organ, usualBoxes } = this.#run.record;
    const groundTruth = this.#groundTruthSource();
    await copyDetector(this.#run);
    const detector = await loadDetector(this.#run);
    const detected = new Map<string, Box3>();
    try {
      for (const id of [...split.training, ...split.validation]) {
        const { image } = await this.#store.cube(id);
        detected.set(id, (await detector.detect(image)).roiUnit);
      }
    } finally {
      detector.dispose();
    }
    return {
      ...groundTruth,
      drawTraining: (id, random) => {
        const drawn = drawRegion(
          { groundTruth: groundTruth.validation(id), detected: detected.get(id)! },
          this.#config.roiTraining,
          random,
        );
        const tightUnit = organBox(this.#prepared, id, organ);
        return drawFallback(drawn, tightUnit, usualBoxes, this.#config, random.fork("fallback"));
      },
      validation: (id) => detected.get(id)!,
    };
  }

  #wholeSource(): RegionSource {
    return {
      space: this.#config.segmentor.source,
      makeSample: this.#makeSample,
      drawTraining: () => wholeUnit,
      validation: () => wholeUnit,
    };
  }
}

function tasksByEdge<Task>(
  edges: readonly number[],
  taskAt: (edge: number) => Task,
): Record<string, Task> {
  return Object.fromEntries(edges.map((edge) => [`dice at ${edge}`, taskAt(edge)]));
}
