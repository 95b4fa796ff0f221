/**
 * Stands in for `jsr:@std/cli` where JSR does not answer: `parseArgs` with the behaviour and, for
 * what this project uses, the types of the real one. The launcher alone chooses between the two.
 *
 * `parseArgs` of node:util is no base for it: it takes a flag for the value of the flag before.
 */

/** Aliases of flags: `{ h: "help" }`. */
type Aliases = Readonly<Record<string, string | readonly string[]>>;

/** The options of {@link parseArgs}. */
export interface ParseOptions<
  Booleans extends string = string,
  Strings extends string = string,
  Collected extends string = string,
  Negatable extends string = string,
  Defaults extends Record<string, unknown> = Record<string, unknown>,
  DoubleDash extends boolean = boolean,
> {
  /** Put what follows `--` under "--" instead of "_". */
  "--"?: DoubleDash;
  alias?: Aliases;
  /** Flags without a value; false where they are not given. */
  boolean?: Booleans | readonly Booleans[];
  default?: Defaults;
  /** Leave everything after the first argument that is no flag in "_". */
  stopEarly?: boolean;
  /** Flags whose value stays a string. */
  string?: Strings | readonly Strings[];
  /** Flags that may be repeated; an empty array where they are not given. */
  collect?: Collected | readonly Collected[];
  /** Flags that `--no-NAME` sets to false. */
  negatable?: Negatable | readonly Negatable[];
  /** Called for what no option names; false drops it. */
  unknown?: (arg: string, key?: string, value?: unknown) => unknown;
}

type OrFalse<Name, Negatable> = Name extends Negatable ? false : never;

/** What {@link parseArgs} returns. */
export type Args<
  Booleans extends string = string,
  Strings extends string = string,
  Collected extends string = string,
  Negatable extends string = string,
  // deno-lint-ignore ban-types
  Defaults extends Record<string, unknown> = {},
  DoubleDash extends boolean = false,
> =
  & { [name: string]: unknown }
  & { _: (string | number)[] }
  & (DoubleDash extends true ? { "--": string[] } : unknown)
  & {
    [
      Name in Exclude<Booleans, Collected> as Name extends keyof Defaults ? never : Name
    ]: boolean;
  }
  & {
    [
      Name in Exclude<Strings, Collected> as Name extends keyof Defaults ? never : Name
    ]?: string | OrFalse<Name, Negatable>;
  }
  & { [Name in Extract<Strings, Collected>]: string[] }
  & { [Name in Extract<Booleans, Collected>]: boolean[] }
  & { [Name in Exclude<Collected, Strings | Booleans>]: unknown[] }
  & {
    [Name in Exclude<keyof Defaults, Collected>]: Name extends Strings
      ? string | Defaults[Name] | OrFalse<Name, Negatable>
      : Name extends Booleans ? boolean | Defaults[Name]
      : unknown;
  };

/**
 * Reads command line arguments. `--name value`, `--name=value`, `-n value`, `-abc`, `--no-name`
 * (where negatable); other arguments are in `_`, as numbers where they look like numbers and "_"
 * is not among the strings.
 */
export function parseArgs<
  Booleans extends string = never,
  Strings extends string = never,
  Collected extends string = never,
  Negatable extends string = never,
  // deno-lint-ignore ban-types
  Defaults extends Record<string, unknown> = {},
  DoubleDash extends boolean = false,
>(
  args: string[],
  options: ParseOptions<Booleans, Strings, Collected, Negatable, Defaults, DoubleDash> = {},
): Args<Booleans, Strings, Collected, Negatable, Defaults, DoubleDash> {
  const aliases = aliasGroups(options.alias ?? {});
  const named = (names: string | readonly string[] | undefined) =>
    new Set(listOf(names).flatMap((name) => [name, ...aliases.get(name) ?? []]));
  const booleans = named(options.boolean);
  const strings = named(options.string);
  const collected = named(options.collect);
  const negatable = named(options.negatable);
  const unknown = options.unknown ?? (() => undefined);
  const rest: (string | number)[] = [];
  const values: Record<string, unknown> = { _: rest };

  const set = (key: string, given: string | boolean, arg: string, mayCollect = true) => {
    const isKnown = booleans.has(key) || strings.has(key) || aliases.has(key);
    if (!isKnown && unknown(arg, key, given) === false) return;
    const value = typeof given === "string" && !strings.has(key) ? asNumber(given) : given;
    for (const name of [key, ...aliases.get(key) ?? []]) {
      if (!mayCollect || !collected.has(key)) values[name] = value;
      else values[name] = [...(values[name] as unknown[] | undefined ?? []), value];
    }
  };
  /** Sets a flag that has no value of its own; true when it took the next argument as its value. */
  const setWithNext = (key: string, next: string | undefined, arg: string, flag: RegExp) => {
    const takes = next !== undefined && next !== "" && !flag.test(next);
    if (takes && !booleans.has(key)) {
      set(key, next, arg);
      return true;
    }
    if (next === "true" || next === "false") {
      set(key, next === "true", arg);
      return true;
    }
    set(key, strings.has(key) ? "" : true, arg);
    return false;
  };

  const end = args.indexOf("--");
  const parsed = end < 0 ? args : args.slice(0, end);
  const untouched = end < 0 ? [] : args.slice(end + 1);
  for (let i = 0; i < parsed.length; i++) {
    const arg = parsed[i];
    const long = arg.match(/^--(.+?)(?:=(.+))?$/s);
    if (long) {
      const [, key, value] = long;
      const positive = key.startsWith("no-") ? key.slice(3) : undefined;
      if (value !== undefined) set(key, booleans.has(key) ? value !== "false" : value, arg);
      else if (positive !== undefined && negatable.has(positive)) set(positive, false, arg, false);
      else if (setWithNext(key, parsed[i + 1], arg, /^-/)) i++;
    } else if (/^-[^-]/.test(arg)) {
      const last = setLetters(arg, set, strings);
      if (last !== undefined && setWithNext(last, parsed[i + 1], arg, /^--?[^-]/)) i++;
    } else {
      if (unknown(arg) !== false) rest.push(strings.has("_") ? arg : asNumber(arg));
      if (options.stopEarly) {
        rest.push(...parsed.slice(i + 1));
        break;
      }
    }
  }

  for (const [key, value] of Object.entries(options.default ?? {})) {
    for (const name of [key, ...aliases.get(key) ?? []]) {
      if (!Object.hasOwn(values, name)) values[name] = value;
    }
  }
  for (const name of booleans) values[name] ??= collected.has(name) ? [] : false;
  for (const name of strings) if (collected.has(name)) values[name] ??= [];
  if (options["--"]) values["--"] = untouched;
  else rest.push(...untouched);
  return values as Args<Booleans, Strings, Collected, Negatable, Defaults, DoubleDash>;
}

/** Sets the letters of `-abc`; returns the last where it may take the next argument. */
function setLetters(
  arg: string,
  set: (key: string, value: string | boolean, arg: string) => void,
  strings: ReadonlySet<string>,
): string | undefined {
  for (let i = 1; i < arg.length - 1; i++) {
    const after = arg.slice(i + 1);
    const isValue = /^=./s.test(after) || /^-?\d+(\.\d*)?(e-?\d+)?$/.test(after) ||
      /^\W/.test(after);
    if (isValue) {
      set(arg[i], after.replace(/^=/, ""), arg);
      return undefined;
    }
    set(arg[i], strings.has(arg[i]) ? "" : true, arg);
  }
  return arg.at(-1);
}

/** For each name that has aliases, or is one, the other names of its group. */
function aliasGroups(alias: Aliases): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const [name, others] of Object.entries(alias)) {
    const group = [name, ...listOf(others)];
    for (const one of group) groups.set(one, group.filter((other) => other !== one));
  }
  return groups;
}

function listOf(names: string | readonly string[] | undefined): readonly string[] {
  return typeof names === "string" ? [names] : names ?? [];
}

function asNumber(text: string): string | number {
  const isNumber = /^0x[0-9a-f]+$/i.test(text) ||
    /^[-+]?(?:\d+(?:\.\d*)?|\.\d+)(e[-+]?\d+)?$/.test(text);
  return isNumber ? Number(text) : text;
}
