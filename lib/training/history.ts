import { UserError } from "../errors.ts";
import { exists, writeAtomic, writing } from "../files.ts";
import { parseNumbers, stringifyNumbers } from "./json_numbers.ts";

/** What validating a model gave. */
export interface Validation {
  /** What the best model is chosen by; higher is better. NaN when nothing could be measured. */
  readonly score: number;
  /** Whatever else was measured, by name. */
  readonly metrics: Readonly<Record<string, number>>;
}

/** One epoch of training: a line of `history.jsonl`. */
export interface EpochRecord {
  readonly phase: string;
  /** Counted from 1. */
  readonly epoch: number;
  /** Steps of the phase that were done when the epoch ended. */
  readonly step: number;
  /** Of the epoch's last step. */
  readonly learningRate: number;
  /** Means over the epoch's steps: the loss's parts and their sum, `total`. */
  readonly loss: Readonly<Record<string, number>>;
  /** Mean of the gradient's global norm before clipping. */
  readonly gradientNorm: number;
  /** `null` when the epoch was not validated. */
  readonly validation: Validation | null;
  /** Time that the epoch took, with its validation. */
  readonly seconds: number;
  /** When it ended, in ISO 8601. */
  readonly endedAt: string;
}

/**
 * The records in a history file, in its order; none when there is no file. A last line that was cut
 * off by a crash is left out.
 *
 * @throws UserError when another line is damaged
 */
export async function readHistory(path: string): Promise<EpochRecord[]> {
  if (!await exists(path)) return [];
  const lines = (await Deno.readTextFile(path)).split("\n").slice(0, -1);
  return lines.flatMap((text, i) => text === "" ? [] : [parseRecord(text, `line ${i + 1}`, path)]);
}

function parseRecord(text: string, place: string, path: string): EpochRecord {
  try {
    return parseNumbers(text) as EpochRecord;
  } catch (cause) {
    throw new UserError({
      what: `cannot read ${path}`,
      rule: "each of its lines must be an epoch in JSON",
      seen: `something else in ${place}`,
      remedy: "Remove that line, or restore the file",
    }, { cause });
  }
}

/** Adds a line; the file and its folder are made when they are missing. */
export async function appendHistory(path: string, record: EpochRecord): Promise<void> {
  if (!await exists(path)) await writeAtomic(path, "");
  await writing(path, () => Deno.writeTextFile(path, line(record), { append: true }));
}

/**
 * Removes the lines of a phase after an epoch: those that a resumed training writes again. A file
 * that cannot change stays as it is.
 */
export async function cutHistory(path: string, phase: string, lastEpoch: number): Promise<void> {
  if (!await exists(path)) return;
  const kept = (await readHistory(path))
    .filter((record) => record.phase !== phase || record.epoch <= lastEpoch);
  await writeAtomic(path, kept.map(line).join(""));
}

/** The numbers of a record by tag, as TensorBoard groups them: "loss/dice", "validation/score". */
export function epochScalars(record: EpochRecord): Record<string, number> {
  const prefixed = (prefix: string, values: Readonly<Record<string, number>>) =>
    Object.fromEntries(Object.entries(values).map(([key, value]) => [`${prefix}/${key}`, value]));
  const { loss, learningRate, gradientNorm, validation } = record;
  return {
    ...prefixed("loss", loss),
    learning_rate: learningRate,
    gradient_norm: gradientNorm,
    ...(validation
      ? prefixed("validation", { score: validation.score, ...validation.metrics })
      : {}),
  };
}

function line(record: EpochRecord): string {
  return stringifyNumbers(record) + "\n";
}
