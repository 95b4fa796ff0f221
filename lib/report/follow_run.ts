import { openRun } from "../training/run_folder.ts";
import { type RunProgress, RunReader, type RunReaderOptions } from "./run_progress.ts";

/** How {@linkcode followRun} follows. */
export interface FollowOptions extends RunReaderOptions {
  /** Ends the following once aborted. */
  readonly signal?: AbortSignal;
  /** When it ends by itself; once the run is complete unless given. */
  until?(progress: RunProgress): boolean;
  /** Time between two looks, in ms; 1000 unless given. */
  readonly intervalMs?: number;
  /** Called at the first look, and then when an epoch has ended or the run's state has changed. */
  onChange?(progress: RunProgress): void | Promise<void>;
  /** Called at every look, after `onChange`. */
  onLook?(progress: RunProgress): void | Promise<void>;
}

/**
 * Looks at a run again and again until it is complete, or as told, whoever trains it and wherever.
 *
 * @example
 * ```ts ignore
 * await followRun("data/runs/X", { onLook: (progress) => console.log(stateText(progress)) });
 * ```
 *
 * @returns what was seen last
 * @throws {UserError} when the folder holds no run
 */
export async function followRun(folder: string, options: FollowOptions = {}): Promise<RunProgress> {
  const { signal, intervalMs = 1000, until = isComplete, onChange, onLook } = options;
  const reader = new RunReader(await openRun(folder), options);
  let seen = "";
  while (true) {
    const progress = await reader.read();
    const now = changeMark(progress);
    if (now !== seen) await onChange?.(progress);
    seen = now;
    await onLook?.(progress);
    if (until(progress) || signal?.aborted) return progress;
    await pause(intervalMs, signal);
  }
}

function isComplete({ state }: RunProgress): boolean {
  return state === "complete";
}

/** A text that differs when something worth telling has changed. */
function changeMark({ state, parts }: RunProgress): string {
  const marks = parts.map(({ name, state, records }) =>
    `${name} ${state} ${records.length} ${records.at(-1)?.endedAt}`
  );
  return [state, ...marks].join("\n");
}

/** Waits, but no longer than until the signal is aborted. */
async function pause(durationMs: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const end = () => resolve();
  const timer = setTimeout(end, durationMs);
  signal?.addEventListener("abort", end);
  await promise;
  clearTimeout(timer);
  signal?.removeEventListener("abort", end);
}
