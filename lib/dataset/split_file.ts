import { UserError } from "../errors.ts";
import { exists } from "../files.ts";
import { readJson } from "./dataset_json.ts";
import type { Fold, ListedFold } from "./split.ts";

/**
 * A fold of a file of folds: a JSON list of `{"train": [...], "val": [...]}` with names of cases, such
 * as nnU-Net's `splits_final.json`.
 *
 * @throws {UserError} when the file is missing or something else, or does not have as many folds
 */
export async function readSplitFile(path: string, fold: Fold): Promise<ListedFold> {
  const fault = (rule: string, seen: string) =>
    new UserError({
      what: `cannot read the split ${path}`,
      rule,
      seen,
      remedy:
        "Give a file like nnU-Net's splits_final.json, and --fold k/n with its number of folds",
    });
  if (!await exists(path)) throw fault("the file must exist", "missing");
  const list = await readJson(path).catch((error: unknown) => error);
  const shape = 'it must be a JSON list of {"train": [names], "val": [names]}';
  if (!Array.isArray(list) || !list.every(isFold)) {
    throw fault(shape, list instanceof Error ? `not readable (${list.message})` : "something else");
  }
  if (list.length === fold.count) return list[fold.number - 1];
  throw fault(`it must have ${fold.count} folds, as --fold says`, String(list.length));
}

function isFold(value: unknown): value is ListedFold {
  const { train, val } = (value ?? {}) as Record<string, unknown>;
  return [train, val].every((names) =>
    Array.isArray(names) && names.every((name) => typeof name === "string")
  );
}
