import { UserError } from "../errors.ts";
import { writeAtomic } from "../files.ts";
import type { Evaluation } from "./records.ts";

/** Raised when the shape of the file changes. */
const FORMAT = 3;

/**
 * Writes an evaluation as JSON, whole or not at all. JSON has no NaN: "not applicable" is `null`.
 */
export async function writeEvaluation(path: string, evaluation: Evaluation): Promise<void> {
  const nanAsNull = (_key: string, value: unknown) => Number.isNaN(value) ? null : value;
  await writeAtomic(path, JSON.stringify({ format: FORMAT, ...evaluation }, nanAsNull, 2) + "\n");
}

/**
 * Reads what {@linkcode writeEvaluation} wrote; `null` is NaN again.
 *
 * @throws {UserError} when the file is no evaluation of this format
 */
export async function readEvaluation(path: string): Promise<Evaluation> {
  const { format, ...evaluation } = parse(await Deno.readTextFile(path), path);
  if (format === FORMAT) return evaluation as unknown as Evaluation;
  throw new UserError({
    what: `cannot read the evaluation ${path}`,
    rule: `its "format" must be ${FORMAT}`,
    seen: String(format),
    remedy: "Run `deno task evaluate` again",
  });
}

function parse(text: string, path: string): Record<string, unknown> {
  try {
    return JSON.parse(text, (_key, value) => value === null ? NaN : value);
  } catch (cause) {
    throw new UserError({
      what: `cannot read the evaluation ${path}`,
      rule: "it must be JSON as `deno task evaluate` writes it",
      remedy: "Run `deno task evaluate` again",
    }, { cause });
  }
}
