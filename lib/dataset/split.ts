import { UserError } from "../errors.ts";
import { Random } from "../random.ts";
import type { ManifestEntry } from "./manifest.ts";
import { type Organ, organValues } from "./organ.ts";

/** Case ids to train on, to choose by, and to measure with; no case is in two of them. */
export interface Split {
  readonly training: readonly string[];
  readonly validation: readonly string[];
  readonly test: readonly string[];
  /** Cases that are in none of them because they lack the organ. */
  readonly dropped: readonly string[];
}

/** What a split asks of a case. */
export type SplitEntry = Pick<ManifestEntry, "id" | "subset" | "labels">;

/** Share of the cases that are not tested on which validation gets, in a fold. */
const foldValidationShare = 0.2;

/**
 * A split with the paper's counts (section 4.1, on AMOS22): trained on the training cases; of the
 * validation cases, sorted by name, every other one from the first on validates and the others test
 * (ours: the section does not name the cases). Cases
 * without the organ are dropped after that, so that a case has the same part for every organ.
 *
 * @throws UserError when the data set has no validation cases, or a part has no case with the organ
 */
export function splitPaper(entries: readonly SplitEntry[], organ: Organ): Split {
  const training = entries.filter(({ subset }) => subset === "training");
  const held = entries.filter(({ subset }) => subset === "validation").toSorted(byId);
  if (held.length === 0) {
    throw new UserError({
      what: "cannot split the data set as the paper does",
      rule: "it must have validation cases of its own, as AMOS22 has",
      seen: "without any",
      remedy: "Split it by --fold 1/5 instead",
    });
  }
  return withOrgan(
    entries,
    {
      training: training.toSorted(byId),
      validation: held.filter((_, i) => i % 2 === 0),
      test: held.filter((_, i) => i % 2 === 1),
    },
    organ,
    ["training", "validation", "test"],
  );
}

/** The cases that may be trained on: a test set that the data set declares is kept for the end. */
function undeclaredTest(entries: readonly SplitEntry[]): SplitEntry[] {
  return entries.filter(({ subset }) => subset !== "test").toSorted(byId);
}

/**
 * A random split with the given shares of the cases, at least one each where a share is not 0. The
 * test set that a data set declares is the test, whatever its share.
 *
 * @throws UserError when the shares leave nothing to train on, or a part has no case with the organ
 */
export function splitRatio(
  entries: readonly SplitEntry[],
  organ: Organ,
  { validation, test, seed }: { validation: number; test: number; seed: number | string },
): Split {
  if (!(validation >= 0 && test >= 0 && validation + test < 1)) {
    throw new UserError({
      what: "cannot split the data set",
      rule: "the shares of validation and test must be at least 0 and together below 1",
      seen: `${validation} and ${test}`,
      remedy: "Give smaller shares",
    });
  }
  const declared = entries.filter(({ subset }) => subset === "test");
  const shuffled = new Random(seed).fork("split").shuffle(undeclaredTest(entries));
  const count = (share: number) =>
    share === 0 ? 0 : Math.max(1, Math.round(share * shuffled.length));
  const [tested, validated] = [declared.length > 0 ? 0 : count(test), count(validation)];
  const parts = {
    test: [...declared, ...shuffled.slice(0, tested)],
    validation: shuffled.slice(tested, tested + validated),
    training: shuffled.slice(tested + validated),
  };
  return withOrgan(entries, parts, organ, test > 0 ? ["training", "test"] : ["training"]);
}

/** One of several folds, counted from 1. */
export interface Fold {
  readonly number: number;
  readonly count: number;
}

/**
 * Reads "k/n": fold k of n, k from 1.
 *
 * @throws UserError unless 1 <= k <= n and n >= 2
 */
export function parseFold(text: string): Fold {
  const [number, count] = text.match(/^\s*(\d+)\s*\/\s*(\d+)\s*$/)?.slice(1).map(Number) ?? [];
  if (count >= 2 && number >= 1 && number <= count) return { number, count };
  throw new UserError({
    what: "cannot choose a fold",
    rule: "it must be written k/n with n at least 2 and k in 1 .. n",
    seen: text,
    remedy: "Write 1/5 for the first of five, which nnU-Net calls fold 0",
  });
}

/**
 * A seeded fold: the k-th of n equal parts of the cases tests, a fifth of the others (at least one,
 * while two remain) validates, the rest trains. Each case tests in exactly one fold, the same for
 * every organ; cases without the organ are dropped then. The test set that a data set declares is in
 * no fold.
 *
 * @throws UserError when there are fewer cases than folds, or training or test has no case with the
 *   organ
 */
export function splitFold(
  entries: readonly SplitEntry[],
  organ: Organ,
  { number, count }: Fold,
  seed: number | string,
): Split {
  const undeclared = undeclaredTest(entries);
  if (undeclared.length < count) {
    throw new UserError({
      what: `cannot split the data set into ${count} folds`,
      rule: "it must have as many cases at least",
      seen: `${undeclared.length}`,
      remedy: "Ask for fewer folds",
    });
  }
  const random = new Random(seed).fork("split");
  const shuffled = random.shuffle(undeclared);
  const rest = shuffled.filter((_, i) => i % count !== number - 1);
  const parts = {
    test: shuffled.filter((_, i) => i % count === number - 1),
    ...withoutTest(rest, random.fork(`fold ${number} of ${count}`)),
  };
  return withOrgan(entries, parts, organ, ["training", "test"]);
}

/** Of the cases of a fold that do not test, a fifth validates and the rest trains. */
function withoutTest(
  rest: readonly SplitEntry[],
  random: Random,
): { validation: SplitEntry[]; training: SplitEntry[] } {
  const mixed = random.shuffle(rest);
  const validated = mixed.length < 2
    ? 0
    : Math.max(1, Math.round(foldValidationShare * mixed.length));
  return { validation: mixed.slice(0, validated), training: mixed.slice(validated) };
}

/** A fold of another program's split: the cases that it measures with are the test. */
export interface ListedFold {
  readonly train: readonly string[];
  readonly val: readonly string[];
}

/**
 * A fold that a list gives, as nnU-Net's `splits_final.json` does: its `val` tests, a seeded fifth of
 * its `train` validates, the rest trains.
 *
 * @throws UserError when it names a case that is not there, or one twice, or one for training that the
 *   data set declares for testing, or a part has no case with the organ
 */
export function splitListed(
  entries: readonly SplitEntry[],
  organ: Organ,
  { train, val }: ListedFold,
  seed: number | string,
): Split {
  const byName = new Map(entries.map((entry) => [entry.id, entry]));
  const seen = new Set<string>();
  const fault = (rule: string, seen: string, remedy: string) =>
    new UserError({ what: "cannot split the data set by a list", rule, seen, remedy });
  const entryOf = (name: string): SplitEntry => {
    const id = name.normalize("NFC"); // as the names of cases are
    const entry = byName.get(id);
    if (entry === undefined || seen.has(id)) {
      throw fault(
        "each of its names must be that of a case, and be there once",
        entry === undefined ? `"${id}", which is none` : `"${id}" twice`,
        "Take the list that was made for this data set",
      );
    }
    seen.add(id);
    return entry;
  };
  const [rest, test] = [train.map(entryOf).toSorted(byId), val.map(entryOf)];
  const declared = rest.find(({ subset }) => subset === "test");
  if (declared !== undefined) {
    const rule = "cases that the data set declares for testing must not be trained on";
    throw fault(rule, `"${declared.id}" in train`, "Take it out, or put it into val");
  }
  const parts = { test, ...withoutTest(rest, new Random(seed).fork("split").fork("listed")) };
  return withOrgan(entries, parts, organ, ["training", "test"]);
}

function byId(a: SplitEntry, b: SplitEntry): number {
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}

type Part = "training" | "validation" | "test";

/** Takes the cases without the organ out; refuses an empty part that must not be. */
function withOrgan(
  entries: readonly SplitEntry[],
  parts: Readonly<Record<Part, readonly SplitEntry[]>>,
  organ: Organ,
  needed: readonly Part[],
): Split {
  const values = organValues(organ);
  const hasOrgan = ({ labels }: SplitEntry) => values.some((value) => `${value}` in labels);
  const ids = (part: Part) => parts[part].filter(hasOrgan).map(({ id }) => id).sort();
  const split = { training: ids("training"), validation: ids("validation"), test: ids("test") };
  const all = [...parts.training, ...parts.validation, ...parts.test];
  const empty = needed.find((part) => split[part].length === 0);
  if (empty !== undefined) {
    throw new UserError({
      what: `cannot split the data set for ${organ.name}`,
      rule: `${empty} must have at least one case with the organ`,
      seen: `without any (${entries.filter(hasOrgan).length} of ${entries.length} cases have it)`,
      remedy: "Choose another organ or split, or add cases",
    });
  }
  return { ...split, dropped: all.filter((one) => !hasOrgan(one)).map(({ id }) => id).sort() };
}
