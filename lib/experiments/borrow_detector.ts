import { join } from "node:path";
import { exists, writeAtomic } from "../files.ts";
import { phaseFolder, type Run } from "../training/run_folder.ts";
import { viewNames } from "../volume/projection.ts";
import type { ExperimentPlaces } from "./experiment_places.ts";
import type { RunSpec } from "./run_spec.ts";

/** In a run's detector folder once it is trained: the `detectorHash` of its run. */
const markFile = "identity.txt";

/** Marks a run's trained detector, so that others which would train the same one find it. */
export async function markDetector(run: Run, { detectorHash }: RunSpec): Promise<void> {
  const path = join(phaseFolder(run, "detector"), markFile);
  if (!await exists(path)) await writeAtomic(path, `${detectorHash}\n`);
}

/**
 * Copies the trained detector of another run that differs in nothing which its training reads: weights
 * and histories. Nothing happens where this run has begun its own, or there is none to copy.
 */
export async function borrowDetector(
  run: Run,
  spec: RunSpec,
  { runs }: ExperimentPlaces,
): Promise<void> {
  if (!spec.phases.includes("detector") || await exists(phaseFolder(run, "detector"))) return;
  const source = await findDetector(runs, spec.detectorHash);
  if (source === undefined) return;
  for (const view of viewNames) {
    // The model last: with all three of them the detector counts as trained.
    for (const name of ["history.jsonl", "model.safetensors"]) {
      const bytes = await Deno.readFile(join(source, view, name));
      await writeAtomic(join(phaseFolder(run, "detector", view), name), bytes);
    }
  }
}

async function findDetector(runs: string, hash: string): Promise<string | undefined> {
  for await (const { name, isDirectory } of Deno.readDir(runs)) {
    const path = join(runs, name, "detector", markFile);
    if (!isDirectory || !await exists(path)) continue;
    if ((await Deno.readTextFile(path)).trim() === hash) return join(runs, name, "detector");
  }
  return undefined;
}
