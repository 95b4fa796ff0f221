import { join } from "node:path";
import { writeAtomic } from "../files.ts";
import { writeCasesCsv } from "./csv.ts";
import { writeEvaluation } from "./evaluation_file.ts";
import type { Evaluation } from "./records.ts";
import { evaluationReport } from "./tables.ts";

/** Writes an evaluation as `cases.csv`, `evaluation.json` and `report.md` into a folder. */
export async function writeResults(folder: string, evaluation: Evaluation): Promise<void> {
  await writeCasesCsv(join(folder, "cases.csv"), evaluation.cases);
  await writeEvaluation(join(folder, "evaluation.json"), evaluation);
  await writeAtomic(join(folder, "report.md"), evaluationReport(evaluation));
}
