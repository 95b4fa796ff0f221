import { assert, assertEquals, assertThrows } from "@std/assert";
import type { Subset } from "../../lib/dataset/dataset.ts";
import {
  parseFold,
  type Split,
  type SplitEntry,
  splitFold,
  splitListed,
  splitPaper,
  splitRatio,
} from "../../lib/dataset/split.ts";
import { UserError } from "../../lib/errors.ts";

const liver = { name: "liver", classes: [{ name: "liver", values: [6] }] };
const prostate = { name: "prostate", classes: [{ name: "prostate", values: [15] }] };
const anywhere = {
  voxels: 1,
  volumeMm3: 1,
  pieces: 1,
  boxUnit: { min: [0, 0, 0], max: [1, 1, 1] },
} as const;

function entry(id: string, subset: Subset, ...values: number[]): SplitEntry {
  return { id, subset, labels: Object.fromEntries(values.map((value) => [value, anywhere])) };
}

/** Cases of one part; every third lacks the prostate. */
function cases(count: number, subset: Subset = "training"): SplitEntry[] {
  return Array.from({ length: count }, (_, i) => {
    const id = `${subset}_${String(i).padStart(2, "0")}`;
    return i % 3 === 1 ? entry(id, subset, 6) : entry(id, subset, 6, 15);
  });
}

function assertPartition(split: Split, entries: readonly SplitEntry[]): void {
  const all = [...split.training, ...split.validation, ...split.test, ...split.dropped];
  assertEquals(all.toSorted(), entries.map(({ id }) => id).toSorted());
}

Deno.test("splitPaper() alternates the validation cases, then drops those without the organ", () => {
  const entries = [...cases(6, "validation").reverse(), ...cases(4)];
  const split = splitPaper(entries, prostate);
  assertEquals(split, {
    training: ["training_00", "training_02", "training_03"],
    validation: ["validation_00", "validation_02"],
    test: ["validation_03", "validation_05"],
    dropped: ["training_01", "validation_01", "validation_04"],
  });
  assertThrows(() => splitPaper(cases(5), liver), UserError, "validation cases of its own");
});

Deno.test("splitFold() tests each case once, the same for every organ and order of cases", () => {
  const entries = cases(11);
  const tested: string[] = [];
  for (let number = 1; number <= 4; number++) {
    const fold = { number, count: 4 };
    const split = splitFold(entries, liver, fold, 7);
    assertPartition(split, entries);
    assert(split.validation.length >= 1 && split.training.length > split.validation.length);
    assertEquals(splitFold(entries.toReversed(), liver, fold, 7), split);
    const other = splitFold(entries, prostate, fold, 7);
    assertPartition(other, entries);
    assertEquals(other.test, split.test.filter((id) => !other.dropped.includes(id)));
    tested.push(...split.test);
  }
  assertEquals(tested.toSorted(), entries.map(({ id }) => id));
  const folds = (seed: number) => splitFold(entries, liver, { number: 1, count: 4 }, seed).test;
  assert([1, 2, 3, 4].some((seed) => folds(seed).join() !== folds(0).join()), "seeded");
});

Deno.test("splitFold() of two cases trains on one and tests on the other", () => {
  const split = splitFold(cases(2), liver, { number: 2, count: 2 }, 0);
  assertEquals([split.training.length, split.validation.length, split.test.length], [1, 0, 1]);
  assertThrows(() => splitFold(cases(2), liver, { number: 1, count: 3 }, 0), UserError, "2");
});

Deno.test("splitFold() refuses a fold whose test cases all lack the organ", () => {
  const entries = [entry("a", "training", 6), entry("b", "training", 15)];
  const folds = [1, 2].map((number) => () => splitFold(entries, liver, { number, count: 2 }, 0));
  for (const fold of folds) assertThrows(fold, UserError, "1 of 2 cases have it");
});

Deno.test("splitRatio() gives the shares, at least one case each", () => {
  const split = splitRatio(cases(10), liver, { validation: 0.2, test: 0.3, seed: 1 });
  assertPartition(split, cases(10));
  assertEquals([split.training, split.validation, split.test].map((part) => part.length), [
    5,
    2,
    3,
  ]);
  const small = splitRatio(cases(3), liver, { validation: 0.1, test: 0.1, seed: 1 });
  assertEquals([small.validation.length, small.test.length], [1, 1]);
  const whole = splitRatio(cases(3), liver, { validation: 0, test: 0, seed: 1 });
  assertEquals(whole.training.length, 3);
  for (const [validation, test] of [[0.5, 0.5], [-0.1, 0.2], [NaN, 0]]) {
    assertThrows(() => splitRatio(cases(9), liver, { validation, test, seed: 1 }), UserError);
  }
});

Deno.test("parseFold() reads k/n and refuses the rest", () => {
  assertEquals(parseFold("2/5"), { number: 2, count: 5 });
  assertEquals(parseFold(" 4 / 4 "), { number: 4, count: 4 });
  for (const text of ["0/5", "6/5", "1/1", "1", "a/b", "1/5/2", "1.5/5", ""]) {
    assertThrows(() => parseFold(text), UserError, "k/n", text);
  }
});

Deno.test("a declared test set is in no fold, and is the test of a split by shares", () => {
  const entries = [...cases(4, "test"), ...cases(9)];
  for (const number of [1, 2, 3]) {
    const split = splitFold(entries, liver, { number, count: 3 }, 0);
    assertPartition(split, cases(9));
    assertEquals(split.test.length, 3);
  }
  // With or without the declared cases the folds are the same.
  const fold = { number: 2, count: 3 };
  assertEquals(splitFold(entries, liver, fold, 5), splitFold(cases(9), liver, fold, 5));
  for (const test of [0, 0.3]) {
    const split = splitRatio(entries, prostate, { validation: 0.2, test, seed: 1 });
    assertPartition(split, entries);
    assertEquals(split.test, ["test_00", "test_02", "test_03"]);
  }
  const lacking = [...cases(9), entry("test_00", "test", 6)];
  const shares = (test: number) => ({ validation: 0.2, test, seed: 1 });
  assertEquals(splitRatio(lacking, prostate, shares(0)).test, []);
  assertThrows(() => splitRatio(lacking, prostate, shares(0.3)), UserError, "test must have");
});

Deno.test("a listed fold tests on its val, and takes its validation from its train", () => {
  const [train, val] = [["training_06", "training_00", "training_03", "training_05"], [
    "training_02",
    "training_01",
  ]];
  const split = splitListed(cases(9), prostate, { train, val }, 3);
  assertEquals([split.test, split.dropped], [["training_02"], ["training_01"]]);
  assertEquals(split.validation.length, 1);
  assertEquals([...split.training, ...split.validation].toSorted(), train.toSorted());
  const reversed = { train: train.toReversed(), val };
  assertEquals(splitListed(cases(9), prostate, reversed, 3), split);
  const accented = cases(9).map((one) =>
    one.id === "training_02" ? { ...one, id: "caf\u00e9" } : one
  );
  const decomposed = { train, val: ["cafe\u0301"] };
  assertEquals(splitListed(accented, prostate, decomposed, 3).test, ["caf\u00e9"]);
});
