/** `deno task experiment`: many runs, and the tables and figures that they fill. */
import { basename, join } from "node:path";
import { parseEpochs } from "../lib/config/epoch_budget.ts";
import { makeConfig } from "../lib/config/overrides.ts";
import type { PreparedDataset } from "../lib/dataset/case.ts";
import { withOpenWaits } from "../lib/experiments/borrow_phases.ts";
import { costTitle } from "../lib/experiments/cost_report.ts";
import { executeRun } from "../lib/experiments/execute_run.ts";
import type { Experiment } from "../lib/experiments/experiment.ts";
import {
  type ExperimentPlaces,
  experimentPlaces,
  failurePathOf,
  lockPathOf,
  runFolderOf,
} from "../lib/experiments/experiment_places.ts";
import { experiments } from "../lib/experiments/experiments.ts";
import {
  changesOf,
  narrowRequests,
  type PlanOptions,
  requireDifferent,
  requireEffect,
} from "../lib/experiments/plan_options.ts";
import { measureTogether } from "../lib/experiments/measure_together.ts";
import { runChild } from "../lib/experiments/run_child.ts";
import { groupRuns } from "../lib/experiments/run_group.ts";
import { type JobOutcome, runJobs } from "../lib/experiments/run_jobs.ts";
import { type Plan, planRuns, type RunRequest, type RunSpec } from "../lib/experiments/run_spec.ts";
import { readRunState, readRunStates, type RunState } from "../lib/experiments/run_states.ts";
import { submitToSlurm } from "../lib/experiments/submit_slurm.ts";
import { parseOrgan } from "../lib/dataset/organ.ts";
import { defaultOrgans } from "../lib/experiments/targets.ts";
import { writeFigures, writeReport } from "../lib/experiments/write_report.ts";
import type { EvaluationMode } from "../lib/evaluation/records.ts";
import { exists, makeWritableFolder, writeAtomic } from "../lib/files.ts";
import { dataFolder, projectRoot } from "../lib/paths.ts";
import { terminatedExitCode } from "../lib/runtime/child.ts";
import { variable } from "../lib/runtime/settings.ts";
import { exclusively } from "../lib/runtime/exclusive.ts";
import { shellWord } from "../lib/shell_word.ts";
import { interruptedExitCode } from "../lib/training/interrupt.ts";
import { formatDuration, ProgressPrinter } from "../lib/training/progress.ts";
import { defaultSampleWorkers } from "../lib/training/sample_workers.ts";
import { modeOfName } from "./mode_names.ts";
import { type FlagValues, runTask, UsageError } from "./command_line.ts";
import { modalityFlag } from "./modality_flag.ts";
import { runCostExperiment } from "./cost_experiment.ts";
import { openCasesAloud } from "./prepared_data.ts";
import { ProgressLine } from "./progress_line.ts";

/** The experiment that has no runs: it measures networks. */
const costName = "table5";

/** What it can be asked. */
const costFlagNames = ["row", "only", "list", "tables", "results"];

/** A timer that is set to more would end at once. */
const longestTimerMs = 2 ** 31 - 1;

const flags = {
  name: {
    type: "text",
    value: "NAME",
    required: true,
    choices: [...experiments.map(({ name }) => name), costName],
    description: "what to run",
  },
  data: { type: "text", value: "DIR", description: "data set or prepared folder (a phantom)" },
  modality: modalityFlag,
  organ: { type: "list", value: "NAME", description: "as `train` takes it (see below)" },
  preset: { type: "list", value: "NAME", description: "focus, paper, tiny (the experiment's own)" },
  folds: { type: "integer", default: 5, min: 2, description: "parts of the cross-validation" },
  fold: { type: "list", value: "K", description: "only these of the folds" },
  seed: { type: "integer", min: 0, default: 0, description: "of split, weights and augmentation" },
  epochs: {
    type: "list",
    value: "[ROW.][PHASE=]N",
    description: "of all phases (fine-tuning keeps its ratio), of one, or of a row's or preset's",
  },
  set: {
    type: "list",
    value: "[ROW:]KEY=VALUE",
    description: "changes one value of every run, of a row, or of a preset before its rows do",
  },
  row: {
    type: "list",
    value: "NAME",
    description: "only these rows of the tables, by their names (of table5, by how they begin)",
  },
  mode: {
    type: "list",
    value: "NAME",
    description: "only these: gt-roi, with-crop, without-crop, and the phases that they need",
  },
  hours: { type: "number", min: 0, description: "save and stop after that time" },
  jobs: { type: "integer", min: 1, description: "runs at a time (1; with --slurm no limit)" },
  only: { type: "text", value: "RUN", description: "execute one run, by its id; no tables" },
  list: { type: "boolean", description: "print the runs and how far they are, and train nothing" },
  tables: { type: "boolean", description: "write the tables of what is there, and run nothing" },
  slurm: {
    type: "boolean",
    description: "array jobs for a Slurm cluster; submitted if there is one",
  },
  "slurm-options": {
    type: "text",
    value: "TEXT",
    default: "",
    description: 'for sbatch: --slurm-options="--partition=gpu --time=8:00:00"',
  },
  results: { type: "text", value: "DIR", description: "where tables go (data/results/DATASET)" },
  as: { type: "text", value: "TEXT", description: "name of the tables' files (NAME)" },
} as const;

type ExperimentFlags = FlagValues<typeof flags>;

await runTask({
  name: "experiment",
  summary: "Trains and measures many runs, and writes the tables and figures that they fill.",
  interrupt: "signal",
  first: "name",
  flags,
  details: `
${
    [...experiments, { name: costName, title: costTitle }]
      .map(({ name, title }) => `  ${name.padEnd(10)}${title}`).sort().join("\n")
  }

Unless named, the organs are those of the paper that the data set has; of focus and ablation, those
that have a target. A run that several experiments need is trained once. The same command goes on
after Ctrl-C, which saves (exit code 130), after --hours, and after a run that failed (exit code 1).
Runs go to data/runs/experiments/DATASET/, results to data/results/DATASET/: NAME.md, NAME.csv (every
case), NAME.json, and runs/RUN.json, from which the tables can be written again without the weights.
The tables are those of the last command: give --as a name where two are to stay. focus also measures
the organs of each fold together, where their weights are on this machine.

  deno task experiment focus --data Dataset501_CHAOST2
  deno task experiment table3 --data Dataset501_CHAOST2 --organ liver --fold 1 --epochs 20
  deno task experiment table3 --data Dataset501_CHAOST2 --preset focus --preset paper \\
    --epochs paper=60 --epochs paper.detector=12`,
}, async (flags, signal) => {
  refuseContradictions(flags);
  if (flags.name === costName) {
    return await runCostExperiment(flags, ownArguments(Deno.args), signal);
  }
  const experiment = experiments.find(({ name }) => name === flags.name)!;
  const session = await openSession(experiment, flags, signal);
  if (flags.only !== undefined) return await executeOnly(flags.only, session, flags.jobs, signal);
  if (flags.list) return await printStates(session);
  if (flags.slurm) return await submitAll(session, flags);
  const ended = flags.tables ? "complete" : await executeAll(session, flags, signal);
  if (experiment.together && !flags.tables && ended === "complete") {
    await measureOrgansTogether(session, signal);
  }
  const states = await readRunStates(session.plan.runs, session.places);
  const { markdown } = await writeTables(session, states);
  const page = await writeFigures(reportOf(session, states), session.places);
  if (ended !== "interrupted") console.log(await Deno.readTextFile(markdown));
  console.log(`Tables: ${markdown} (and .csv, .json)${page === null ? "" : `; figures: ${page}`}`);
  if (ended === "interrupted") return interruptedExitCode;
  return states.some(({ state }) => state === "failed") ? 1 : 0;
});

/** Flags that say different things of what is to be done, or nothing where they stand. */
function refuseContradictions(flags: ExperimentFlags): void {
  const kinds = (["only", "list", "tables", "slurm"] as const).filter((name) => flags[name]);
  if (kinds.length > 1) {
    throw new UsageError({
      what: "cannot tell what is to be done",
      rule: "one of --only, --list, --tables and --slurm may be given",
      seen: kinds.map((name) => `--${name}`).join(" "),
      remedy: "Leave all but one of them out",
    });
  }
  const idleKind = kinds.find((kind) => kind !== "only"); // a run is ended by what started it
  if (flags.hours !== undefined && idleKind !== undefined) {
    throw new UsageError({
      what: "cannot use --hours",
      rule: `--${idleKind} runs nothing that could be stopped`,
      seen: String(flags.hours),
      remedy: idleKind === "slurm"
        ? 'Limit the jobs by --slurm-options="--time=..."'
        : "Leave it out",
    });
  }
  if (flags["slurm-options"] !== "" && !flags.slurm) {
    throw new UsageError({
      what: "cannot use --slurm-options",
      rule: "they are for the jobs that --slurm writes",
      remedy: "Give --slurm as well",
    });
  }
  if (flags.name !== costName) return;
  const given = Deno.args.flatMap((arg) => /^--([^=]+)/.exec(arg)?.[1] ?? []);
  const idle = given.filter((name) => name !== "name" && !costFlagNames.includes(name));
  if (idle.length === 0) return;
  throw new UsageError({
    what: `cannot use ${idle.map((name) => `--${name}`).join(", ")} with ${costName}`,
    rule: `it trains nothing and needs no data; its flags are ${
      costFlagNames.map((name) => `--${name}`).join(", ")
    }`,
    remedy: "Leave the others out",
  });
}

/** An experiment on a data set. */
interface Session {
  readonly experiment: Experiment;
  readonly options: PlanOptions;
  readonly plan: Plan;
  readonly places: ExperimentPlaces;
  readonly preparedOf: (cubeEdge: number) => PreparedDataset;
  readonly prepared: PreparedDataset;
  /** The command that goes on with it, without this machine's paths. */
  readonly command: string;
  /** Of the tables' files, without their ends. */
  readonly fileName: string;
}

async function openSession(
  experiment: Experiment,
  flags: ExperimentFlags,
  signal: AbortSignal,
): Promise<Session> {
  const { modes, ...wish } = readWish(experiment, flags);
  const byEdge = new Map<number, PreparedDataset>();
  const open = async (cubeEdge: number): Promise<PreparedDataset> => {
    const prepared = byEdge.get(cubeEdge) ??
      await openCasesAloud(flags.data, cubeEdge, signal, {
        modality: flags.modality,
        onLabels: (labels) => flags.organ.forEach((organ) => parseOrgan(organ, labels)),
      });
    byEdge.set(cubeEdge, prepared);
    return prepared;
  };
  const [preset] = wish.presets;
  const prepared = await open(
    makeConfig(preset, changesOf(wish, { name: preset, preset, changes: [] })).cubeEdge,
  );
  const organs = flags.organ.length > 0
    ? flags.organ
    : defaultOrgans(experiment.organs, prepared.labels);
  const options: PlanOptions = { ...wish, organs };
  const requests = narrowRequests(chooseRows(experiment.requests(options), flags.row), modes);
  for (const cubeEdge of edgesOf(requests)) await open(cubeEdge);
  const preparedOf = (cubeEdge: number) => byEdge.get(cubeEdge)!;
  return {
    experiment,
    options,
    plan: planRuns(requests, preparedOf),
    places: experimentPlaces(prepared.name, flags.results),
    preparedOf,
    prepared,
    command: commandOf(flags),
    fileName: flags.as ?? experiment.name,
  };
}

/** What of the flags needs no data, and whether it can be: a slip costs no preparing. */
function readWish(
  experiment: Experiment,
  flags: ExperimentFlags,
): Omit<PlanOptions, "organs"> & { readonly modes: readonly EvaluationMode[] } {
  if (experiment.onePreset && flags.preset.length > 1) {
    throw new UsageError({
      what: "cannot choose the presets",
      rule: `${experiment.name} takes one --preset`,
      seen: flags.preset.join(", "),
      remedy: "Run it once for each, with --as NAME so that the tables of each stay",
    });
  }
  if (flags.as !== undefined && !/^[^/\\]+$/.test(flags.as)) {
    throw new UsageError({
      what: "cannot name the tables",
      rule: "--as is the name of their files, without a folder",
      seen: flags.as,
      remedy: "Choose the folder with --results",
    });
  }
  const wish = {
    presets: flags.preset.length > 0 ? flags.preset : experiment.presets,
    folds: flags.folds,
    onlyFolds: flags.fold.length > 0 ? flags.fold.map((text) => foldOf(text, flags)) : undefined,
    seed: flags.seed,
    changes: flags.set,
  };
  const ofAnyOrgan = experiment.requests({ ...wish, organs: ["any"] });
  requireEffect(flags.set, ofAnyOrgan);
  const rowNames = new Set(ofAnyOrgan.flatMap(({ label, preset }) => [label, preset]));
  const epochs = flags.epochs.map((text) => parseEpochs(text, [...rowNames]));
  const modes = flags.mode.map(modeOf);
  const asked = experiment.requests({ ...wish, epochs, organs: ["any"] });
  requireDifferent(narrowRequests(chooseRows(asked, flags.row), modes));
  return { ...wish, epochs, modes };
}

function edgesOf(requests: readonly RunRequest[]): Set<number> {
  return new Set(requests.map(({ preset, changes }) => makeConfig(preset, changes).cubeEdge));
}

/** The requests with these labels, all of them where none is named. */
function chooseRows(requests: readonly RunRequest[], rows: readonly string[]): RunRequest[] {
  const labels = [...new Set(requests.map(({ label }) => label))];
  const unknown = rows.find((row) => !labels.includes(row));
  if (unknown !== undefined) {
    throw new UsageError({
      what: "cannot choose the rows",
      rule: `--row must be one of ${labels.join("; ")}`,
      seen: unknown,
      remedy: "Write it as it is there",
    });
  }
  return requests.filter(({ label }) => rows.length === 0 || rows.includes(label));
}

function modeOf(name: string): EvaluationMode {
  if (Object.hasOwn(modeOfName, name)) return modeOfName[name];
  throw new UsageError({
    what: "cannot choose the modes",
    rule: `--mode must be one of ${Object.keys(modeOfName).join(", ")}`,
    seen: name,
    remedy: "Write it as it is there",
  });
}

function foldOf(text: string, { folds }: ExperimentFlags): number {
  const [, k, n = folds] = /^(\d+)(?:\/(\d+))?$/.exec(text) ?? [];
  const fold = Number(k);
  if (fold >= 1 && fold <= folds && Number(n) === folds) return fold;
  throw new UsageError({
    what: "cannot choose a fold",
    rule: `--fold must be one of 1 .. ${folds}`,
    seen: text,
    remedy: "Give --folds as well where there are others than 5, as --folds 4 --fold 1",
  });
}

/** In a child process, or in a job of a cluster: one run from where it stands to its result. */
async function executeOnly(
  id: string,
  { plan, places, preparedOf }: Session,
  jobs: number | undefined,
  signal: AbortSignal,
): Promise<number> {
  const spec = plan.runs.find((run) => run.id === id);
  if (spec === undefined) {
    throw new UsageError({
      what: `cannot execute the run ${id}`,
      rule: "it must be one of the experiment's",
      remedy: "See --list, and give the flags that the run was listed with",
    });
  }
  const failurePath = failurePathOf(places, id);
  if (await exists(failurePath)) await Deno.remove(failurePath); // of an earlier attempt
  // Begun by the first case, which is in no rate: what came before it was mostly training.
  let cases: ProgressLine | undefined;
  try {
    const ended = await exclusively(
      lockPathOf(places, id),
      async () =>
        await executeRun(spec, preparedOf(spec.config.cubeEdge), {
          places,
          workers: defaultSampleWorkers(jobs),
          stop: signal,
          listenTo: (scoreName) => new ProgressPrinter(scoreName),
          onCase: (done, total) =>
            (cases ??= new ProgressLine("cases evaluated")).show(done, total, 1),
        }),
      () => console.error(waitingText(id)),
    );
    cases?.end();
    return ended === "stopped" ? interruptedExitCode : 0;
  } catch (error) {
    cases?.end();
    await writeAtomic(failurePath, `${error instanceof Error ? error.message : error}\n`);
    throw error;
  }
}

async function printStates({ plan, places }: Session): Promise<number> {
  const states = await readRunStates(plan.runs, places);
  for (const { spec, state } of states) {
    console.log(`${state.padEnd(8)}${spec.id}  ${spec.label}, ${spec.phases.join(" ")}`);
  }
  const done = states.filter(({ state }) => state === "done").length;
  console.log(`${done} of ${states.length} runs are done.`);
  return 0;
}

/** The runs that are not done, each with what it has still to wait for. */
async function runsToDo({ plan, places }: Session): Promise<RunSpec[]> {
  const states = await readRunStates(plan.runs, places);
  const specs = states.filter(({ state }) => state !== "done").map(({ spec }) => spec);
  return await withOpenWaits(specs, places);
}

/**
 * Executes the runs that are not done, each in a process of its own.
 *
 * @returns "deadline" when the time of --hours was over before they had ended
 */
async function executeAll(
  session: Session,
  flags: ExperimentFlags,
  signal: AbortSignal,
): Promise<"complete" | "interrupted" | "deadline"> {
  const { plan, places } = session;
  const { jobs = 1 } = flags;
  const runs = await runsToDo(session);
  if (runs.length > 0) await makeWritableFolder(places.results);
  console.error(
    `${session.experiment.title}: ${plan.runs.length} runs, ${runs.length} to be done` +
      (jobs > 1 ? `, ${jobs} at a time` : ""),
  );
  const deadline = new AbortController();
  const timer = flags.hours === undefined
    ? undefined
    : setTimeout(() => deadline.abort(), Math.min(flags.hours * 3_600_000, longestTimerMs));
  const stop = AbortSignal.any([signal, deadline.signal]);
  const startMs = performance.now();
  let begun = 0;
  const outcomes = await runJobs(runs, {
    jobs,
    stop,
    work: async (spec) => {
      console.error(`\nRun ${++begun} of ${runs.length}: ${spec.id} (${spec.label})`);
      return await executeInChild(spec, session, flags, { deadline: deadline.signal, stop });
    },
    onEnd: async (spec, outcome, ended) => {
      const secondsEach = (performance.now() - startMs) / 1000 / ended;
      const left = formatDuration(secondsEach * (runs.length - ended));
      console.error(`${spec.id}: ${outcome}; ${ended} of ${runs.length} runs, about ${left} left`);
      await writeTables(session, await readRunStates(plan.runs, places));
    },
  });
  clearTimeout(timer);
  if (deadline.signal.aborted) {
    console.error(`Stopped after ${flags.hours} hours; the same command goes on.`);
  }
  // A run that was ended by Ctrl-C before this process heard of it counts as interrupted, too.
  const stopped = [...outcomes.values()].includes("stopped");
  if (signal.aborted || (stopped && !deadline.signal.aborted)) return "interrupted";
  return deadline.signal.aborted ? "deadline" : "complete";
}

async function measureOrgansTogether(
  { plan, places, preparedOf }: Session,
  stop: AbortSignal,
): Promise<void> {
  let cases: ProgressLine | undefined;
  await measureTogether(plan, preparedOf, {
    places,
    stop,
    onCase: (done, total) => (cases ??= new ProgressLine("cases together")).show(done, total, 1),
    onWait: (id) => console.error(waitingText(id)),
    onRefusal: (message) => console.error(`Not measured together: ${message}`),
  });
  cases?.end();
}

function waitingText(id: string): string {
  return `Waiting for another process, which is at the run ${id}`;
}

async function executeInChild(
  spec: RunSpec,
  { places }: Session,
  { jobs = 1 }: ExperimentFlags,
  { deadline, stop }: { readonly deadline: AbortSignal; readonly stop: AbortSignal },
): Promise<JobOutcome> {
  const logPath = join(runFolderOf(places, spec.id), "experiment.log");
  const code = await runChild({
    args: [...ownArguments(Deno.args), "--only", spec.id],
    logPath: jobs > 1 ? logPath : undefined,
    stop: deadline,
  });
  // A child that is asked while it starts has nothing to save, and ends by the signal.
  if (code === interruptedExitCode || (code === terminatedExitCode && stop.aborted)) {
    return "stopped";
  }
  const { state } = await readRunState(spec, places);
  if (state === "done") return "done";
  if (state !== "failed") {
    await writeAtomic(failurePathOf(places, spec.id), `its process ended with code ${code}\n`);
  }
  return "failed";
}

/** What Deno is called with to run this verb, ready to go through the launcher again. */
function ownArguments(args: readonly string[]): string[] {
  return ["run", "-A", join(projectRoot, "tasks", "launch.ts"), "experiment", ...args];
}

/** Leaves the runs to Slurm. */
async function submitAll(session: Session, flags: ExperimentFlags): Promise<number> {
  const { experiment, places, fileName } = session;
  const runs = await runsToDo(session);
  if (runs.length === 0) {
    console.log("All runs are done; the same command without --slurm writes the tables.");
    return 0;
  }
  const { scripts, jobs } = await submitToSlurm({
    name: fileName,
    runs,
    runCommand: [Deno.execPath(), ...ownArguments(withoutSlurm(Deno.args)), "--only"],
    tablesCommand: [Deno.execPath(), ...ownArguments(withoutSlurm(Deno.args)), "--tables"],
    environment: { [variable.data]: dataFolder },
    folder: join(places.runs, "slurm"),
    atOnce: flags.jobs,
    options: flags["slurm-options"],
  });
  if (experiment.together) {
    console.log("To measure the organs together, the same command without --slurm has to follow.");
  }
  scripts.forEach((script, i) => console.log(jobs === null ? script : `job ${jobs[i]}: ${script}`));
  if (jobs === null) {
    console.log("There is no sbatch here. Submit them in this order, each behind the one before:");
    console.log(`  sbatch ${scripts[0]}; sbatch --dependency=afterany:JOB ${scripts[1]} ...`);
  }
  return 0;
}

/** The arguments without those that only concern Slurm: a job has its machine for itself. */
function withoutSlurm(args: readonly string[]): string[] {
  const kept: string[] = [];
  for (let i = 0; i < args.length; i++) {
    if (args[i] === "--slurm-options" || args[i] === "--jobs") i++;
    else if (!/^--(slurm|slurm-options=.*|jobs=.*)$/.test(args[i])) kept.push(args[i]);
  }
  return kept;
}

async function writeTables(session: Session, states: readonly RunState[]) {
  return await writeReport(reportOf(session, states), session.places);
}

function reportOf(session: Session, states: readonly RunState[]) {
  const { experiment, options, plan, prepared, command, fileName } = session;
  const results = new Map(states.flatMap(({ spec, result }) => result ? [[spec.id, result]] : []));
  return {
    experiment,
    findings: { options, groups: groupRuns(plan, results), labels: prepared.labels },
    states,
    dataSet: prepared.isPhantom ? `${prepared.name} (phantom)` : prepared.name,
    command,
    fileName,
  };
}

/** What a reader types to get the same tables; the data set by the name of its folder. */
function commandOf(flags: ExperimentFlags): string {
  const { name, data, modality, organ, preset, folds, fold, seed, epochs, set, row, mode, as } =
    flags;
  const each = (flag: string, values: readonly string[]) =>
    values.map((value) => ` --${flag} ${shellWord(value)}`).join("");
  return [
    `deno task experiment ${name}`,
    data === undefined ? "" : ` --data ${shellWord(basename(data))}`,
    modality === undefined ? "" : ` --modality ${modality}`,
    each("organ", organ),
    each("preset", preset),
    folds === 5 ? "" : ` --folds ${folds}`,
    each("fold", fold),
    seed === 0 ? "" : ` --seed ${seed}`,
    each("epochs", epochs),
    each("set", set),
    each("row", row),
    each("mode", mode),
    as === undefined ? "" : ` --as ${shellWord(as)}`,
  ].join("");
}
