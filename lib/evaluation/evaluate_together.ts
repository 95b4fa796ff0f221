import { join } from "node:path";
import { entryOf, type PreparedDataset } from "../dataset/case.ts";
import type { Subset } from "../dataset/dataset.ts";
import { UserError } from "../errors.ts";
import { makeWritableFolder } from "../files.ts";
import { hasSameContent } from "../training/same_cases.ts";
import type { Run } from "../training/run_folder.ts";
import { placeBlock } from "../volume/label_block.ts";
import { maskOfLabels } from "../volume/volume.ts";
import { defaultToleranceMm, describeEvaluation, type EvaluateOptions } from "./evaluate_run.ts";
import { OrganPredictor, requireCompatible } from "./organ_predictor.ts";
import { type CaseResult, type Evaluation, sumTimes } from "./records.ts";
import type { SegmentedRegion } from "./segment_scan.ts";
import { TogetherSegmenter } from "./segment_together.ts";
import { Stopwatch } from "./stopwatch.ts";
import { readTestCase, scoreOrgan, type TestCase, writeMask } from "./test_case.ts";

/** What of {@linkcode EvaluateOptions} counts here; there is one mode, with crop. */
export type TogetherOptions =
  & Pick<EvaluateOptions, "toleranceMm" | "maskFolder" | "runName" | "onCase" | "stop">
  & {
    /** Which cases of each run's split; those of the test unless given. */
    readonly subset?: Subset;
  };

/** Runs of other organs that share their cases: a fold of a cross-validation, for instance. */
interface RunGroup {
  readonly runs: readonly Run[];
  readonly caseIds: readonly string[];
}

/**
 * Measures runs of several organs that segment each scan together, so that the organs exclude each
 * other; runs of the same organ are averaged, and of their regions the first counts. Runs of several
 * folds may be given: those that test the same cases belong together, and each case is measured with
 * the runs that were not trained on it.
 *
 * @throws {UserError} when runs of the same cases cannot be together, two groups share a case, or a run
 *   is of another data set; and as `evaluateRun`
 */
export async function evaluateTogether(
  runs: readonly Run[],
  prepared: PreparedDataset,
  options: TogetherOptions = {},
): Promise<Evaluation> {
  for (const run of runs) requireData(run, prepared);
  const groups = groupRuns(runs, options.subset ?? "test");
  if (options.maskFolder !== undefined) await makeWritableFolder(options.maskFolder);
  const cases: CaseResult[] = [];
  const total = groups.reduce((sum, { caseIds }) => sum + caseIds.length, 0);
  const averaged = new Set<string>();
  let done = 0;
  for (const group of groups) {
    const organs = await OrganPredictor.loadAll(group.runs, { mode: "withCrop" });
    const together = new TogetherSegmenter(organs);
    for (const { organ, runs } of organs) if (runs.length > 1) averaged.add(organ.name);
    try {
      for (const [i, id] of group.caseIds.entries()) {
        options.stop?.throwIfAborted();
        const testCase = await readTestCase(entryOf(prepared, id), group.runs[0].record.settings);
        // What a process does for the first time takes it longer: that is no case's time. The cube is
        // a copy there, since a detector that organs share does not look at an image again.
        if (i === 0) {
          await together.segment({ ...testCase, cubeImage: { ...testCase.cubeImage } });
        }
        const results = await evaluateCase(testCase, organs, together, options);
        cases.push(...results);
        options.onCase?.(++done, total, results);
      }
    } finally {
      for (const organ of organs) organ.dispose();
    }
  }
  const name = options.runName ?? `${runs.length} runs together`;
  return {
    ...await describeEvaluation(name, runs[0], cases, [], options),
    together: [...new Set(runs.map(({ record }) => record.organ.name))],
    averaged: [...averaged],
  };
}

function requireData({ folder, record }: Run, prepared: PreparedDataset): void {
  const isOfIt = [...record.split.training, ...record.split.validation]
    .every((id) => prepared.entries.some((entry) => entry.id === id));
  if (isOfIt && hasSameContent(record, prepared)) return;
  throw new UserError({
    what: `cannot evaluate the run ${folder} with others on ${prepared.dir}`,
    rule: "runs that are measured together must have been trained on the same data set",
    seen: isOfIt ? "other images or labels" : "other cases",
    remedy: "Evaluate it by itself",
  });
}

function groupRuns(runs: readonly Run[], subset: Subset): readonly RunGroup[] {
  const owners = new Map<string, Run>();
  return [...Map.groupBy(runs, ({ record }) => record.splitRule).values()].map((group) => {
    for (const modality of group[0].record.modalities) requireCompatible(group, modality);
    const caseIds = [...new Set(group.flatMap(({ record }) => record.split[subset]))].sort();
    for (const id of caseIds) {
      const other = owners.get(id) ?? group.find((run) => isElsewhere(id, run, subset));
      if (other !== undefined) throw splitFault(other, group[0], id);
    }
    for (const id of caseIds) owners.set(id, group[0]);
    return { runs: group, caseIds };
  });
}

/** Whether a case is in another part of a run's split; one that lacks the organ is in none. */
function isElsewhere(id: string, { record: { split } }: Run, subset: Subset): boolean {
  return (["training", "validation", "test"] as const).some((part) =>
    part !== subset && split[part].includes(id)
  );
}

function splitFault(one: Run, other: Run, id: string): UserError {
  return new UserError({
    what: `cannot evaluate the runs ${one.folder} and ${other.folder} together`,
    rule: "runs that share cases must share their split, and each case is measured once",
    seen: `not so for ${id}`,
    remedy: "Give runs of the same data, folds and seed",
  });
}

async function evaluateCase(
  testCase: TestCase,
  organs: readonly OrganPredictor[],
  together: TogetherSegmenter,
  { toleranceMm = defaultToleranceMm, maskFolder }: TogetherOptions,
): Promise<CaseResult[]> {
  const regions = await together.segment(testCase);
  const results: CaseResult[] = [];
  for (const space of ["cube", "scan"] as const) {
    const watch = new Stopwatch<"paste">();
    const found = await watch.time(
      "paste",
      () => placeBlock(together.paste(regions, testCase.labels[space]).block),
    );
    if (space === "scan" && maskFolder !== undefined) {
      await writeMask(join(maskFolder, `${testCase.entry.id}.nii.gz`), found, testCase);
    }
    const pasteMs = (watch.timesMs().paste ?? 0) / organs.length;
    const rowsOf = ({ organ }: OrganPredictor, segmented: readonly SegmentedRegion[]) =>
      scoreOrgan(testCase, {
        organ,
        mode: "withCrop",
        space,
        segmented: segmented[0],
        maskOf: ({ values: [value] }) => maskOfLabels(found, [value]),
        timesMs: sumTimes([...segmented.map(({ timesMs }) => timesMs), { paste: pasteMs }]),
        toleranceMm,
      });
    results.push(...organs.flatMap((organ, i) => rowsOf(organ, regions[i])));
  }
  return results;
}
