import { join } from "node:path";
import { paperPhases, type PhaseName, phaseNames } from "../config/config.ts";
import { historyPath, type Run } from "../training/run_folder.ts";
import { HistoryTail } from "./history_tail.ts";
import { type PartProgress, partProgress } from "./part_progress.ts";
import { partsOf, type RunPart, weightsIn } from "../training/run_part.ts";

/** How far a run is. */
export interface RunProgress {
  readonly run: Run;
  /** When this was read, in ms since 1970. */
  readonly readAtMs: number;
  /** In the order in which they are trained. */
  readonly parts: readonly PartProgress[];
  /**
   * `complete`: every part is. `training`: the last sign of life is as fresh as it should be.
   * `silent`: it is not; the training was stopped, or hangs.
   */
  readonly state: "complete" | "training" | "silent";
  /** The part that is trained now or was trained last; `null` before the first epoch's end. */
  readonly current: PartProgress | null;
  /** Since the newest epoch, checkpoint or, before them, the run itself. */
  readonly secondsSinceSign: number;
  /** Of the parts whose duration can be known or guessed from a similar one. */
  readonly secondsLeft: number;
  /** The names of the others. */
  readonly partsOfUnknownLength: readonly string[];
}

/** What {@linkcode RunReader} reads. */
export interface RunReaderOptions {
  /**
   * The phases that are to be trained; unless given, those that were asked for (the paper's three where
   * that is not known), and others once begun.
   */
  readonly phases?: readonly PhaseName[];
  /** The time in ms since 1970. */
  readonly now?: () => number;
}

/** A silence that is no sign of anything: a checkpoint is written every minute. */
const usualSilenceSeconds = 180;

/** How far a run is, read again and again at little cost. */
export class RunReader {
  readonly #run: Run;
  readonly #phases: readonly PhaseName[] | undefined;
  readonly #now: () => number;
  readonly #sources: readonly { readonly part: RunPart; readonly history: HistoryTail }[];

  constructor(run: Run, { phases, now = Date.now }: RunReaderOptions = {}) {
    this.#run = run;
    this.#phases = phases;
    this.#now = now;
    const read = phaseNames.filter((phase) => phases?.includes(phase) ?? true);
    this.#sources = read.flatMap((phase) => partsOf(run, phase)).map((part) => ({
      part,
      history: new HistoryTail(historyPath(part.folder)),
    }));
  }

  /** How far the run is now. */
  async read(): Promise<RunProgress> {
    const parts: PartProgress[] = [];
    const signsMs = [Date.parse(this.#run.record.createdAt)];
    for (const { part, history } of this.#sources) {
      const progress = partProgress(part, await history.read(), await weightsIn(part.folder));
      if (progress.state === "waiting" && !this.#isAsked(part.phase)) continue;
      parts.push(progress);
      signsMs.push(
        lastEnd(progress),
        await modifiedMs(join(part.folder, "checkpoint.safetensors")),
      );
    }
    const readAtMs = this.#now();
    const secondsSinceSign = Math.max(0, readAtMs - Math.max(...signsMs)) / 1000;
    return summarize(this.#run, readAtMs, parts, secondsSinceSign);
  }

  #isAsked(phase: PhaseName): boolean {
    return (this.#phases ?? this.#run.record.phases ?? paperPhases).includes(phase);
  }
}

/** How far a run is, once. */
export async function readRunProgress(run: Run, options?: RunReaderOptions): Promise<RunProgress> {
  return await new RunReader(run, options).read();
}

function summarize(
  run: Run,
  readAtMs: number,
  parts: readonly PartProgress[],
  secondsSinceSign: number,
): RunProgress {
  const begun = parts.filter(({ state }) => state !== "waiting");
  const current = begun.toSorted((a, b) => lastEnd(a) - lastEnd(b)).at(-1) ?? null;
  const patienceSeconds = Math.max(
    usualSilenceSeconds,
    3 * Math.max(0, ...(current?.records.slice(-5) ?? []).map(({ seconds }) => seconds)),
  );
  const state = parts.every(({ state }) => state === "complete")
    ? "complete"
    : secondsSinceSign <= patienceSeconds
    ? "training"
    : "silent";
  const left = parts.map((part) => guessSecondsLeft(part, parts));
  // What passed since an epoch's end belongs to the next epoch, which counts as whole in the guess.
  const sinceEpoch = current === null ? 0 : (readAtMs - lastEnd(current)) / 1000;
  const underWay = state === "training" && current?.state === "unfinished"
    ? Math.min(Math.max(0, sinceEpoch), current.secondsPerEpoch)
    : 0;
  const known = left.filter((seconds) => !Number.isNaN(seconds));
  return {
    run,
    readAtMs,
    parts,
    state,
    current,
    secondsSinceSign,
    secondsLeft: Math.max(0, known.reduce((sum, seconds) => sum + seconds, 0) - underWay),
    partsOfUnknownLength: parts.filter((_, i) => Number.isNaN(left[i])).map(({ name }) => name),
  };
}

/** The phase that has epochs of about the same length. */
const similarPhase: Readonly<Partial<Record<PhaseName, PhaseName>>> = {
  detector: "detector",
  finetune: "segmentor",
};

function guessSecondsLeft(part: PartProgress, parts: readonly PartProgress[]): number {
  if (part.state !== "waiting") return part.secondsLeft;
  const similar = parts.find(({ phase, state }) =>
    phase === similarPhase[part.phase] && state !== "waiting"
  );
  return similar === undefined ? NaN : part.settings.epochs * similar.secondsPerEpoch;
}

function lastEnd({ records }: PartProgress): number {
  return Date.parse(records.at(-1)?.endedAt ?? "") || -Infinity;
}

/** -Infinity where there is no file, as between the two renames that save a checkpoint. */
async function modifiedMs(path: string): Promise<number> {
  try {
    return (await Deno.stat(path)).mtime?.getTime() ?? -Infinity;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return -Infinity;
    throw error;
  }
}
