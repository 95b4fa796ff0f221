/**
 * `deno task test`: type-checks the project, runs its tests and ends with the line
 * `N passed, N failed, N skipped`.
 */
import { fileURLToPath } from "node:url";
import { runDeno } from "../lib/runtime/child.ts";
import { chooseImportMap } from "../lib/runtime/import_map.ts";

const usage = `Runs the tests.

Usage: deno task test [path | word | option]...

  path     a file or folder of tests; all of tests/ where none is given
  word     run the tests whose names contain it
  option   an option of \`deno test\`, such as --fail-fast or --filter=/pattern/

Test files run side by side; DENO_JOBS=1 runs them one by one. Tests that need data which this
machine lacks are skipped. The exit code is that of \`deno test\`, and 1 where no test fits a
word.`;

/** The result of a run: numbers of tests. */
export interface TestCounts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/**
 * Counts the tests in a JUnit report of `deno test`. A step, which is named "test > step" there,
 * is part of its test.
 */
export function countTests(junit: string): TestCounts {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const suite of junit.split("<testsuite ").slice(1)) {
    const cases = [
      ...suite.matchAll(/<testcase name="([^"]*)"[^>]*?(?:\/>|>([\s\S]*?)<\/testcase>)/g),
    ];
    const names = new Set(cases.map(([, name]) => name));
    const isStep = (name: string) => {
      const parts = name.split(" &gt; ");
      return parts.some((_, end) => end > 0 && names.has(parts.slice(0, end).join(" &gt; ")));
    };
    for (const [, name, body = ""] of cases) {
      if (isStep(name)) continue;
      if (/<(failure|error)\b/.test(body)) counts.failed++;
      else if (/<skipped\b/.test(body)) counts.skipped++;
      else counts.passed++;
    }
  }
  return counts;
}

/** True where a JUnit report has only tests that a filter dropped: those have no time. */
export function isWithoutTests(junit: string): boolean {
  return !/<testcase [^>]* time="/.test(junit);
}

/** Splits the arguments into test files and folders, and options; a lone word becomes a filter. */
export function readArguments(
  args: readonly string[],
  isPath: (argument: string) => boolean,
): { paths: string[]; options: string[] } {
  const paths: string[] = [];
  const options: string[] = [];
  for (const [index, argument] of args.entries()) {
    const isValue = /^--[^=]+$/.test(args[index - 1] ?? "");
    if (argument.startsWith("-") || (isValue && !isPath(argument))) options.push(argument);
    else if (isPath(argument)) paths.push(argument);
    else options.push(`--filter=${argument}`);
  }
  return { paths, options };
}

function existsHere(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}

function close({ passed, failed, skipped }: TestCounts): void {
  console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
}

async function main(): Promise<number> {
  if (Deno.args.includes("--help") || Deno.args.includes("-h")) {
    console.log(usage);
    return 0;
  }
  const { paths, options } = readArguments(Deno.args, existsHere);
  const importMap = await chooseImportMap();
  const map = importMap === undefined ? [] : ["--import-map", importMap];
  const everything = paths.length === 0;
  if (everything) {
    const code = await runDeno(["check", "--quiet", ...map, "lib", "tasks", "tests"]);
    if (code !== 0) {
      close({ passed: 0, failed: 1, skipped: 0 });
      return code;
    }
  }
  const report = await Deno.makeTempFile({ suffix: ".xml" });
  try {
    const code = await runDeno([
      "test",
      "-A",
      "--parallel",
      ...(everything ? ["--no-check"] : []),
      ...map,
      `--junit-path=${report}`,
      ...options,
      ...(everything ? ["tests/"] : paths),
    ]);
    const junit = await Deno.readTextFile(report);
    const counts = countTests(junit);
    const isFiltered = options.some((option) => option.startsWith("--filter"));
    const foundNone = code === 0 && isFiltered && isWithoutTests(junit);
    if (foundNone) console.error(`error: no test fits ${Deno.args.join(" ")}`);
    const unnamedFailure = (code !== 0 || foundNone) && counts.failed === 0;
    close(unnamedFailure ? { ...counts, failed: 1 } : counts);
    return foundNone ? 1 : code;
  } finally {
    await Deno.remove(report);
  }
}

if (import.meta.main) {
  Deno.chdir(fileURLToPath(new URL("..", import.meta.url)));
  Deno.exit(await main());
}
