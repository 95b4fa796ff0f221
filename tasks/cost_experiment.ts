/** `deno task experiment table5`: what the networks cost; it needs no data and trains nothing. */
import { join } from "node:path";
import { type CostJob, costJobs, subjectDigest } from "../lib/experiments/cost_job.ts";
import {
  costCsv,
  costFigures,
  costMarkdown,
  type CostResults,
  costTitle,
  countTable,
  loadTable,
} from "../lib/experiments/cost_report.ts";
import {
  type CostResult,
  readCostResult,
  writeCostResult,
} from "../lib/experiments/cost_result.ts";
import {
  type ExperimentPlaces,
  experimentPlaces,
  failurePathOf,
  resultPathOf,
} from "../lib/experiments/experiment_places.ts";
import { costEnvironment, measureCost } from "../lib/experiments/measure_cost.ts";
import { runChild } from "../lib/experiments/run_child.ts";
import { figuresPage } from "../lib/figures/figure_html.ts";
import { exists, writeAtomic } from "../lib/files.ts";
import { interruptedExitCode } from "../lib/training/interrupt.ts";
import { UsageError } from "./command_line.ts";

/** The flags that Table 5 reads. */
export interface CostFlags {
  readonly only?: string;
  /** How the names of the measurements begin that are made; all unless given. */
  readonly row: readonly string[];
  readonly list: boolean;
  readonly tables: boolean;
  readonly results?: string;
}

/**
 * Measures the networks that were not measured on this machine yet, each in a process of its own,
 * and writes the table.
 *
 * @param command what Deno is called with to run this again; a measurement's id may follow `--only`
 */
export async function runCostExperiment(
  flags: CostFlags,
  command: readonly string[],
  signal: AbortSignal,
): Promise<number> {
  const places = experimentPlaces("cost", flags.results);
  if (flags.only !== undefined) return await measureOnly(flags.only, places);
  const jobs = chooseJobs(flags.row);
  const missing: CostJob[] = [];
  for (const job of jobs) if (!await isCurrent(job, places)) missing.push(job);
  if (flags.list) {
    for (const job of jobs) {
      console.log(`${missing.includes(job) ? "waiting" : "done   "} ${job.id}`);
    }
    return 0;
  }
  if (!flags.tables) {
    for (const [i, { id }] of missing.entries()) {
      if (signal.aborted) break;
      console.error(`${costTitle}: ${i + 1} of ${missing.length}: ${id}`);
      const code = await runChild({ args: [...command, "--only", id] });
      const path = failurePathOf(places, id);
      if (code === 0) await Deno.remove(path).catch(() => {});
      else if (code !== interruptedExitCode) {
        const memory = code === 137 ? " (the system ended it: most likely out of memory)" : "";
        await writeAtomic(path, `its process ended with code ${code}${memory}\n`);
      }
    }
  }
  const failed = await writeTables(places);
  return signal.aborted ? interruptedExitCode : failed > 0 ? 1 : 0;
}

function chooseJobs(rows: readonly string[]): CostJob[] {
  const unknown = rows.find((row) => !costJobs.some(({ id }) => id.startsWith(row)));
  if (unknown !== undefined) {
    throw new UsageError({
      what: "cannot choose the rows",
      rule: `--row must be how one of these begins: ${costJobs.map(({ id }) => id).join(", ")}`,
      seen: unknown,
      remedy: "Write it as it is there",
    });
  }
  return costJobs.filter(({ id }) => rows.length === 0 || rows.some((row) => id.startsWith(row)));
}

async function measureOnly(id: string, places: ExperimentPlaces): Promise<number> {
  const job = costJobs.find((one) => one.id === id);
  if (job === undefined) {
    throw new UsageError({
      what: `cannot measure ${id}`,
      rule: `it must be one of ${costJobs.map((one) => one.id).join(", ")}`,
      remedy: "See --list",
    });
  }
  await writeCostResult(resultPathOf(places, id), await measureCost(job));
  return 0;
}

/** A measurement of another machine, or of another network, says nothing of this one. */
async function isCurrent(job: CostJob, places: ExperimentPlaces): Promise<boolean> {
  const result = await resultOf(job, places);
  if (result === null) return false;
  const { device, processor } = costEnvironment();
  return result.environment.device === device && result.environment.processor === processor;
}

/** What was measured of the network as it is now; `null` where nothing was. */
async function resultOf(
  { id, subject }: CostJob,
  places: ExperimentPlaces,
): Promise<CostResult | null> {
  const result = await readCostResult(resultPathOf(places, id));
  return result?.subject === subjectDigest(subject) ? result : null;
}

/** @returns how many measurements failed */
async function writeTables(places: ExperimentPlaces): Promise<number> {
  const results = new Map<string, CostResult>();
  const failures = new Map<string, string>();
  for (const job of costJobs) {
    const { id } = job;
    const result = await resultOf(job, places);
    if (result !== null) results.set(id, result);
    else if (await exists(failurePathOf(places, id))) {
      failures.set(id, (await Deno.readTextFile(failurePathOf(places, id))).trim());
    }
  }
  const path = (end: string) => join(places.results, `table5.${end}`);
  const text = costMarkdown(results, failures);
  await writeAtomic(path("md"), text);
  await writeAtomic(path("csv"), costCsv(results));
  await writeAtomic(path("json"), JSON.stringify(jsonOf(results), null, 1) + "\n");
  const figures = costFigures(results);
  const page = join(places.runs, "table5.html");
  if (figures.length > 0) await writeAtomic(page, await figuresPage(figures, costTitle));
  console.log(text);
  console.log(
    `Tables: ${path("md")} (and .csv, .json)${figures.length > 0 ? `; figures: ${page}` : ""}`,
  );
  return failures.size;
}

function jsonOf(results: CostResults): unknown {
  const tables = { counts: countTable(results), load: loadTable(results) };
  return { format: 1, experiment: "table5", title: costTitle, tables };
}
