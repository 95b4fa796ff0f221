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

/** Runs `tasks/<name>.ts` without the launcher, with `dataDir` in the place of `data/` if given. */
export async function runVerb(
  name: string,
  args: readonly string[],
  dataDir?: string,
): Promise<Outcome> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", ...map, `${tasks}/${name}.ts`, ...args],
    env: { NO_COLOR: "1", ...(dataDir === undefined ? {} : { ROISEG_DATA_DIR: dataDir }) },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}
