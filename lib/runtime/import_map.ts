import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { writeAtomic } from "../files.ts";
import { cacheFolder } from "./cache_folder.ts";
import { askJsr } from "./jsr.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** The local module that stands in for each JSR package of deno.json. */
export const standIns: Readonly<Record<string, string>> = {
  "@std/assert": "tasks/jsr_stand_in/assert.ts",
  "@std/cli": "tasks/jsr_stand_in/cli.ts",
};

/** The entries of deno.json's `imports`. */
export async function projectImports(): Promise<Record<string, string>> {
  const config = JSON.parse(await Deno.readTextFile(join(root, "deno.json")));
  return config.imports;
}

/** Those of the entries that come from JSR, as specifiers. */
export function jsrSpecifiers(imports: Readonly<Record<string, string>>): string[] {
  return Object.values(imports).filter((target) => target.startsWith("jsr:"));
}

/**
 * The import map to run this project's files with: undefined where deno.json's own entries serve,
 * else a written one with the stand-ins (where JSR does not answer) and the given entries swapped.
 */
export async function chooseImportMap(
  swapped: Readonly<Record<string, string>> = {},
): Promise<string | undefined> {
  const jsr = await askJsr(jsrSpecifiers(await projectImports()));
  const entries = { ...(jsr.answers ? {} : standInEntries()), ...swapped };
  return Object.keys(entries).length === 0 ? undefined : await writeImportMap(entries);
}

/**
 * Writes an import map equal to deno.json's imports with the given entries swapped, outside the
 * checkout, and returns its path. Its name follows its content, so that two runs can share one and
 * a new deno.json makes a new one.
 */
export async function writeImportMap(swapped: Readonly<Record<string, string>>): Promise<string> {
  const text = JSON.stringify({ imports: { ...await projectImports(), ...swapped } }, null, 2);
  const path = join(cacheFolder(), "import_maps", `${await shortHash(text)}.json`);
  try {
    if (await Deno.readTextFile(path) === text) return path;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  await writeAtomic(path, text);
  return path;
}

/** The entries that swap every JSR package for its stand-in. */
export function standInEntries(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(standIns).map(([name, path]) => [name, pathToFileURL(join(root, path)).href]),
  );
}

async function shortHash(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return new Uint8Array(digest).slice(0, 8).toHex();
}
