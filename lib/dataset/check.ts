import type { Dataset, DatasetCase } from "./dataset.ts";
import type { CheckedCase, CheckJob, Finding } from "./check_case.ts";
import { type Organ, organValues } from "./organ.ts";
import { runInWorkers } from "./worker_pool.ts";

export type { CheckedCase, CheckedImage, Finding, LabelSize, Rule } from "./check_case.ts";

/** How a data set is checked. */
export interface CheckOptions {
  /** The organ that is to be segmented: cases without it are found. */
  readonly organ?: Organ;
  /** Workers; as many as the machine has cores unless given. */
  readonly jobs?: number;
  /** Once aborted, the cases at work are finished and it ends. */
  readonly signal?: AbortSignal;
}

/** What a data set is like and what is wrong with it. */
export interface CheckReport {
  /** The cases that were looked at, in the data set's order. */
  readonly cases: readonly CheckedCase[];
  /** Errors first, then by case. */
  readonly findings: readonly Finding[];
}

/**
 * Looks into every file of a data set before anything is trained on it.
 *
 * Errors: a file that is missing, damaged, of several volumes or not of integer labels; labels that
 * do not lie on their image's grid (the distance is given in mm); NaN or infinite voxels; a constant
 * image; labels that the data set does not declare; training cases without labels and labels
 * without images; the same scan in two subsets; an organ that no case has.
 *
 * Warnings: labels slightly off their image's grid; a header that contradicts itself; implausible
 * spacing; intensities that do not fit the modality; empty labels; declared labels that no case has;
 * cases without the organ; the same scan twice in one subset; a wrong numTraining.
 */
export async function checkDataset(
  dataset: Dataset,
  options: CheckOptions = {},
  onProgress: (done: number, total: number) => void = () => {},
): Promise<CheckReport> {
  const { labels, layout } = dataset;
  const jobs = dataset.cases.map((source): CheckJob => {
    return { source, labels, namesSome: layout === "pair" };
  });
  const checked = new Array<CheckedCase | undefined>(jobs.length);
  let done = 0;
  await runInWorkers<CheckJob, CheckedCase>(new URL("./check_worker.ts", import.meta.url), jobs, {
    workers: options.jobs ?? navigator.hardwareConcurrency,
    signal: options.signal,
    onOutcome: (index, outcome) => {
      checked[index] = "value" in outcome
        ? outcome.value
        : brokenCase(jobs[index].source, outcome.error);
      onProgress(++done, jobs.length);
    },
  });
  const cases = checked.filter((one) => one !== undefined);
  const findings = [
    ...cases.flatMap((one) => one.findings),
    ...checkFileLists(dataset),
    ...checkDuplicates(dataset, cases),
    ...checkLabelUse(dataset, cases),
    ...options.organ === undefined ? [] : checkOrgan(dataset, cases, options.organ),
  ];
  const severity = (name: Finding["severity"]) => findings.filter((one) => one.severity === name);
  return { cases, findings: [...severity("error"), ...severity("warning")] };
}

/** A case on which the check itself broke down, out of memory for instance. */
function brokenCase(source: DatasetCase, error: string): CheckedCase {
  const finding: Finding = {
    severity: "error",
    rule: "unreadable",
    caseId: source.id,
    path: source.imagePath,
    message: error,
  };
  return { id: source.id, findings: [finding], image: null, labels: null };
}

function* checkFileLists(dataset: Dataset): Iterable<Finding> {
  for (const path of dataset.unpairedLabels) {
    const message = "no image belongs to this file of labels";
    yield { severity: "error", rule: "unpaired labels", caseId: null, path, message };
  }
  const training = dataset.cases.filter(({ subset }) => subset === "training").length;
  const { declaredTraining, root } = dataset;
  if (declaredTraining !== null && declaredTraining !== training) {
    yield {
      severity: "warning",
      rule: "number of cases",
      caseId: null,
      path: `${root}/dataset.json`,
      message: `numTraining is ${declaredTraining}, but ${training} training cases are there`,
    };
  }
}

/** The same voxels under two names: tested on what was trained on. */
function* checkDuplicates(
  dataset: Dataset,
  cases: readonly CheckedCase[],
): Iterable<Finding> {
  const sources = new Map(dataset.cases.map((one) => [one.id, one]));
  const first = new Map<string, DatasetCase>();
  for (const { id, image } of cases) {
    const source = sources.get(id);
    if (image === null || source === undefined) continue;
    const twin = first.get(image.contentHash);
    if (twin === undefined) {
      first.set(image.contentHash, source);
      continue;
    }
    const sameSubset = twin.subset === source.subset;
    yield {
      severity: sameSubset ? "warning" : "error",
      rule: "duplicate",
      caseId: id,
      path: source.imagePath,
      message: `the same scan as ${twin.imagePath}` +
        (sameSubset
          ? "; a fold or ratio may test on what it trains on"
          : `, which is in the ${twin.subset} part, while this is in ${source.subset}`),
    };
  }
}

function* checkLabelUse(dataset: Dataset, cases: readonly CheckedCase[]): Iterable<Finding> {
  const labelled = cases.filter(({ labels }) => labels !== null);
  if (labelled.length === 0) return;
  for (const [name, value] of Object.entries(dataset.labels)) {
    if (labelled.some(({ labels }) => labels?.[value] !== undefined)) continue;
    yield {
      severity: "warning",
      rule: "unused label",
      caseId: null,
      path: dataset.root,
      message: `no case has the label ${name} (${value})`,
    };
  }
}

function* checkOrgan(
  dataset: Dataset,
  cases: readonly CheckedCase[],
  organ: Organ,
): Iterable<Finding> {
  const values = organValues(organ);
  const labelled = cases.filter(({ labels }) => labels !== null);
  const lacking = labelled.filter(({ labels }) =>
    !values.some((value) => labels?.[value] !== undefined)
  );
  const what = `${organ.name} (${values.join(", ")})`;
  if (lacking.length === labelled.length) {
    yield {
      severity: "error",
      rule: "missing organ",
      caseId: null,
      path: dataset.root,
      message: `no case has ${what}`,
    };
    return;
  }
  for (const { id } of lacking) {
    const source = dataset.cases.find((one) => one.id === id);
    yield {
      severity: "warning",
      rule: "missing organ",
      caseId: id,
      path: source?.labelPath ?? dataset.root,
      message: `it lacks ${what}; splits will drop the case`,
    };
  }
}
