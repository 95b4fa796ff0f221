import { createHash } from "node:crypto";
import { dirname, join } from "node:path";
import { meaningBefore } from "../config/overrides.ts";
import { UserError } from "../errors.ts";
import { exists } from "../files.ts";
import { readSafetensors, type Safetensors, writeSafetensors } from "../nn/safetensors.ts";
import type { AdamWState } from "./adamw.ts";
import type { EarlyStoppingState } from "./early_stopping.ts";
import { jsonDifference } from "./json_difference.ts";
import { parseNumbers, stringifyNumbers } from "./json_numbers.ts";
import type { MovingAverageState } from "./moving_average.ts";
import { hashTensors } from "./weights_digest.ts";

/** Parameters by name, in C order. */
export type Weights = ReadonlyMap<
  string,
  { readonly shape: readonly number[]; readonly data: Float32Array }
>;

/** How far a training is. */
export interface FitProgress {
  /** Epochs that are complete. */
  readonly epoch: number;
  /** Steps of the next epoch that are done. */
  readonly stepInEpoch: number;
  /** Sums over these steps, by name: what the epoch's means are made of. */
  readonly sums: Readonly<Record<string, number>>;
  /** Time that these steps took. */
  readonly seconds: number;
  readonly lastScore: number | null;
  readonly bestEpoch: number | null;
  readonly bestMetrics: Readonly<Record<string, number>>;
  readonly earlyStopping: EarlyStoppingState;
  /** True when there is nothing left to train. */
  readonly finished: boolean;
}

/** Everything that a training needs to go on as if it had not been interrupted. */
export interface Checkpoint {
  readonly progress: FitProgress;
  readonly weights: Weights;
  readonly optimizer: AdamWState;
  /** `null` when the training keeps no average. */
  readonly average: MovingAverageState | null;
  /** Weights of the best validation; `null` before the first. */
  readonly best: Weights | null;
}

const formatVersion = "1";
const fileName = "checkpoint.safetensors";

/** Path of the newest checkpoint in a phase's folder. */
export function checkpointPath(folder: string): string {
  return join(folder, fileName);
}

/**
 * Where a checkpoint may be, in the order in which they are tried. `.next` is complete but was not
 * yet moved into place when the program ended between two renames.
 */
function candidates(folder: string): { current: string; next: string; previous: string } {
  const current = checkpointPath(folder);
  return { current, next: `${current}.next`, previous: `${current}.previous` };
}

/** True when the folder holds a checkpoint, sound or not. */
export async function hasCheckpoint(folder: string): Promise<boolean> {
  const found = await Promise.all(Object.values(candidates(folder)).map(exists));
  return found.includes(true);
}

/**
 * Writes `checkpoint.safetensors`, keeping the one before as `checkpoint.safetensors.previous`.
 * Whenever the program is killed, {@linkcode loadCheckpoint} finds a complete one.
 *
 * @param identity JSON value of everything that a resumed training must have in common with this
 *   one
 */
export async function saveCheckpoint(
  folder: string,
  checkpoint: Checkpoint,
  identity: unknown,
): Promise<void> {
  const { current, next, previous } = candidates(folder);
  const tensors = pack(checkpoint);
  const stored: StoredState = {
    progress: checkpoint.progress,
    groups: checkpoint.optimizer.groups,
    averageUpdates: checkpoint.average?.updates ?? null,
  };
  const state = stringifyNumbers(stored);
  const identityText = JSON.stringify(identity);
  await writeSafetensors(next, tensors, {
    formatVersion,
    identity: identityText,
    state,
    deno: Deno.version.deno,
    checksum: checksum(tensors, identityText + state),
  });
  if (await exists(current)) await Deno.rename(current, previous);
  await Deno.rename(next, current);
}

/**
 * The newest sound checkpoint of a folder; `null` when there is none at all.
 *
 * @param identity must equal what the checkpoint was saved with
 * @param notice hears of a damaged checkpoint that was passed over
 * @throws {UserError} when every checkpoint is damaged, when one is of another format version, and
 *   when the identities differ: names the keys
 */
export async function loadCheckpoint(
  folder: string,
  identity: unknown,
  notice: (text: string) => void,
): Promise<Checkpoint | null> {
  const faults: string[] = [];
  for (const path of Object.values(candidates(folder))) {
    if (!await exists(path)) continue;
    try {
      const file = await readSafetensors(path);
      checkFormat(file.metadata, path);
      const checkpoint = unpack(file, path);
      checkIdentity(JSON.parse(file.metadata.identity), identity, path);
      if (path !== checkpointPath(folder)) {
        const reason = faults[0] ?? `${checkpointPath(folder)} is missing`;
        notice(`Resuming from ${path} (epoch ${checkpoint.progress.epoch}): ${reason}`);
      }
      return checkpoint;
    } catch (error) {
      if (!(error instanceof DamagedCheckpoint) && !isBrokenFile(error)) throw error;
      faults.push(error.message);
    }
  }
  if (faults.length === 0) return null;
  throw new UserError({
    what: `cannot resume in ${folder}`,
    rule: "it must hold a complete checkpoint",
    seen: `damaged (${faults.join("; ")})`,
    remedy: "Start again in a new folder",
  });
}

/** A file that is a checkpoint, but not whole. */
class DamagedCheckpoint extends Error {}

/** What `readSafetensors` throws; a checkpoint of another run or version is a different error. */
function isBrokenFile(error: unknown): error is UserError {
  return error instanceof UserError && error.parts.what.startsWith("cannot read weights");
}

function checkFormat(metadata: Readonly<Record<string, string>>, path: string): void {
  if (metadata.formatVersion === formatVersion) return;
  throw new UserError({
    what: `cannot resume from ${path}`,
    rule: `its format version must be ${formatVersion}`,
    seen: metadata.formatVersion ?? "missing",
    remedy: "Use the version of this program that wrote it, or start again in a new folder",
  });
}

/** The JSON of what a key that older checkpoints lack meant then; `undefined` for any other. */
function laterKey(key: string): string | undefined {
  const inConfig = key.replace(/^config\./, "").replace(/^phase\./, "phases.any.");
  return JSON.stringify(meaningBefore(inConfig));
}

function checkIdentity(before: unknown, now: unknown, path: string): void {
  const differences = jsonDifference(before, JSON.parse(JSON.stringify(now)))
    .filter(({ key, before, now }) =>
      before !== undefined || (key !== "basis" && laterKey(key) !== now)
    );
  if (differences.length === 0) return;
  if (differences.some(({ key }) => key === "basis")) {
    throw new UserError({
      what: `cannot resume from ${path}`,
      rule: "the weights that it builds on must be those that it began with",
      seen: "others, which were trained further or anew since",
      remedy: `Remove the folder ${dirname(path)} to train this phase from its beginning`,
    });
  }
  const shown = differences.slice(0, 5)
    .map(({ key, before, now }) => `${key} was ${before ?? "absent"}, is ${now ?? "absent"}`);
  const more = differences.length > 5 ? ` and ${differences.length - 5} more` : "";
  throw new UserError({
    what: `cannot resume from ${path}`,
    rule: "the configuration and the cases must be those that it was saved with",
    seen: `different: ${shown.join("; ")}${more}`,
    remedy: "Resume with the same settings, or start again in a new folder",
  });
}

/** What a checkpoint stores besides its tensors. */
interface StoredState {
  readonly progress: FitProgress;
  readonly groups: AdamWState["groups"];
  readonly averageUpdates: number | null;
}

type Tensors = Map<string, { shape: readonly number[]; data: Float32Array }>;

function pack({ weights, optimizer, average, best }: Checkpoint): Tensors {
  const flat = (values: ReadonlyMap<string, Float32Array>): Weights =>
    new Map([...values].map(([name, data]) => [name, { shape: [data.length], data }]));
  const sections: Record<string, Weights | null> = {
    weights,
    first: flat(optimizer.first),
    second: flat(optimizer.second),
    average: average?.values ?? null,
    best,
  };
  const tensors: Tensors = new Map();
  for (const [section, values] of Object.entries(sections)) {
    for (const [name, tensor] of values ?? []) tensors.set(`${section}/${name}`, tensor);
  }
  return tensors;
}

function unpack({ tensors, metadata }: Safetensors, path: string): Checkpoint {
  const floats = tensors as unknown as Tensors;
  if (checksum(floats, metadata.identity + metadata.state) !== metadata.checksum) {
    throw new DamagedCheckpoint(`the content of ${path} does not match its checksum`);
  }
  const section = (name: string): Weights => {
    const prefix = `${name}/`;
    const entries = [...floats].filter(([key]) => key.startsWith(prefix));
    return new Map(entries.map(([key, tensor]) => [key.slice(prefix.length), tensor]));
  };
  const flat = (name: string): Map<string, Float32Array> =>
    new Map([...section(name)].map(([key, { data }]) => [key, data]));
  const { progress, groups, averageUpdates } = parseNumbers(metadata.state) as StoredState;
  const best = section("best");
  return {
    progress,
    weights: section("weights"),
    optimizer: { groups, first: flat("first"), second: flat("second") },
    average: averageUpdates === null
      ? null
      : { updates: averageUpdates, values: section("average") },
    best: best.size > 0 ? best : null,
  };
}

function checksum(tensors: Tensors, texts: string): string {
  const hash = createHash("sha256").update(texts);
  hashTensors(hash, tensors);
  return hash.digest("hex");
}
