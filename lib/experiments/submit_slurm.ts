import { join } from "node:path";
import { UserError } from "../errors.ts";
import { writeAtomic } from "../files.ts";
import { runProgram } from "../runtime/program.ts";
import type { RunSpec } from "./run_spec.ts";
import { runWaves } from "./run_waves.ts";
import { slurmScript } from "./slurm_script.ts";

/** What {@linkcode submitToSlurm} is told. */
export interface SubmitOptions {
  readonly name: string;
  /** The runs that are not done. */
  readonly runs: readonly RunSpec[];
  /** The command that executes the run whose id follows it. */
  readonly runCommand: readonly string[];
  /** The command that writes the tables once all have ended. */
  readonly tablesCommand: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Where scripts and logs go. */
  readonly folder: string;
  readonly atOnce?: number;
  readonly options: string;
}

/** What was written and what became of it. */
export interface Submission {
  /** In the order in which they are to be submitted; each waits for the one before. */
  readonly scripts: readonly string[];
  /** Numbers of the jobs; `null` where there is no `sbatch`. */
  readonly jobs: readonly string[] | null;
}

/**
 * Writes an array job for each wave of runs and one for the tables, and submits them where there is
 * `sbatch`. A wave begins when the one before has ended, well or not: a run that finds a phase
 * missing then trains it itself.
 *
 * @throws {UserError} when `sbatch` refuses a script
 */
export async function submitToSlurm(options: SubmitOptions): Promise<Submission> {
  const { name, folder, environment, atOnce } = options;
  const shared = { environment, logFolder: folder, options: options.options };
  const waves = runWaves(options.runs).map((wave, i) => ({
    ...shared,
    name: `${name}-wave${i + 1}`,
    items: wave.map(({ id }) => id),
    command: options.runCommand,
    atOnce,
  }));
  const [item, ...command] = options.tablesCommand.toReversed();
  const tables = {
    ...shared,
    name: `${name}-tables`,
    items: [item],
    command: command.toReversed(),
  };
  const scripts: string[] = [];
  for (const job of [...waves, tables]) {
    const path = join(folder, `${job.name}.sh`);
    await writeAtomic(path, slurmScript(job));
    scripts.push(path);
  }
  return { scripts, jobs: await submit(scripts) };
}

async function submit(scripts: readonly string[]): Promise<string[] | null> {
  const jobs: string[] = [];
  for (const script of scripts) {
    const after = jobs.length === 0 ? [] : [`--dependency=afterany:${jobs.at(-1)}`];
    const result = await runProgram("sbatch", ["--parsable", ...after, script]);
    if (result === undefined) return null;
    if (!result.success) {
      throw new UserError({
        what: `cannot submit ${script}`,
        rule: "sbatch must take it",
        seen: result.stderr.trim() || `exit code ${result.code}`,
        remedy: "Correct --slurm-options, or edit the script and submit it by hand",
      });
    }
    jobs.push(result.stdout.trim().split(";")[0]);
  }
  return jobs;
}
