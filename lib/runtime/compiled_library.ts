import { createHash } from "node:crypto";
import { dirname, join } from "node:path";
import { UserError } from "../errors.ts";
import { passingPath, writeAtomic } from "../files.ts";
import { cacheFolder } from "./cache_folder.ts";
import { compilerVersion, findCompiler } from "./compiler.ts";
import { exclusively } from "./exclusive.ts";
import { processorFeatures } from "./processor.ts";
import { runProgram } from "./program.ts";
import { variable } from "./settings.ts";

/** C++ sources of this project that become a shared library for `Deno.dlopen`. */
export interface LibrarySource {
  /** Its folder in the cache folder: "volume". */
  readonly name: string;
  /** The folder of the sources, all of which count. */
  readonly folder: string;
  /** The file of the folder that includes the others. */
  readonly mainFile: string;
  /** Further arguments for the compiler. */
  readonly arguments: readonly string[];
  /** What follows when it cannot be built: "Scans will be read slower". */
  readonly without: string;
}

/** What is known of a library on this machine. */
export interface CompiledLibrary {
  /** "built", "not built", "failed" (see `reason`), or "switched off" by the environment. */
  readonly state: "built" | "not built" | "failed" | "switched off";
  /** Where the library lies or would lie. */
  readonly path: string;
  /** Why it could not be built. */
  readonly reason?: string;
}

const usualArguments: readonly string[] = [
  "-std=c++17",
  "-O3",
  Deno.build.arch === "aarch64" ? "-mcpu=native" : "-march=native",
  "-w",
  "-shared",
  "-fPIC",
];

/**
 * The state of a library. Its place follows from the sources, the compiler's arguments and version,
 * and the processor, so that a change of any of them asks for a new one. Until that is built, one
 * that another compiler made of the same sources serves.
 */
export function describeLibrary(source: LibrarySource): CompiledLibrary {
  const { path, key } = placeOf(source);
  if (Deno.env.get(variable.nativeOps) === "no") return { state: "switched off", path };
  if (isThere(path)) return { state: "built", path };
  const other = builtByAnother(dirname(path), key);
  if (other !== undefined) return { state: "built", path: other };
  const reason = isThere(failurePath(path)) ? Deno.readTextFileSync(failurePath(path)) : undefined;
  return reason === undefined ? { state: "not built", path } : { state: "failed", path, reason };
}

/** True when `ensureLibrary` would build it: for the compiler of today, it was not tried yet. */
export function needsBuilding(source: LibrarySource): boolean {
  const { path } = placeOf(source);
  return Deno.env.get(variable.nativeOps) !== "no" && !isThere(path) && !isThere(failurePath(path));
}

/**
 * Makes sure that a library is built, where that can be. It never throws, since the program works
 * without. Two builds at once wait for each other, an interrupted one leaves nothing that counts,
 * and one that failed is not tried again unless forced.
 *
 * @param options.report takes one line of news at a time
 * @param options.force build anew, also after a failure
 */
export async function ensureLibrary(
  source: LibrarySource,
  { report, force = false }: { readonly report: (line: string) => void; readonly force?: boolean },
): Promise<void> {
  const { path } = placeOf(source);
  if (Deno.env.get(variable.nativeOps) === "no" || !(force || needsBuilding(source))) return;
  try {
    await exclusively(
      `${path}.lock`,
      async () => {
        if (force || !isThere(path)) await compile(source, path);
      },
      () => report(`Waiting for another build of the ${source.name} library to finish ...`),
    );
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    report(`${source.without}: ${reason}`);
    await writeAtomic(failurePath(path), reason).catch(() => {});
  }
}

async function compile(source: LibrarySource, path: string): Promise<void> {
  const what = `cannot compile the project's ${source.name} library`;
  const { command } = await findCompiler(what);
  const passing = passingPath(path);
  const result = await runProgram(command, [
    ...usualArguments,
    join(source.folder, source.mainFile),
    ...source.arguments,
    "-o",
    passing,
  ]);
  if (!result?.success) {
    const lines = result?.stderr.split("\n") ?? [];
    throw new UserError({
      what,
      rule: `${command} must accept its sources`,
      seen: `refusing them: ${lines.find((line) => line.includes("error")) ?? lines[0]}`,
      remedy: "Try another compiler: CXX=clang++ deno task setup --force",
    });
  }
  await Deno.rename(passing, path);
  await Deno.remove(failurePath(path)).catch(() => {});
}

/** Where today's compiler puts a library, and the part of its name that is every compiler's. */
function placeOf(source: LibrarySource): { path: string; key: string } {
  const key = keyOf(source);
  const compiler = createHash("sha256").update(compilerVersion()).digest("hex").slice(0, 8);
  return { path: join(cacheFolder(), source.name, `${key}-${compiler}.so`), key };
}

function builtByAnother(folder: string, key: string): string | undefined {
  try {
    const names = [...Deno.readDirSync(folder)].map(({ name }) => name);
    const name = names.find((name) => name.startsWith(`${key}-`) && name.endsWith(".so"));
    return name && join(folder, name);
  } catch {
    return undefined; // no folder yet
  }
}

function keyOf(source: LibrarySource): string {
  const hash = createHash("sha256").update(processorFeatures());
  for (const argument of [...usualArguments, ...source.arguments]) hash.update(argument);
  const names = [...Deno.readDirSync(source.folder)].map(({ name }) => name).toSorted();
  for (const name of names) hash.update(name).update(Deno.readFileSync(join(source.folder, name)));
  return hash.digest("hex").slice(0, 16);
}

function failurePath(path: string): string {
  return `${path}.failed`;
}

function isThere(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}
