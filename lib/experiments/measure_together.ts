import type { PreparedDataset } from "../dataset/case.ts";
import { UserError } from "../errors.ts";
import { evaluateTogether } from "../evaluation/evaluate_together.ts";
import { exclusively } from "../runtime/exclusive.ts";
import { isRun, openRun, type Run } from "../training/run_folder.ts";
import {
  type ExperimentPlaces,
  lockPathOf,
  resultPathOf,
  runFolderOf,
} from "./experiment_places.ts";
import { modesHere } from "./modes_here.ts";
import {
  readRunResult,
  type RunResult,
  type TogetherResult,
  writeRunResult,
} from "./run_result.ts";
import type { Plan, RunSpec } from "./run_spec.ts";

/** How {@linkcode measureTogether} is told of, and stopped. */
export interface MeasureTogetherOptions {
  readonly places: ExperimentPlaces;
  readonly stop?: AbortSignal;
  onCase?(done: number, total: number): void;
  /** Hears once of each run that another process is at, whose end is waited for. */
  onWait?(id: string): void;
  /** Hears of organs that cannot be together. */
  onRefusal?(message: string): void;
}

/** A run that is done and has its weights on this machine. */
interface Member {
  readonly spec: RunSpec;
  readonly run: Run;
  readonly result: RunResult;
}

/**
 * Measures the organs of a row and fold together, where the runs of several are done and have their
 * weights here, and adds what comes out to each run's result. What is there already is left alone.
 */
export async function measureTogether(
  plan: Plan,
  preparedOf: (cubeEdge: number) => PreparedDataset,
  options: MeasureTogetherOptions,
): Promise<void> {
  const { places, stop, onCase, onRefusal } = options;
  const specs = new Map(plan.runs.map((spec) => [spec.id, spec]));
  const rows = Map.groupBy(plan.requested, ({ label, id }) => {
    const { fold, config } = specs.get(id)!;
    return JSON.stringify([label, fold, config.cubeEdge]);
  });
  for (const row of rows.values()) {
    const members: Member[] = [];
    for (const { id } of row) members.push(...await memberOf(specs.get(id)!, places));
    const others = (one: Member) =>
      members.filter((other) => other !== one).map(({ spec }) => spec.id).sort();
    const known = (one: Member) => new Set(one.result.together?.with);
    if (members.length < 2) continue;
    if (members.every((one) => others(one).every((id) => known(one).has(id)))) continue;
    const prepared = preparedOf(members[0].spec.config.cubeEdge);
    try {
      const { cases } = await evaluateTogether(members.map(({ run }) => run), prepared, {
        toleranceMm: members[0].result.toleranceMm,
        stop,
        onCase,
      });
      for (const member of members) {
        const { name } = member.spec.parsedOrgan;
        const own = cases.filter(({ organ }) => organ === name);
        await addTogether(member.spec, { with: others(member), cases: own }, options);
      }
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      onRefusal?.(error.message);
    }
  }
}

/** Adds to a run's result as it is now: another process may have measured more of it meanwhile. */
async function addTogether(
  { id, hash }: RunSpec,
  together: TogetherResult,
  { places, onWait }: MeasureTogetherOptions,
): Promise<void> {
  const path = resultPathOf(places, id);
  const add = async () => {
    const result = await readRunResult(path);
    if (result?.hash === hash) await writeRunResult(path, { ...result, together });
  };
  await exclusively(lockPathOf(places, id), add, () => onWait?.(id));
}

async function memberOf(spec: RunSpec, places: ExperimentPlaces): Promise<Member[]> {
  const folder = runFolderOf(places, spec.id);
  const result = await readRunResult(resultPathOf(places, spec.id));
  if (result === null || result.hash !== spec.hash || !await isRun(folder)) return [];
  const run = await openRun(folder);
  const isReady = (await modesHere(run, result)).includes("withCrop");
  return isReady ? [{ spec, run, result }] : [];
}
