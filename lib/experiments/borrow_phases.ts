import { join } from "node:path";
import type { PhaseName } from "../config/config.ts";
import { exists, writeAtomic } from "../files.ts";
import { phaseFolder, type Run } from "../training/run_folder.ts";
import { copyPhase, isPhaseTrained } from "../training/run_part.ts";
import type { ExperimentPlaces } from "./experiment_places.ts";
import { type RunSpec, withWaits } from "./run_spec.ts";

/** In the folder of a phase that is trained: its hash of `RunSpec.phaseHashes`. */
const markFile = "identity.txt";

/** Marks the trained phases of a run, so that others which would train the same find them. */
export async function markPhases(run: Run, { phases, phaseHashes }: RunSpec): Promise<void> {
  for (const phase of phases) {
    const path = join(phaseFolder(run, phase), markFile);
    if (!await isPhaseTrained(run, phase) || await exists(path)) continue;
    await writeAtomic(path, `${phaseHashes[phase]}\n`);
  }
}

/**
 * Copies each phase that another run has trained which differs in nothing that its training reads:
 * weights and histories. What this run has begun itself, or nobody has trained, is left alone.
 */
export async function borrowPhases(
  run: Run,
  spec: RunSpec,
  { runs }: ExperimentPlaces,
): Promise<void> {
  for (const phase of spec.phases) {
    if (await exists(phaseFolder(run, phase))) continue;
    const source = await findPhase(runs, phase, spec.phaseHashes[phase]);
    if (source !== undefined) await copyPhase(source, run, phase);
  }
}

/**
 * The runs that are to be done with what they have to wait for: phases whose weights are not here,
 * which the first of these runs trains for the others, whoever trained them elsewhere.
 */
export async function withOpenWaits(
  specs: readonly RunSpec[],
  { runs }: ExperimentPlaces,
): Promise<RunSpec[]> {
  const open = new Map<RunSpec, PhaseName[]>();
  for (const spec of specs) {
    const found = await Promise.all(
      spec.phases.map((phase) => findPhase(runs, phase, spec.phaseHashes[phase])),
    );
    open.set(spec, spec.phases.filter((_, i) => found[i] === undefined));
  }
  return withWaits(specs, (spec) => open.get(spec)!);
}

/** Folder of a run that has trained a phase of this hash. */
export async function findPhase(
  runs: string,
  phase: PhaseName,
  hash: string,
): Promise<string | undefined> {
  if (!await exists(runs)) return undefined;
  for await (const { name, isDirectory } of Deno.readDir(runs)) {
    const folder = join(runs, name);
    const path = join(folder, phase, markFile);
    if (!isDirectory || !await exists(path)) continue;
    if ((await Deno.readTextFile(path)).trim() === hash) return folder;
  }
  return undefined;
}
