import { createHash } from "node:crypto";
import type { PhaseName, RunConfig } from "../config/config.ts";
import { makeConfig, meaningBefore } from "../config/overrides.ts";
import type { PreparedDataset } from "../dataset/case.ts";
import { contentOf } from "../dataset/content.ts";
import { type Organ, parseOrgan } from "../dataset/organ.ts";
import { parseFold, splitFold } from "../dataset/split.ts";
import type { EvaluationMode } from "../evaluation/records.ts";
import { inOrder } from "./in_order.ts";
import { digest } from "./digest.ts";

/** A run that an experiment asks for. */
export interface RunRequest {
  /** The row or column of the experiment's tables that it belongs to: "focus", "1.5e-3". */
  readonly label: string;
  /** As `parseOrgan` reads it, with the data set's names. */
  readonly organ: string;
  readonly preset: string;
  /** Changes of the preset, each as `--set` takes it; the seed is one of them. */
  readonly changes: readonly string[];
  /** "k/n" */
  readonly fold: string;
  readonly phases: readonly PhaseName[];
  readonly modes: readonly EvaluationMode[];
  /** Measure a training step's time and memory, too. */
  readonly measuresStep?: boolean;
}

/** A run that is known by what it is made of. */
export interface RunSpec extends RunRequest {
  /** Names its folder and its result: readable words, then the hash's first digits. */
  readonly id: string;
  /**
   * Of everything that decides the run's results: configuration, organ, fold, the cases' content.
   * Phases and modes are not in it, so that one experiment goes on where another stopped.
   */
  readonly hash: string;
  readonly config: RunConfig;
  readonly parsedOrgan: Organ;
  /**
   * For each phase, of everything that decides what it learns. Runs that share one train the same
   * weights, which the later ones copy from the first.
   */
  readonly phaseHashes: Readonly<Record<PhaseName, string>>;
  /** Of everything that decides what the network on whole volumes learns and scores. */
  readonly twinHash: string;
  /** Ids of earlier runs of the plan that train a phase of this one: better to wait for them. */
  readonly waitsFor: readonly string[];
}

/** The runs of an experiment, and what each was asked for as. */
export interface Plan {
  /** Each run once, with the phases and modes of all who ask for it. */
  readonly runs: readonly RunSpec[];
  /** In the order in which they were asked for, each once. */
  readonly requested: readonly { readonly label: string; readonly id: string }[];
}

/**
 * The runs that some requests come to.
 *
 * @param preparedOf the prepared cases with cubes of an edge
 * @throws {UserError} for a preset, change or organ that is not there
 */
export function planRuns(
  requests: readonly RunRequest[],
  preparedOf: (cubeEdge: number) => PreparedDataset,
): Plan {
  const planned = new Map<string, RunSpec>();
  const add = (request: RunRequest): RunSpec => {
    const spec = specOf(request, preparedOf);
    const merged = mergeSpecs(planned.get(spec.id), spec);
    planned.set(spec.id, merged);
    return merged;
  };
  const requested = new Map(requests.map((request) => {
    const { label, id } = { label: request.label, id: add(request).id };
    return [JSON.stringify([label, id]), { label, id }];
  }));
  const runs = withWaits([...planned.values()], ({ phases }) => phases);
  return { runs, requested: [...requested.values()] };
}

/**
 * The runs, each with those before it that it had better wait for, since they train a phase of it.
 *
 * @param trainedBy the phases that a run trains itself
 */
export function withWaits(
  runs: readonly RunSpec[],
  trainedBy: (spec: RunSpec) => readonly PhaseName[],
): RunSpec[] {
  const first = new Map<string, string>();
  return runs.map((spec) => {
    const waitsFor = new Set<string>();
    for (const phase of trainedBy(spec)) {
      const hash = spec.phaseHashes[phase];
      const earlier = first.get(hash);
      if (earlier === undefined) first.set(hash, spec.id);
      else waitsFor.add(earlier);
    }
    return { ...spec, waitsFor: [...waitsFor] };
  });
}

function specOf(
  request: RunRequest,
  preparedOf: (cubeEdge: number) => PreparedDataset,
): RunSpec {
  const config = makeConfig(request.preset, request.changes);
  const prepared = preparedOf(config.cubeEdge);
  const parsedOrgan = parseOrgan(request.organ, prepared.labels);
  const { fold } = request;
  const { settings, entries } = prepared;
  const weights = startingWeights(config);
  const hash = digest({
    config: withoutLaterKeys(config),
    organ: parsedOrgan,
    fold,
    settings,
    cases: entries.map(contentOf),
    ...weights,
  });
  const words = [
    parsedOrgan.name,
    request.preset,
    `fold${fold.replace("/", "of")}`,
    hash.slice(0, 10),
  ];
  return {
    ...request,
    id: words.join("-").replaceAll(/[^\p{L}\p{N}._-]+/gu, "_"),
    hash,
    ...partHashes(config, parsedOrgan, fold, prepared, weights),
    waitsFor: [],
    config,
    parsedOrgan,
  };
}

/** Without keys that came later and change nothing: a run keeps its identity when a key is added. */
function withoutLaterKeys(config: unknown): unknown {
  const strip = (value: unknown, path: readonly string[]): unknown => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
    const kept = Object.entries(value).map(([key, child]) => [key, child, [...path, key]] as const)
      .filter(([, child, place]) => meaningBefore(place.join(".")) !== child)
      .map(([key, child, place]) => [key, strip(child, place)]);
    return Object.fromEntries(kept);
  };
  return strip(config, []);
}

/**
 * Of what the training of each phase reads, and, for the network on whole volumes, of what its
 * evaluation reads besides.
 */
function partHashes(
  config: RunConfig,
  organ: Organ,
  fold: string,
  { settings, entries }: PreparedDataset,
  { backboneFile, ...weights }: StartingWeights,
): Pick<RunSpec, "phaseHashes" | "twinHash"> {
  const { seed, cubeEdge, model, modelWeights, roiTraining, phases } = config;
  const { marginRelative, marginVoxels, fallback, fusion, ...detector } = config.detector;
  const { paste, passes, searchSkips, largestComponent, ...segmentor } = config.segmentor;
  const { source, edge: _edge, edgeSpace: _space, edgeRounding: _rounding, ...read } = segmentor;
  // Whole volumes were once sampled from the cube alone, whatever the source of regions.
  const whole = source === "cube" ? read : { ...read, source };
  const split = splitFold(entries, organ, parseFold(fold), seed);
  const contents = (ids: readonly string[]) =>
    ids.map((id) => contentOf(entries.find((entry) => entry.id === id)!));
  const cases = {
    settings,
    training: contents(split.training),
    validation: contents(split.validation),
  };
  const hashOf = (read: unknown, isOfOrgan = true) =>
    digest({ ...cases, config: withoutLaterKeys(read), ...(isOfOrgan ? { organ } : {}) });
  const network = { seed, cubeEdge, model, modelWeights, ...weights };
  const regions = { detector: { marginRelative, marginVoxels, fallback }, roiTraining };
  const hashes = {
    // Where it learns all labels, one detector serves every organ.
    detector: hashOf(
      { seed, cubeEdge, detector, phases: { detector: phases.detector }, backboneFile },
      detector.targets === "organ",
    ),
    segmentor: hashOf({
      ...network,
      ...regions,
      roiTraining: { ...roiTraining, groundTruthShare: undefined },
      segmentor,
      phases: { segmentor: phases.segmentor },
    }),
    whole: hashOf({ ...network, segmentor: whole, phases: { whole: phases.whole } }),
  };
  const { detector: detections, segmentor: start } = hashes;
  const finetune = digest({
    detections,
    start,
    config: withoutLaterKeys({
      ...regions,
      detector: { ...regions.detector, fusion },
      ...(passes > 1 && searchSkips > 0 ? { segmentor: { searchSkips } } : {}),
      phases: { finetune: phases.finetune },
    }),
  });
  const { whole: learnt } = hashes;
  const test = contents(split.test);
  return {
    phaseHashes: { ...hashes, finetune },
    twinHash: digest({ learnt, test, paste, largestComponent }),
  };
}

interface StartingWeights {
  readonly modelFile?: string;
  readonly backboneFile?: string;
}

/**
 * Digests of the files that the networks start from, where there are some: another file under the
 * same name is another run. One that is not here is yet another: tables of such runs need the file.
 */
function startingWeights(
  { modelWeights, detector: { network } }: RunConfig,
): StartingWeights {
  const backbone = network.kind === "pyramid" ? network.backboneWeights : "";
  return {
    ...(modelWeights === "" ? {} : { modelFile: fileDigest(modelWeights) }),
    ...(backbone === "" ? {} : { backboneFile: fileDigest(backbone) }),
  };
}

function fileDigest(path: string): string {
  try {
    return createHash("sha256").update(Deno.readFileSync(path)).digest("hex");
  } catch {
    return "not here";
  }
}

function mergeSpecs(first: RunSpec | undefined, second: RunSpec): RunSpec {
  if (first === undefined) return second;
  return {
    ...first,
    ...inOrder([...first.phases, ...second.phases], [...first.modes, ...second.modes]),
    measuresStep: first.measuresStep || second.measuresStep,
  };
}
