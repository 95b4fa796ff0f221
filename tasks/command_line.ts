/** What the verbs of `deno task` share: flags, help, errors, interrupts and exit codes. */
import { parseArgs } from "@std/cli";
import { UserError } from "../lib/errors.ts";
import { nearestName } from "../lib/nearest_name.ts";
import { Interrupt, interruptedExitCode } from "../lib/training/interrupt.ts";

interface AnyFlag {
  /** One line of the help text. */
  readonly description: string;
}

/** `--name`: false where it is not given. */
export interface BooleanFlag extends AnyFlag {
  readonly type: "boolean";
}

/** `--name VALUE`. */
export interface TextFlag extends AnyFlag {
  readonly type: "text";
  /** What the help text calls the value: "DIR". */
  readonly value?: string;
  readonly default?: string;
  readonly required?: boolean;
  /** The only values allowed. */
  readonly choices?: readonly string[];
}

/** `--name NUMBER`, in min .. max. */
export interface NumberFlag extends AnyFlag {
  readonly type: "number" | "integer";
  readonly value?: string;
  readonly default?: number;
  readonly required?: boolean;
  readonly min?: number;
  readonly max?: number;
}

/** `--name VALUE --name VALUE`: an empty list where it is not given and need not be. */
export interface ListFlag extends AnyFlag {
  readonly type: "list";
  readonly value?: string;
  readonly required?: boolean;
}

/** A flag of a verb. */
export type Flag = BooleanFlag | TextFlag | NumberFlag | ListFlag;

/** The flags of a verb by name, in the order of the help text. */
export type Flags = Readonly<Record<string, Flag>>;

type Scalar<F, Value> = F extends { readonly default: Value } | { readonly required: true } ? Value
  : Value | undefined;

/** What a flag's value is to the verb. */
export type FlagValue<F extends Flag> = F extends BooleanFlag ? boolean
  : F extends ListFlag ? readonly string[]
  : F extends TextFlag
    ? F extends { readonly choices: readonly (infer Choice extends string)[] }
      ? Scalar<F, string> extends string ? Choice : Choice | undefined
    : Scalar<F, string>
  : Scalar<F, number>;

/** The values of all flags of a verb, by name. */
export type FlagValues<F extends Flags> = { readonly [Name in keyof F]: FlagValue<F[Name]> };

/** A verb of `deno task`. */
export interface Task<F extends Flags> {
  /** As in `deno task NAME`. */
  readonly name: string;
  /** What it does, in a sentence. */
  readonly summary: string;
  readonly flags: F;
  /** The flag whose value may also be given as a bare first argument: \`deno task NAME VALUE\`. */
  readonly first?: keyof F & string;
  /** Further paragraphs of the help text: files, examples. */
  readonly details?: string;
  /**
   * `exit` (unless given): Ctrl-C ends the program at once. `signal`: the first Ctrl-C, or SIGTERM,
   * aborts the signal that the verb gets, and only the second ends the program at once.
   */
  readonly interrupt?: "exit" | "signal";
}

/** By the name of a flag, what other verbs call the same; the first that the verb has is meant. */
const synonyms: Readonly<Record<string, readonly string[]>> = {
  model: ["run"], // the model of predict is a run
  run: ["model"],
  out: ["output"],
  output: ["results"],
  results: ["output"],
  input: ["masks", "data"],
  data: ["input"],
};

/** A command line that breaks the rules of the verb's flags; the exit code is 2. */
export class UsageError extends UserError {}

/**
 * Runs a verb and ends the process. Exit codes: what `main` returns, else 0; 1 after a
 * {@linkcode UserError}, which is printed without its stack; 2 after a faulty command line;
 * 130 after an interrupt. Any other error is a fault of the program and keeps its stack.
 */
export async function runTask<const F extends Flags>(
  task: Task<F>,
  main: (flags: FlagValues<F>, signal: AbortSignal) => Promise<number | void> | number | void,
): Promise<never> {
  Deno.exit(await taskExitCode(task, main, Deno.args));
}

/** {@linkcode runTask} without its end: the exit code, for arguments of one's own. */
export async function taskExitCode<const F extends Flags>(
  task: Task<F>,
  main: (flags: FlagValues<F>, signal: AbortSignal) => Promise<number | void> | number | void,
  args: readonly string[],
): Promise<number> {
  using interrupt = task.interrupt === "signal" ? new Interrupt() : undefined;
  const signal = interrupt?.signal ?? new AbortController().signal;
  signal.addEventListener("abort", () => console.error("\nStopping; once more ends at once."));
  try {
    const flags = parseFlags(task, args);
    if (flags === "help") {
      console.log(helpText(task));
      return 0;
    }
    const code = await main(flags, signal);
    return signal.aborted ? interruptedExitCode : code ?? 0;
  } catch (error) {
    if (signal.aborted && error === signal.reason) return interruptedExitCode;
    if (!(error instanceof UserError)) throw error;
    console.error(`error: ${error.message}`);
    return error instanceof UsageError ? 2 : 1;
  }
}

/**
 * The values of a verb's flags, or "help" where that is asked for.
 *
 * @throws UsageError for an unknown flag (naming the one that may be meant), an argument that is no
 *   flag, a missing or superfluous value, and a value that breaks the flag's rule
 */
export function parseFlags<const F extends Flags>(
  task: Task<F>,
  args: readonly string[],
): FlagValues<F> | "help" {
  const given = nameFirst(task, args);
  refuseMisreadValues(task, given);
  const entries = Object.entries(task.flags);
  const names = (wanted: (flag: Flag) => boolean) =>
    entries.filter(([, flag]) => wanted(flag)).map(([name]) => name);
  const parsed = parseArgs(joinNegativeNumbers(given, task.flags), {
    boolean: ["help", ...names((flag) => flag.type === "boolean")],
    string: names((flag) => flag.type !== "boolean"),
    collect: names((flag) => flag.type !== "boolean"),
    alias: { h: "help" },
    unknown: (argument, key) => {
      throw unknownArgument(task, argument, key);
    },
  });
  if (parsed.help) return "help";
  const values = entries.map(([name, flag]): [string, unknown] => [
    name,
    flag.type === "boolean" ? parsed[name] : valueOf(task, name, flag, parsed[name] as string[]),
  ]);
  return Object.fromEntries(values) as FlagValues<F>;
}

/** `focus --data DIR` becomes `--name=focus --data DIR` where `name` is the first flag. */
function nameFirst<F extends Flags>({ first }: Task<F>, args: readonly string[]): string[] {
  const [value, ...rest] = args;
  const isBare = first !== undefined && value !== undefined && !value.startsWith("-");
  return isBare ? [`--${first}=${value}`, ...rest] : [...args];
}

/** Refuses what parseArgs takes for something else: `--resume=no` for true, `--organ ""` for two. */
function refuseMisreadValues<F extends Flags>(task: Task<F>, args: readonly string[]): void {
  for (const [i, arg] of args.entries()) {
    const [, name = "", value] = arg.match(/^--([^=]+)(?:=(.*))?$/s) ?? [];
    if (!Object.hasOwn(task.flags, name)) continue;
    if (task.flags[name].type !== "boolean") {
      if ((value ?? args[i + 1]) === "") {
        throw flagFault(task, name, "needs a value", "without one");
      }
    } else if (value !== undefined && value !== "true" && value !== "false") {
      throw flagFault(task, name, "takes no value", value === "" ? "empty" : value);
    }
  }
}

/** `--low -160` becomes `--low=-160`, because parseArgs takes -160 for flags. */
function joinNegativeNumbers(args: readonly string[], flags: Flags): string[] {
  const joined: string[] = [];
  for (const arg of args) {
    const before = joined.at(-1)?.match(/^--([^=]+)$/)?.[1];
    const type = before !== undefined && Object.hasOwn(flags, before) && flags[before].type;
    if (type && type !== "boolean" && /^-[\d.]/.test(arg)) {
      joined.push(`${joined.pop()}=${arg}`);
    } else joined.push(arg);
  }
  return joined;
}

function unknownArgument<F extends Flags>(
  task: Task<F>,
  argument: string,
  key: string | undefined,
): UsageError {
  const what = `cannot run deno task ${task.name} with ${argument}`;
  const remedy = `See deno task ${task.name} --help`;
  if (key === undefined) {
    const flag = ["data", "run", "input"].find((name) => Object.hasOwn(task.flags, name));
    return new UsageError({
      what,
      rule: "it takes flags only",
      remedy: flag === undefined ? remedy : `Do you mean --${flag} ${argument}? ${remedy}`,
    });
  }
  const nearest = synonymOf(task, key) ?? nearestName(key, Object.keys(task.flags));
  return new UsageError({
    what,
    rule: `it has no flag --${key}`,
    remedy: nearest === undefined ? remedy : `Did you mean --${nearest}? ${remedy}`,
  });
}

/** What this verb calls a flag that others have under another name. */
function synonymOf<F extends Flags>({ flags }: Task<F>, name: string): string | undefined {
  if (!Object.hasOwn(synonyms, name)) return undefined;
  return synonyms[name].find((synonym) => Object.hasOwn(flags, synonym));
}

function firstMissing<F extends Flags>(task: Task<F>, flag: Flag): UsageError {
  const choices = flag.type === "text" && flag.choices ? `, one of ${flag.choices.join(", ")}` : "";
  return new UsageError({
    what: `cannot run deno task ${task.name}`,
    rule: `it needs a ${valueName(flag)}${choices}`,
    seen: "without one",
    remedy: `Write deno task ${task.name} ${valueName(flag)}; see deno task ${task.name} --help`,
  });
}

function flagFault<F extends Flags>(
  task: Task<F>,
  name: string,
  rule: string,
  seen?: string,
  nearest?: string,
): UsageError {
  const remedy = `See deno task ${task.name} --help`;
  return new UsageError({
    what: `cannot run deno task ${task.name}`,
    // The first value may have been given without its flag's name.
    rule: name === task.first ? `its ${valueName(task.flags[name])} ${rule}` : `--${name} ${rule}`,
    seen,
    remedy: nearest === undefined ? remedy : `Did you mean ${nearest}? ${remedy}`,
  });
}

function valueOf<F extends Flags>(
  task: Task<F>,
  name: string,
  flag: Exclude<Flag, BooleanFlag>,
  given: readonly string[],
): string | number | readonly string[] | undefined {
  const fault = (rule: string, seen?: string) => flagFault(task, name, rule, seen);
  if (given.includes("")) throw fault("needs a value", "without one");
  if (flag.type === "list") {
    if (flag.required && given.length === 0) throw fault("is required", "missing");
    return given;
  }
  if (given.length > 1) throw fault("is given once", `given ${given.length} times`);
  const [text] = given;
  if (text === undefined) {
    if (!flag.required) return flag.default;
    throw name === task.first ? firstMissing(task, flag) : fault("is required", "missing");
  }
  if (flag.type === "text") {
    if (flag.choices !== undefined && !flag.choices.includes(text)) {
      const nearest = nearestName(text, flag.choices);
      throw flagFault(task, name, `must be ${flag.choices.join(" or ")}`, text, nearest);
    }
    return text;
  }
  const value = text.trim() === "" ? NaN : Number(text);
  const isOfType = flag.type === "integer" ? Number.isInteger(value) : Number.isFinite(value);
  if (!isOfType) {
    throw fault(`must be ${flag.type === "integer" ? "an integer" : "a number"}`, text);
  }
  if (flag.min !== undefined && value < flag.min) throw fault(`must be at least ${flag.min}`, text);
  if (flag.max !== undefined && value > flag.max) throw fault(`must be at most ${flag.max}`, text);
  return value;
}

/** The text that `--help` prints. */
export function helpText<F extends Flags>(task: Task<F>): string {
  const rows = [
    ...Object.entries(task.flags).map(([name, flag]) => [usageOf(name, flag), describe(flag)]),
    ["--help", "print this text"],
  ];
  const width = Math.max(...rows.map(([usage]) => usage.length));
  const required = Object.entries(task.flags)
    .filter(([, flag]) => "required" in flag && flag.required)
    .map(([name, flag]) => name === task.first ? ` ${valueName(flag)}` : ` ${usageOf(name, flag)}`);
  return [
    task.summary,
    "",
    `Usage: deno task ${task.name}${required.join("")} [flags]`,
    "",
    ...rows.map(([usage, description]) => `  ${usage.padEnd(width)}  ${description}`),
    ...(task.details === undefined ? [] : ["", task.details.replace(/^\n+|\s+$/g, "")]),
  ].join("\n");
}

function usageOf(name: string, flag: Flag): string {
  if (flag.type === "boolean") return `--${name}`;
  if (flag.type === "text" && flag.choices !== undefined) {
    return `--${name} ${flag.choices.join("|")}`;
  }
  return `--${name} ${valueName(flag)}`;
}

function valueName(flag: Flag): string {
  const named = "value" in flag ? flag.value : undefined;
  return named ?? (flag.type === "text" || flag.type === "list" ? "TEXT" : "N");
}

function describe(flag: Flag): string {
  const notes: string[] = [];
  if ("default" in flag && (flag.default ?? "") !== "") notes.push(`default ${flag.default}`);
  if (flag.type === "list") notes.push("may be repeated");
  return notes.length === 0 ? flag.description : `${flag.description} (${notes.join("; ")})`;
}
