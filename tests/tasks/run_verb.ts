import { fileURLToPath } from "node:url";
import { chooseImportMap } from "../../lib/runtime/import_map.ts";

const tasks = fileURLToPath(new URL("../../tasks", import.meta.url));
const importMap = await chooseImportMap();
const map = importMap === undefined ? [] : ["--import-map", importMap];

/** What a verb left. */
export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts `tasks/<name>.ts` without the launcher, with `dataDir` in the place of `data/` if given. */
export function startVerb(
  name: string,
  args: readonly string[],
  dataDir?: string,
): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", ...map, `${tasks}/${name}.ts`, ...args],
    env: { NO_COLOR: "1", ...(dataDir === undefined ? {} : { ROISEG_DATA_DIR: dataDir }) },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

/** What a process leaves when it ends. */
export async function outcomeOf(child: Deno.ChildProcess): Promise<Outcome> {
  const { code, stdout, stderr } = await child.output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

/** {@linkcode startVerb} to its end. */
export async function runVerb(...verb: Parameters<typeof startVerb>): Promise<Outcome> {
  return await outcomeOf(startVerb(...verb));
}
