import type { PresetName, RunConfig } from "./config.ts";
import { presets } from "./presets.ts";
import { UserError } from "../errors.ts";

type Leaf = string | number | boolean | readonly (string | number)[];
type Tree = { readonly [key: string]: Leaf | Tree };

/** One key on which two configurations differ; `undefined` where a side lacks the key. */
export interface ConfigDifference {
  readonly key: string;
  readonly ours: string | undefined;
  readonly theirs: string | undefined;
}

/**
 * A preset with `key=value` changes: `phases.segmentor.epochs=40`, `segmentor.edge=32`. The name of
 * a preset as the value of a whole section takes that section from it: `detector=paper`.
 *
 * @throws {UserError} for an unknown preset or key, and for a value of the wrong type
 */
export function makeConfig(preset: string, overrides: readonly string[] = []): RunConfig {
  if (!isPreset(preset)) {
    throw new UserError({
      what: "cannot choose a preset",
      rule: `it is one of ${Object.keys(presets).join(", ")}`,
      seen: preset,
      remedy: "Give one of these to --preset",
    });
  }
  const config = structuredClone(presets[preset]) as unknown as Tree;
  const changed = overrides.reduce(applyOverride, config) as unknown as RunConfig;
  checkConfig(changed);
  return changed;
}

/** The keys on which two configurations differ, in the order of the first, then the second's own. */
export function configDifference(ours: RunConfig, theirs: RunConfig): ConfigDifference[] {
  const left = flatten(ours as unknown as Tree);
  const right = flatten(theirs as unknown as Tree);
  const keys = [...new Set([...left.keys(), ...right.keys()])];
  return keys
    .filter((key) => key !== "preset" && left.get(key) !== right.get(key))
    .map((key) => ({ key, ours: left.get(key), theirs: right.get(key) }));
}

/** Lines that say how a configuration differs from the preset `paper`, for people. */
export function describeAgainstPaper(config: RunConfig): string[] {
  const difference = configDifference(config, presets.paper);
  const head = `preset ${config.preset}: ${difference.length} values differ from the paper's`;
  return [
    head,
    ...difference.map(({ key, ours, theirs }) =>
      `  ${key} = ${ours ?? "(none)"}  (paper: ${theirs ?? "(none)"})`
    ),
  ];
}

/**
 * Reads a configuration that was stored with a run.
 *
 * @throws {UserError} when it lacks a key that this version has, or has one that it lacks
 */
export function parseConfig(text: string, source: string): RunConfig {
  const config = JSON.parse(text) as RunConfig;
  const reference = isPreset(config.preset) ? presets[config.preset] : presets.focus;
  const missing = ["detector", "segmentor", "roiTraining", "phases", "cubeEdge", "seed"]
    .filter((key) => !(key in config));
  const keys = flatten(config as unknown as Tree);
  const lost = [...flatten(reference.segmentor as unknown as Tree).keys()]
    .filter((key) => !keys.has(`segmentor.${key}`));
  const absent = [...missing, ...lost];
  if (absent.length > 0) {
    throw new UserError({
      what: `cannot use the configuration of ${source}`,
      rule: "it must have every key of this version",
      seen: `without ${absent.join(", ")}`,
      remedy: "Train again with this version, or use the version that wrote it",
    });
  }
  checkConfig(config);
  return config;
}

function isPreset(name: string): name is PresetName {
  return Object.hasOwn(presets, name);
}

function flatten(tree: Tree, prefix = ""): Map<string, string> {
  const leaves = new Map<string, string>();
  for (const [key, value] of Object.entries(tree)) {
    if (isTree(value)) {
      for (const [k, v] of flatten(value, `${prefix}${key}.`)) leaves.set(k, v);
    } else {
      leaves.set(`${prefix}${key}`, Array.isArray(value) ? `[${value.join(", ")}]` : String(value));
    }
  }
  return leaves;
}

function isTree(value: Leaf | Tree | undefined): value is Tree {
  return typeof value === "object" && !Array.isArray(value);
}

function applyOverride(config: Tree, override: string): Tree {
  const equals = override.indexOf("=");
  if (equals < 1) {
    throw new UserError({
      what: "cannot change the configuration",
      rule: "a change is written key=value",
      seen: override,
      remedy: "Write for example --set phases.segmentor.epochs=40",
    });
  }
  const key = override.slice(0, equals);
  return replaceAt(config, key.split("."), override.slice(equals + 1), key);
}

function replaceAt(tree: Tree, path: readonly string[], text: string, key: string): Tree {
  const [head, ...rest] = path;
  if (!Object.hasOwn(tree, head) || head === "preset") throw unknownKey(key, tree);
  const old = tree[head];
  if (rest.length > 0) {
    if (!isTree(old)) throw unknownKey(key, tree);
    return { ...tree, [head]: replaceAt(old, rest, text, key) };
  }
  return { ...tree, [head]: isTree(old) ? sectionOf(text, key) : parseLeaf(old, text, key) };
}

function sectionOf(preset: string, key: string): Tree {
  if (!isPreset(preset)) {
    throw new UserError({
      what: `cannot change ${key}`,
      rule: `a whole section is taken from a preset: ${Object.keys(presets).join(", ")}`,
      seen: preset,
      remedy: `Write ${key}=paper, or name one value inside the section`,
    });
  }
  return key.split(".").reduce<Tree>(
    (section, part) => section[part] as Tree,
    structuredClone(presets[preset]) as unknown as Tree,
  );
}

function parseLeaf(old: Leaf, text: string, key: string): Leaf {
  if (Array.isArray(old)) {
    const items = text === "" ? [] : text.split(",").map((item) => item.trim());
    // An empty list of the preset holds words (the flip axes): numbers are never an empty list.
    return typeof old[0] === "number" ? items.map((item) => parseNumber(item, key)) : items;
  }
  if (typeof old === "boolean") {
    if (text === "true" || text === "false") return text === "true";
    throw wrongType(key, "true or false", text);
  }
  if (typeof old === "number") return parseNumber(text, key);
  // segmentor.edge is "auto" or a number.
  return text !== "" && Number.isFinite(Number(text)) ? Number(text) : text;
}

function parseNumber(text: string, key: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value)) {
    if (key === "segmentor.edge" && text === "auto") return text as unknown as number;
    throw wrongType(key, "a number", text);
  }
  return value;
}

function wrongType(key: string, wanted: string, seen: string): UserError {
  return new UserError({
    what: `cannot change ${key}`,
    rule: `its value is ${wanted}`,
    seen: seen === "" ? "empty" : seen,
    remedy: "Give a value of that type",
  });
}

function unknownKey(key: string, near: Tree): UserError {
  return new UserError({
    what: "cannot change the configuration",
    rule: `there is no key ${key}`,
    remedy: `Keys at that place: ${Object.keys(near).filter((k) => k !== "preset").join(", ")}`,
  });
}

/** Rules that every configuration keeps, whatever its source. */
function checkConfig(config: RunConfig): void {
  const { segmentor, detector } = config;
  const levels = segmentor.stageCount + 1;
  const rules: [boolean, string, string, unknown][] = [
    [
      isIn(segmentor.paste, "logits", "nearest"),
      "segmentor.paste",
      "logits or nearest",
      segmentor.paste,
    ],
    [
      isIn(segmentor.labels, "soft", "nearest"),
      "segmentor.labels",
      "soft or nearest",
      segmentor.labels,
    ],
    [
      isIn(segmentor.kernel, "linear", "area"),
      "segmentor.kernel",
      "linear or area",
      segmentor.kernel,
    ],
    [isIn(segmentor.source, "cube", "scan"), "segmentor.source", "cube or scan", segmentor.source],
    [
      isIn(segmentor.edgeSpace, "cube", "scan"),
      "segmentor.edgeSpace",
      "cube or scan",
      segmentor.edgeSpace,
    ],
    [
      segmentor.edge === "auto" || typeof segmentor.edge === "number",
      "segmentor.edge",
      "auto or a number",
      segmentor.edge,
    ],
    [
      isIn(detector.view.kind, "centre", "mean", "deviation", "slabs"),
      "detector.view.kind",
      "centre, mean, deviation or slabs",
      detector.view.kind,
    ],
    [
      detector.view.kind === "slabs" || detector.view.slabCount === 1,
      "detector.view.slabCount",
      "1 unless the views are slabs",
      detector.view.slabCount,
    ],
    [
      Number.isInteger(config.cubeEdge) && config.cubeEdge >= 16,
      "cubeEdge",
      "an integer of at least 16",
      config.cubeEdge,
    ],
    ...(["channels", "blocks", "heads", "strides"] as const).map((
      name,
    ): [boolean, string, string, unknown] => [
      segmentor[name].length === levels,
      `segmentor.${name}`,
      `a list of ${levels} numbers, one for each level`,
      segmentor[name].join(","),
    ]),
    ...Object.entries(config.phases).flatMap((
      [name, phase],
    ): [boolean, string, string, unknown][] => [
      [
        Number.isInteger(phase.epochs) && phase.epochs > 0,
        `phases.${name}.epochs`,
        "a positive integer",
        phase.epochs,
      ],
      [
        Number.isInteger(phase.batchSize) && phase.batchSize > 0,
        `phases.${name}.batchSize`,
        "a positive integer",
        phase.batchSize,
      ],
      [phase.learningRate > 0, `phases.${name}.learningRate`, "positive", phase.learningRate],
      [
        phase.emaDecay >= 0 && phase.emaDecay < 1,
        `phases.${name}.emaDecay`,
        "in [0, 1)",
        phase.emaDecay,
      ],
      [
        isIn(phase.loss, "diceCrossEntropy", "diceFocal", "boxL1Giou", "silhouette"),
        `phases.${name}.loss`,
        "diceCrossEntropy, diceFocal, boxL1Giou or silhouette",
        phase.loss,
      ],
      [
        phase.augmentation.flipAxes.every((axis) => isIn(axis, "x", "y", "z")),
        `phases.${name}.augmentation.flipAxes`,
        "a list of x, y, z",
        phase.augmentation.flipAxes.join(","),
      ],
    ]),
  ];
  for (const [holds, key, rule, seen] of rules) {
    if (!holds) throw wrongType(key, rule, String(seen));
  }
}

function isIn(value: string, ...allowed: string[]): boolean {
  return allowed.includes(value);
}
