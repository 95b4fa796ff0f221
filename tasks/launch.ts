/**
 * Starts one verb of `deno task`: provides what the verb needs (npm packages, the native
 * TensorFlow, a stand-in for JSR where it does not answer), then runs `tasks/<verb>.ts` and passes
 * signals and the exit code through.
 */
import { fileURLToPath } from "node:url";
import { UserError } from "../lib/errors.ts";
import { runDeno } from "../lib/runtime/child.ts";
import { chooseImportMap, projectImports } from "../lib/runtime/import_map.ts";
import { ensureNative } from "../lib/runtime/native.ts";
import { findBinding } from "../lib/runtime/native_files.ts";
import { ensureOpLibrary } from "../lib/runtime/op_library.ts";
import { variable } from "../lib/runtime/settings.ts";
import { ensureVolumeLibrary } from "../lib/runtime/volume_library.ts";

/** The verbs of `deno task`: whether a verb computes with TensorFlow, and reads scans without it. */
const verbs: Readonly<Record<string, { readonly native: boolean; readonly scans?: boolean }>> = {
  setup: { native: false },
  doctor: { native: false },
  test: { native: true },
  demo: { native: true },
  check: { native: false, scans: true },
  prepare: { native: false, scans: true },
  download: { native: false },
  phantom: { native: false },
  train: { native: true },
  evaluate: { native: true },
  score: { native: false, scans: true },
  experiment: { native: true },
  predict: { native: true },
  export: { native: true },
  watch: { native: false },
  report: { native: false },
  notebook: { native: true },
  notebooks: { native: true },
  bench: { native: true },
  lint: { native: false },
};

async function main(args: readonly string[]): Promise<number> {
  const [verb, ...rest] = args;
  if (!Object.hasOwn(verbs, verb ?? "")) {
    await printVerbs(verb);
    return verb === undefined || verb === "--help" ? 0 : 2;
  }
  const afterwards = rest.indexOf("--");
  const flags = afterwards < 0 ? rest : rest.slice(0, afterwards);
  const onlyHelp = flags.includes("--help") || flags.includes("-h");
  const withoutNative = onlyHelp && findBinding() === undefined;
  const { native, scans = native } = verbs[verb];
  if (native && !onlyHelp) {
    await ensureNative({ report: console.error });
    await ensureOpLibrary({ report: console.error });
  }
  if (scans && !onlyHelp) await ensureVolumeLibrary({ report: console.error });
  return await runVerb(verb, rest, await mapFor(withoutNative), withoutNative);
}

/** One line a verb, from the descriptions in deno.json. */
async function printVerbs(unknown: string | undefined): Promise<void> {
  const path = fileURLToPath(new URL("../deno.json", import.meta.url));
  const { tasks } = JSON.parse(await Deno.readTextFile(path));
  if (unknown !== undefined && unknown !== "--help") {
    console.error(`There is no verb ${JSON.stringify(unknown)}. These are there:`);
  }
  for (const verb of Object.keys(verbs)) {
    console.error(`  deno task ${verb.padEnd(11)}${tasks[verb]?.description ?? ""}`);
  }
}

/**
 * The import map to run with; undefined where deno.json's own entries serve. Where help is asked
 * for before set-up, TensorFlow.js without its native library takes the place of the one with it.
 */
async function mapFor(withoutNative: boolean): Promise<string | undefined> {
  if (!withoutNative) return await chooseImportMap();
  const name = "@tensorflow/tfjs-node-gpu";
  const { [name]: target } = await projectImports();
  return await chooseImportMap({ [name]: target.replace("tfjs-node-gpu", "tfjs") });
}

async function runVerb(
  verb: string,
  args: readonly string[],
  importMap: string | undefined,
  withoutNative: boolean,
): Promise<number> {
  const script = fileURLToPath(new URL(`./${verb}.ts`, import.meta.url));
  return await runDeno(
    [
      "run",
      "-A",
      ...(importMap === undefined ? [] : ["--import-map", importMap]),
      ...(withoutNative ? ["--no-lock"] : []),
      script,
      ...args,
    ],
    withoutNative ? { [variable.withoutNative]: "1" } : {},
  );
}

try {
  Deno.exit(await main(Deno.args));
} catch (error) {
  if (!(error instanceof UserError)) throw error;
  console.error(`error: ${error.message}`);
  Deno.exit(1);
}
