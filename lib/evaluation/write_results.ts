import { join } from "node:path";
import { UserError } from "../errors.ts";
import { exists, writeAtomic } from "../files.ts";
import { writeCasesCsv } from "./csv.ts";
import { readEvaluation, writeEvaluation } from "./evaluation_file.ts";
import type { Evaluation, EvaluationMode } from "./records.ts";
import { evaluationReport } from "./tables.ts";

/** Writes an evaluation as `cases.csv`, `evaluation.json` and `report.md` into a folder. */
export async function writeResults(folder: string, evaluation: Evaluation): Promise<void> {
  await writeCasesCsv(join(folder, "cases.csv"), evaluation.cases);
  await writeEvaluation(join(folder, "evaluation.json"), evaluation);
  await writeAtomic(join(folder, "report.md"), evaluationReport(evaluation));
}

/**
 * Refuses a folder in which a new evaluation would replace what it does not have itself.
 *
 * @throws {UserError} when the folder holds an evaluation of other organs, cases or modes, or files of
 *   the names of {@linkcode writeResults} or a folder `masks` that are no evaluation's
 */
export async function requireReplaceable(
  folder: string,
  { organs, modes, caseIds, isOwn }: {
    /** Names. */
    readonly organs: readonly string[];
    readonly modes: readonly EvaluationMode[];
    readonly caseIds: readonly string[];
    /** Whether it lies in the run's own folder, where an interrupted evaluation leaves masks. */
    readonly isOwn: boolean;
  },
): Promise<void> {
  const refuse = (seen: string): never => {
    throw new UserError({
      what: `cannot write an evaluation to ${folder}`,
      rule:
        "it must be new, or hold an evaluation with no other organs, cases and modes than the new",
      seen,
      remedy: "Name another --output folder, or evaluate those as well",
    });
  };
  const path = join(folder, "evaluation.json");
  if (!await exists(path)) {
    for (const name of ["cases.csv", "report.md", ...(isOwn ? [] : ["masks"])]) {
      if (await exists(join(folder, name))) refuse(`${name} without evaluation.json`);
    }
    return;
  }
  // One of an earlier format, or damaged, can be nothing but made again.
  const { cases } = await readEvaluation(path).catch(() => ({ cases: [] }));
  const lost = [
    ...new Set(cases.map(({ organ }) => organ).filter((name) => !organs.includes(name))),
    ...new Set(cases.map(({ mode }) => mode).filter((mode) => !modes.includes(mode))),
    ...new Set(cases.map(({ caseId }) => caseId).filter((id) => !caseIds.includes(id))),
  ];
  if (lost.length > 0) refuse(`with ${lost.join(", ")}`);
}
