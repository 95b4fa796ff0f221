import type { PhaseConfig, PresetName, PyramidDetectorConfig, RunConfig } from "./config.ts";
import { modelNames } from "./model_name.ts";
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
 * a preset as the value of a whole section takes that section from it: `detector=paper`. A list is
 * written `4,8,16`, or `[4, 8, 16]` as it is printed.
 *
 * @throws {UserError} for an unknown preset or key, for a value of the wrong type, and for a change
 *   without an effect
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
  checkFallbackShare(changed, overrides);
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

/**
 * Lines that say how a configuration differs from the preset `paper`, for people.
 *
 * @param phases the phases whose values matter; all unless given
 */
export function describeAgainstPaper(
  config: RunConfig,
  phases: readonly string[] = Object.keys(config.phases),
): string[] {
  const difference = configDifference(config, presets.paper).filter(({ key }) => {
    const [section, phase] = key.split(".");
    return section !== "phases" || phases.includes(phase);
  });
  const lines = difference.map(({ key, ours = "(none)", theirs = "(none)" }) =>
    `  ${key} = ${ours}  (paper: ${theirs})`
  );
  return [`preset ${config.preset}: ${lines.length} values differ from the paper's`, ...lines];
}

/**
 * Reads a configuration that was stored with a run, by an older version, too.
 *
 * @throws {UserError} when it lacks a key that this version has, or has one that it lacks
 */
export function parseConfig(text: string, source: string): RunConfig {
  const stored = JSON.parse(text) as RunConfig;
  const reference = isPreset(stored.preset) ? presets[stored.preset] : presets.focus;
  const config = addLaterKeys(
    stored as unknown as Tree,
    reference as unknown as Tree,
  ) as unknown as RunConfig;
  const keys = keysOf(config);
  const known = new Set(Object.values(presets).flatMap((preset) => [...keysOf(preset)]));
  const ofNetwork = /^detector\.network\./; // which depend on its kind
  const absent = [...keysOf(reference)].filter((key) => !keys.has(key) && !ofNetwork.test(key));
  const strange = [...keys].filter((key) => !known.has(key));
  if (absent.length + strange.length > 0) {
    throw new UserError({
      what: `cannot use the configuration of ${source}`,
      rule: "it must have every key of this version, and no other",
      seen: [
        ...(absent.length === 0 ? [] : [`without ${firstFew(absent)}`]),
        ...(strange.length === 0 ? [] : [`with ${firstFew(strange)}`]),
      ].join(", and "),
      remedy: "Train again with this version, or use the version that wrote it",
    });
  }
  checkConfig(config);
  return config;
}

/**
 * What keys that came later stood at before they came, so that older runs still open; `*` is any
 * phase.
 */
const laterKeys: Readonly<Record<string, string | number | boolean>> = {
  "model": "segmentor",
  "modelWeights": "",
  "detector.targets": "organ",
  "detector.view.filter": "none",
  "detector.fallback": "none",
  "detector.fusion": "views",
  "segmentor.fineWidth": 0,
  "segmentor.passes": 1,
  "segmentor.searchSkips": 0,
  "roiTraining.fallbackShare": 0,
  "roiTraining.faceJitterLimit": 1,
  "phases.*.augmentation.gamma": 0,
  "phases.*.augmentation.organContrast": 0,
};

/**
 * What a key that older runs and checkpoints lack stood at before it came; `undefined` for any other.
 *
 * @param key "phases.segmentor.augmentation.gamma"
 */
export function meaningBefore(key: string): string | number | boolean | undefined {
  return laterKeys[key.replace(/^phases\.\w+/, "phases.*")];
}

/** Adds the keys that are missing since they came later, in the places that presets have them. */
function addLaterKeys(stored: Tree, reference: Tree, prefix = ""): Tree {
  const whole: Record<string, Leaf | Tree> = {};
  for (const [key, usual] of Object.entries(reference)) {
    const path = `${prefix}${key}`;
    const value = stored[key] ?? meaningBefore(path);
    if (value === undefined) continue;
    whole[key] = isTree(value) && isTree(usual) ? addLaterKeys(value, usual, `${path}.`) : value;
  }
  return { ...whole, ...Object.fromEntries(Object.entries(stored).filter(([k]) => !(k in whole))) };
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

function firstFew(keys: readonly string[]): string {
  return keys.slice(0, 5).join(", ") + (keys.length > 5 ? ` and ${keys.length - 5} more` : "");
}

function keysOf(config: RunConfig): Set<string> {
  return new Set(flatten(config as unknown as Tree).keys());
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
    const list = text.trim().replace(/^\[(.*)\]$/s, "$1").trim();
    const items = list === "" ? [] : list.split(",").map((item) => item.trim());
    // An empty list of the preset holds words (the flip axes): numbers are never an empty list.
    return typeof old[0] === "number" ? items.map((item) => parseNumber(item, key)) : items;
  }
  if (typeof old === "boolean") {
    if (text === "true" || text === "false") return text === "true";
    throw wrongType(key, "true or false", text);
  }
  if (typeof old === "number") return parseNumber(text, key);
  const isNumber = text !== "" && Number.isFinite(Number(text));
  return key === "segmentor.edge" && isNumber ? Number(text) : text;
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

/** The words that a value may be, by key. */
const choices: Readonly<Record<string, readonly string[]>> = {
  "model": modelNames,
  "segmentor.paste": ["logits", "nearest"],
  "segmentor.labels": ["soft", "nearest"],
  "segmentor.kernel": ["linear", "area"],
  "segmentor.source": ["cube", "scan"],
  "segmentor.edgeSpace": ["cube", "scan"],
  "segmentor.edgeRounding": ["down", "up"],
  "roiTraining.edges": ["one", "all"],
  "detector.targets": ["organ", "labels"],
  "detector.fallback": ["none", "usual"],
  "detector.fusion": ["views", "hull", "profiles"],
  "detector.view.kind": ["centre", "mean", "deviation", "slabs"],
  "detector.view.filter": ["none", "clahe", "laplacian", "sobel", "gaussian"],
  "detector.network.kind": ["pyramid", "silhouette"],
  "detector.network.backbone": ["resnet34", "resnet50", "small"],
  "phases.detector.loss": ["boxL1Giou", "silhouette"],
  "phases.segmentor.loss": ["diceCrossEntropy", "diceFocal"],
  "phases.finetune.loss": ["diceCrossEntropy", "diceFocal"],
  "phases.whole.loss": ["diceCrossEntropy", "diceFocal"],
};

/** Refuses the value of a key where a rule does not hold. */
type Require = (holds: boolean, key: string, rule: string) => void;

const isWhole = (value: number, least: number) => Number.isInteger(value) && value >= least;
const isShare = (value: number) => value >= 0 && value <= 1;

/** Rules that every configuration keeps, whatever its source. */
function checkConfig(config: RunConfig): void {
  const values = flatten(config as unknown as Tree);
  for (const [key, allowed] of Object.entries(choices)) {
    const value = values.get(key);
    if (value !== undefined && !allowed.includes(value)) {
      throw wrongType(key, allowed.join(" or "), value);
    }
  }
  const require: Require = (holds, key, rule) => {
    if (!holds) throw wrongType(key, rule, values.get(key) ?? "missing");
  };
  require(isWhole(config.cubeEdge, 16), "cubeEdge", "an integer of at least 16");
  checkSegmentor(config, require);
  checkDetector(config, require);
  for (const [name, phase] of Object.entries(config.phases)) {
    checkPhase(`phases.${name}`, phase, require);
  }
}

function checkSegmentor({ model, segmentor, roiTraining }: RunConfig, require: Require): void {
  const { edge, stageCount } = segmentor;
  require(isWhole(segmentor.passes, 1), "segmentor.passes", "a positive integer");
  require(isWhole(segmentor.searchSkips, 0), "segmentor.searchSkips", "an integer from 0");
  require(edge === "auto" || typeof edge === "number", "segmentor.edge", "auto or a number");
  for (const name of ["channels", "blocks", "heads", "strides"] as const) {
    const rule = `a list of ${stageCount + 1} numbers, one for each level`;
    require(segmentor[name].length === stageCount + 1, `segmentor.${name}`, rule);
  }
  require(segmentor.dropout >= 0 && segmentor.dropout < 1, "segmentor.dropout", "in [0, 1)");
  const oneEdge = "one for a model of one edge, which all but the segmentor are";
  require(model === "segmentor" || roiTraining.edges === "one", "roiTraining.edges", oneEdge);
  for (const name of ["groundTruthShare", "fallbackShare", "faceJitterLimit"] as const) {
    require(isShare(roiTraining[name]), `roiTraining.${name}`, "in [0, 1]");
  }
  require(roiTraining.faceJitter >= 0, "roiTraining.faceJitter", "0 or more");
}

function checkDetector({ detector, phases }: RunConfig, require: Require): void {
  const { view, network, targets, fusion } = detector;
  require(detector.marginRelative >= 0, "detector.marginRelative", "0 or more");
  require(detector.marginVoxels >= 0, "detector.marginVoxels", "0 or more");
  require(isWhole(view.edge, 8), "detector.view.edge", "an integer of at least 8");
  require(isWhole(view.slabCount, 1), "detector.view.slabCount", "a positive integer");
  const slabRule = "1 unless the views are slabs";
  require(view.kind === "slabs" || view.slabCount === 1, "detector.view.slabCount", slabRule);
  const sizes = network.kind === "pyramid" ? network.stageCount : network.widths;
  if (sizes === undefined) throw kindAlone(network.kind);
  if (network.kind === "pyramid") checkPyramid(network, require);
  const seesSilhouettes = network.kind === "silhouette";
  const unless = (value: string) => `${value} unless the detector is of kind silhouette`;
  require(seesSilhouettes || targets === "organ", "detector.targets", unless("organ"));
  require(seesSilhouettes || fusion === "views", "detector.fusion", unless("views"));
  const needed = seesSilhouettes ? "silhouette" : "boxL1Giou";
  if (phases.detector.loss === needed) return;
  throw new UserError({
    what: `cannot train a detector of kind ${network.kind}`,
    rule: `its phases.detector.loss is ${needed}`,
    seen: phases.detector.loss,
    remedy: "Take both from one preset, as --set detector=paper --set phases.detector=paper",
  });
}

/**
 * Refuses to be asked for fallback regions without a fallback. A preset's own share may stay where its
 * fallback is taken away: then there are none, as there should be.
 */
function checkFallbackShare(
  { detector: { fallback }, roiTraining: { fallbackShare } }: RunConfig,
  overrides: readonly string[],
): void {
  const key = "roiTraining.fallbackShare";
  const isAsked = overrides.some((override) => override.startsWith(`${key}=`));
  if (!isAsked || fallbackShare === 0 || fallback === "usual") return;
  throw wrongType(key, "0 unless detector.fallback is usual", String(fallbackShare));
}

function kindAlone(kind: string): UserError {
  return new UserError({
    what: "cannot change detector.network.kind alone",
    rule: "a network of another kind has other sizes",
    seen: `${kind} without its own`,
    remedy: "Take all of it from a preset, as --set detector.network=paper",
  });
}

function checkPyramid(network: PyramidDetectorConfig, require: Require): void {
  for (const name of ["stageCount", "heads", "points", "feedForwardWidth"] as const) {
    require(isWhole(network[name], 1), `detector.network.${name}`, "a positive integer");
  }
  const { width, heads, maskDropRate } = network;
  // Its norms have groups of 8 channels, its sine positions 4 a frequency.
  const fits = isWhole(width, 1) && width % 8 === 0 && width % heads === 0;
  const rule = `a positive multiple of 8 and of detector.network.heads, which is ${heads}`;
  require(fits, "detector.network.width", rule);
  require(isShare(maskDropRate), "detector.network.maskDropRate", "in [0, 1]");
}

function checkPhase(key: string, phase: PhaseConfig, require: Require): void {
  for (const name of ["epochs", "batchSize", "repeats", "validateEvery"] as const) {
    require(isWhole(phase[name], 1), `${key}.${name}`, "a positive integer");
  }
  for (const name of ["warmupEpochs", "patience"] as const) {
    require(isWhole(phase[name], 0), `${key}.${name}`, "an integer from 0");
  }
  require(phase.learningRate > 0, `${key}.learningRate`, "positive");
  for (const name of ["weightDecay", "clipNorm"] as const) {
    require(phase[name] >= 0, `${key}.${name}`, "0 or more");
  }
  for (const name of ["beta1", "beta2", "emaDecay"] as const) {
    require(phase[name] >= 0 && phase[name] < 1, `${key}.${name}`, "in [0, 1)");
  }
  const { flipAxes, ...strengths } = phase.augmentation;
  for (const [name, strength] of Object.entries(strengths)) {
    // A scale of 1 would shrink a case to nothing, or turn it inside out.
    const isFit = strength >= 0 && (name !== "scale" || strength < 1);
    const rule = name === "scale" ? "in [0, 1)" : "0 or more";
    require(isFit, `${key}.augmentation.${name}`, rule);
  }
  const boxes = `${key}.augmentation.dropoutBoxes`;
  require(Number.isInteger(strengths.dropoutBoxes), boxes, "an integer from 0");
  const areAxes = flipAxes.every((axis) => ["x", "y", "z"].includes(axis));
  require(areAxes, `${key}.augmentation.flipAxes`, "a list of x, y, z");
}
