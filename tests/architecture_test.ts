/**
 * Reads the real import graph (`deno info --json`) of lib/ and tasks/ and compares it with the
 * picture of the architecture: the tables below, which are that picture as data.
 */
import { assertEquals } from "@std/assert";
import { fileURLToPath, pathToFileURL } from "node:url";
import { standInEntries, writeImportMap } from "../lib/runtime/import_map.ts";

/** Plain helpers that everything above them may use. */
const base = [
  "errors",
  "once",
  "paths",
  "files",
  "random",
  "nearest name",
  "shell word",
  "disk space",
  "folder lock",
];

/**
 * The layers, from the bottom up: which files, and which other layers they may import. A path that
 * ends in "/" is a folder; the first row that fits a file is its layer.
 */
const layers: readonly { name: string; path: string; mayImport: readonly string[] }[] = [
  { name: "errors", path: "lib/errors.ts", mayImport: [] },
  { name: "once", path: "lib/once.ts", mayImport: [] },
  { name: "paths", path: "lib/paths.ts", mayImport: ["runtime"] },
  { name: "files", path: "lib/files.ts", mayImport: ["errors"] },
  { name: "random", path: "lib/random.ts", mayImport: ["errors"] },
  { name: "shell word", path: "lib/shell_word.ts", mayImport: [] },
  { name: "nearest name", path: "lib/nearest_name.ts", mayImport: [] },
  { name: "disk space", path: "lib/disk_space.ts", mayImport: ["errors"] },
  { name: "folder lock", path: "lib/folder_lock.ts", mayImport: ["errors", "files"] },
  { name: "config", path: "lib/config/", mayImport: base },
  { name: "runtime", path: "lib/runtime/", mayImport: ["errors", "files", "disk space"] },
  // Of the runtime, the library that its inner loops are compiled to.
  { name: "volume", path: "lib/volume/", mayImport: [...base, "runtime"] },
  { name: "dataset", path: "lib/dataset/", mayImport: [...base, "config", "volume"] },
  { name: "tf", path: "lib/tf.ts", mayImport: ["errors", "runtime"] },
  { name: "tf self-test", path: "lib/tf_self_test.ts", mayImport: ["tf"] },
  { name: "nn", path: "lib/nn/", mayImport: [...base, "config", "tf"] },
  {
    name: "detector",
    path: "lib/detector/",
    mayImport: [...base, "config", "volume", "tf", "nn"],
  },
  {
    name: "segmentor",
    path: "lib/segmentor/",
    mayImport: [...base, "config", "volume", "tf", "nn"],
  },
  {
    // Above segmentor: Slim UNETR is made of the same levels.
    name: "peers",
    path: "lib/peers/",
    mayImport: [...base, "config", "tf", "nn", "segmentor"],
  },
  { name: "figures", path: "lib/figures/", mayImport: [...base, "volume"] },
  {
    name: "training",
    path: "lib/training/",
    mayImport: [
      ...base,
      "config",
      "volume",
      "dataset",
      "tf",
      "nn",
      "detector",
      "segmentor",
      "peers",
    ],
  },
  {
    // Above training: it measures what a run's folder holds.
    name: "evaluation",
    path: "lib/evaluation/",
    mayImport: [
      ...base,
      "config",
      "volume",
      "dataset",
      "tf",
      "nn",
      "detector",
      "segmentor",
      "peers",
      "training",
      "figures",
    ],
  },
  {
    // What runs left, read without running anything.
    name: "report",
    path: "lib/report/",
    mayImport: [...base, "config", "volume", "dataset", "training", "evaluation", "figures"],
  },
  {
    // Many runs and their tables: above all that one run needs.
    name: "experiments",
    path: "lib/experiments/",
    mayImport: [
      ...base,
      "config",
      "runtime",
      "volume",
      "dataset",
      "tf",
      "training",
      "evaluation",
      "figures",
      "report",
    ],
  },
  { name: "jupyter", path: "lib/jupyter/", mayImport: [...base, "runtime"] },
  {
    name: "notebook",
    path: "lib/notebook/",
    mayImport: [
      ...base,
      "config",
      "runtime",
      "volume",
      "dataset",
      "tf",
      "nn",
      "detector",
      "segmentor",
      "peers",
      "training",
      "evaluation",
      "figures",
      "report",
    ],
  },
  {
    // Measures everything below it.
    name: "benchmark",
    path: "lib/benchmark/",
    mayImport: [
      ...base,
      "config",
      "volume",
      "dataset",
      "tf",
      "nn",
      "detector",
      "segmentor",
      "training",
      "evaluation",
    ],
  },
  { name: "launcher", path: "tasks/launch.ts", mayImport: ["errors", "runtime"] },
  { name: "JSR stand-ins", path: "tasks/jsr_stand_in/", mayImport: [] },
  { name: "tasks", path: "tasks/", mayImport: ["*"] },
];

/** Files that run models, in a layer that else computes without TensorFlow. */
const usesModels: readonly string[] = [
  "lib/evaluation/box_outcomes.ts",
  "lib/evaluation/cost.ts",
  "lib/evaluation/detector_cases.ts",
  "lib/evaluation/evaluate_run.ts",
  "lib/evaluation/evaluate_together.ts",
  "lib/evaluation/gpu_memory.ts",
  "lib/evaluation/model_measurement.ts",
  "lib/evaluation/network_cost.ts",
  "lib/evaluation/peer_cost.ts",
  "lib/evaluation/organ_predictor.ts",
  "lib/evaluation/predict_files.ts",
  "lib/evaluation/run_models.ts",
  "lib/evaluation/segment_scan.ts",
  "lib/evaluation/stage_measurement.ts",
  "lib/experiments/execute_run.ts",
  "lib/experiments/measure_cost.ts",
  "lib/experiments/measure_together.ts",
  "lib/experiments/modes_here.ts",
];

/** Folders whose files never load TensorFlow, not even through another file. */
const withoutTensorflow: readonly string[] = [
  "lib/config/",
  "lib/runtime/",
  "lib/volume/",
  "lib/dataset/",
  "lib/figures/",
  "lib/evaluation/",
  "lib/report/",
  "lib/experiments/",
];

/** Which files may import a package; the others must go through those. */
const packages: readonly { name: RegExp; only: readonly string[] }[] = [
  { name: /@tensorflow\//, only: ["lib/tf.ts"] },
  { name: /nifti-reader-js/, only: ["lib/volume/"] },
  { name: /plotly\.js-dist/, only: ["lib/figures/"] },
  { name: /@std\/|jsr_stand_in/, only: ["tasks/"] },
];

const root = fileURLToPath(new URL("..", import.meta.url));

interface Arrow {
  readonly to: string;
  /** False for `import type`, which loads nothing. */
  readonly loads: boolean;
}

/** For each file of lib/ and tasks/, what it imports: paths from the root, or specifiers. */
type Graph = ReadonlyMap<string, readonly Arrow[]>;

/** The part of `deno info --json` that is read here. */
interface Info {
  modules: {
    specifier: string;
    error?: string;
    dependencies?: {
      specifier: string;
      code?: { specifier?: string };
      type?: { specifier?: string };
    }[];
  }[];
}

async function listFiles(folder: string): Promise<string[]> {
  const files: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(root + folder)) {
    const path = `${folder}/${name}`;
    if (isDirectory) files.push(...await listFiles(path));
    else if (name.endsWith(".ts")) files.push(path);
  }
  return files.sort();
}

async function readGraph(files: readonly string[]): Promise<Graph> {
  const entry = await Deno.makeTempFile({ suffix: ".ts" });
  const imports = files.map((path) => `import ${JSON.stringify(pathToFileURL(root + path).href)};`);
  await Deno.writeTextFile(entry, imports.join("\n"));
  const map = await writeImportMap(standInEntries());
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", "--no-lock", "--import-map", map, entry],
    cwd: root,
    stderr: "null",
  }).output();
  await Deno.remove(entry);
  const { modules }: Info = JSON.parse(new TextDecoder().decode(stdout));
  const graph = new Map<string, Arrow[]>();
  for (const { specifier, dependencies = [], error } of modules) {
    const path = fromRoot(specifier);
    if (!files.includes(path)) continue;
    if (error !== undefined) throw new Error(`${path}: ${error}`);
    graph.set(
      path,
      dependencies.map(({ specifier: written, code, type }) => ({
        to: fromRoot(code?.specifier ?? type?.specifier ?? written),
        loads: code !== undefined,
      })),
    );
  }
  return graph;
}

function fromRoot(specifier: string): string {
  if (!specifier.startsWith("file:")) return specifier;
  const path = fileURLToPath(specifier);
  return path.startsWith(root) ? path.slice(root.length) : path;
}

function fits(file: string, path: string): boolean {
  return path.endsWith("/") ? file.startsWith(path) : file === path;
}

const files = [...await listFiles("lib"), ...await listFiles("tasks")];
const graph = await readGraph(files);

Deno.test("the graph has every file of lib and tasks", () => {
  assertEquals(files.filter((file) => !graph.has(file)), []);
});

Deno.test("every file belongs to a layer", () => {
  assertEquals(files.filter((file) => !layers.some(({ path }) => fits(file, path))), []);
});

Deno.test("arrows between files are arrows of the picture", () => {
  const wrong: string[] = [];
  for (const [file, arrows] of graph) {
    const from = layers.find(({ path }) => fits(file, path));
    for (const { to } of arrows) {
      const target = layers.find(({ path }) => fits(to, path));
      if (from === undefined || target === undefined || from === target) continue;
      if (from.mayImport.includes("*") || from.mayImport.includes(target.name)) continue;
      wrong.push(`${file} -> ${to}: ${from.name} may not import ${target.name}`);
    }
  }
  assertEquals(wrong, []);
});

Deno.test("what computes without TensorFlow does not load it", () => {
  const wrong: string[] = [];
  for (const file of files) {
    if (usesModels.includes(file)) continue;
    if (!withoutTensorflow.some((path) => fits(file, path))) continue;
    const way = wayToTensorflow(file, new Set());
    if (way !== undefined) wrong.push(way.join(" -> "));
  }
  assertEquals(wrong, []);
});

function wayToTensorflow(file: string, seen: Set<string>): string[] | undefined {
  if (file === "lib/tf.ts" || file.includes("@tensorflow/")) return [file];
  if (seen.has(file)) return undefined;
  seen.add(file);
  for (const { to, loads } of graph.get(file) ?? []) {
    const rest = loads ? wayToTensorflow(to, seen) : undefined;
    if (rest !== undefined) return [file, ...rest];
  }
  return undefined;
}

Deno.test("packages are imported where they belong, and nowhere else", () => {
  const wrong: string[] = [];
  for (const [file, arrows] of graph) {
    for (const { to } of arrows) {
      const rule = packages.find(({ name }) => name.test(to));
      if (rule && !rule.only.some((path) => fits(file, path))) wrong.push(`${file} -> ${to}`);
    }
  }
  assertEquals(wrong, []);
});

Deno.test("there are no import cycles", () => {
  const done = new Set<string>();
  const cycles: string[] = [];
  const visit = (file: string, way: readonly string[]): void => {
    if (way.includes(file)) {
      cycles.push([...way.slice(way.indexOf(file)), file].join(" -> "));
      return;
    }
    if (done.has(file)) return;
    for (const { to, loads } of graph.get(file) ?? []) if (loads) visit(to, [...way, file]);
    done.add(file);
  };
  for (const file of files) visit(file, []);
  assertEquals(cycles, []);
});

Deno.test("there are no barrels", async () => {
  const barrels: string[] = [];
  for (const file of files) {
    const text = await Deno.readTextFile(root + file);
    const code = text.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "").trim();
    const rest = code.replace(
      /export\s+(type\s+)?(\*|\{[^}]*\})(\s+as\s+\w+)?\s+from\s+"[^"]*";/g,
      "",
    );
    if (/(^|\/)(mod|index)\.ts$/.test(file) || (code !== "" && rest.trim() === "")) {
      barrels.push(file);
    }
  }
  assertEquals(barrels, []);
});
