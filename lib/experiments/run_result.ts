import { UserError } from "../errors.ts";
import { exists, writeAtomic } from "../files.ts";
import type { CaseResult, DetectorCase, EvaluationMode, ModelCost } from "../evaluation/records.ts";
import type { PhaseName } from "../config/config.ts";
import { parseNumbers, stringifyNumbers } from "../training/json_numbers.ts";
import { casesOfRows, fromRows, type Rows, rowsOfCases, toRows } from "./case_rows.ts";
import type { RunSpec } from "./run_spec.ts";

/** How one part of a run was trained: a view's module of the detector, or a segmentor. */
export interface TrainedPart {
  /** "detector-xy", "segmentor" */
  readonly name: string;
  readonly phase: PhaseName;
  readonly epochs: number;
  readonly steps: number;
  /** Sum over the epochs, validation included; of all sessions where it was interrupted. */
  readonly seconds: number;
  /** The best validation's score; NaN without any. */
  readonly bestScore: number;
}

/** Time and memory of a training step of the segmentor. */
export interface StepResult {
  readonly batchSize: number;
  readonly edge: number;
  /** Median. */
  readonly stepMs: number;
  /** The most that tensors held at once, weights and moments not counted. */
  readonly peakTensorBytes: number;
}

/** How a run's organ came out when it was segmented together with others, which exclude it. */
export interface TogetherResult {
  /** Ids of the others' runs. */
  readonly with: readonly string[];
  /** With crop, in both spaces. */
  readonly cases: readonly CaseResult[];
}

/** What a run came to: everything that tables need, without its weights. */
export interface RunResult {
  readonly id: string;
  readonly hash: string;
  readonly organ: string;
  readonly preset: string;
  readonly changes: readonly string[];
  readonly fold: string;
  readonly dataSet: string;
  readonly splitRule: string;
  /** Numbers of cases. */
  readonly training: number;
  readonly validation: number;
  readonly test: number;
  /** Edge of the segmentor's cube. */
  readonly roiEdge: number;
  readonly trained: readonly TrainedPart[];
  readonly modes: readonly EvaluationMode[];
  /** That of the run; older files lack it. */
  readonly twinHash?: string;
  /** Id of the run that measured it without crop, where that was another one. */
  readonly twinFrom?: string;
  readonly cases: readonly CaseResult[];
  /** Lacking until the organs of an experiment were measured together. */
  readonly together?: TogetherResult;
  /** None where the run has no detector. */
  readonly detections: readonly DetectorCase[];
  readonly costs: readonly ModelCost[];
  /** `null` where it was not asked for. */
  readonly step: StepResult | null;
  readonly toleranceMm: number;
  /** The most of the processes that trained and evaluated, in bytes; older files have the last one's. */
  readonly peakProcessBytes: number;
  /** What the driver said that it held on the GPU when it had evaluated; lacking without one. */
  readonly gpuBytes?: number;
  /** What was computed on: device, versions, processor. */
  readonly environment: Readonly<Record<string, string>>;
  readonly finishedAt: string;
}

/** Raised when the shape of the file changes. */
const FORMAT = 1;

/** True when nothing of what the run is asked for is missing from its result. */
export function covers(result: RunResult, spec: RunSpec): boolean {
  return result.hash === spec.hash &&
    spec.modes.every((mode) => result.modes.includes(mode)) &&
    (!spec.modes.includes("withoutCrop") || result.twinHash === spec.twinHash) &&
    spec.phases.every((phase) => result.trained.some((part) => part.phase === phase)) &&
    (result.step !== null || !spec.measuresStep);
}

/** Writes a result, whole or not at all: a line for each case, so that git shows what changed. */
export async function writeRunResult(path: string, result: RunResult): Promise<void> {
  const { cases, detections, together, ...rest } = result;
  const tables = {
    cases: rowsOfCases(cases),
    ...(together && { togetherCases: rowsOfCases(together.cases) }),
    detections: toRows(detections.map((x) => ({ ...x }))),
  };
  const plain = { format: FORMAT, ...rest, ...(together && { togetherWith: together.with }) };
  const members = Object.entries(plain).filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${JSON.stringify(name)}: ${stringifyNumbers(value)}`);
  const written = Object.entries(tables).map(([name, table]) =>
    `${JSON.stringify(name)}: ${tableText(table)}`
  );
  await writeAtomic(path, `{\n${[...members, ...written].join(",\n")}\n}\n`);
}

/**
 * Reads what {@linkcode writeRunResult} wrote; `null` when there is no file.
 *
 * @throws {UserError} when the file is damaged or of another version
 */
export async function readRunResult(path: string): Promise<RunResult | null> {
  if (!await exists(path)) return null;
  const result = parse(await Deno.readTextFile(path), path);
  const { format, cases, togetherWith, togetherCases, detections, ...rest } = result;
  if (format !== FORMAT) {
    throw new UserError({
      what: `cannot read the result ${path}`,
      rule: `its "format" must be ${FORMAT}`,
      seen: String(format),
      remedy: "Remove it, or use the version of this program that wrote it",
    });
  }
  for (const key of requiredKeys) if (!(key in result)) throw damaged(path, `without "${key}"`);
  return {
    ...rest,
    cases: casesOfRows(cases as Rows),
    ...(togetherCases === undefined
      ? {}
      : { together: { with: togetherWith, cases: casesOfRows(togetherCases as Rows) } }),
    detections: fromRows(detections as Rows),
  } as unknown as RunResult;
}

/** What every result has, of any version of this program. */
const requiredKeys = ["id", "hash", "cases", "detections", "modes", "trained", "costs"];

function parse(text: string, path: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = parseNumbers(text);
  } catch (cause) {
    throw damaged(path, "not so", cause);
  }
  if (typeof value !== "object" || value === null) throw damaged(path, "something else");
  return value as Record<string, unknown>;
}

function damaged(path: string, seen: string, cause?: unknown): UserError {
  return new UserError({
    what: `cannot read the result ${path}`,
    rule: "it must be JSON as `deno task experiment` writes it",
    seen,
    remedy: "Restore it from git, or remove it to have the run evaluated again",
  }, { cause });
}

function tableText({ columns, rows }: Rows): string {
  const lines = rows.map((row) => stringifyNumbers(row)).join(",\n");
  return `{"columns": ${JSON.stringify(columns)}, "rows": [\n${lines}\n]}`;
}
