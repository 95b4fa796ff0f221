import { assertEquals } from "@std/assert";
import type { PreparedDataset } from "../../lib/dataset/case.ts";
import type { Organ } from "../../lib/dataset/organ.ts";
import { detectorTargets } from "../../lib/training/detector_targets.ts";
import { classPieces, labelPieces } from "../../lib/training/organ_pieces.ts";

/** Cases of which label 1 has so many pieces, label 2 always one, label 3 an unknown number. */
function preparedOf(...counts: readonly number[]): PreparedDataset {
  const entries = counts.map((pieces, i) => ({
    id: `${i}`,
    labels: { 1: { pieces }, 2: { pieces: 1 }, 3: {} },
  }));
  return { dir: "", entries } as unknown as PreparedDataset;
}

Deno.test("a label has as many pieces as in the middle one of the training cases", () => {
  const prepared = preparedOf(2, 1, 2, 2, 9);
  assertEquals(labelPieces(prepared, ["0", "1", "2", "3"]), { 1: 2 });
  assertEquals(labelPieces(prepared, ["1"]), {});
  assertEquals(labelPieces(prepared, ["1", "2"]), {}, "of an even number the lower");
  assertEquals(labelPieces(prepared, []), {});
});

Deno.test("a class of several labels has the pieces of all, for segmentor and detector alike", () => {
  const organ: Organ = {
    name: "both",
    classes: [{ name: "union", values: [1, 2] }, { name: "alone", values: [3] }],
  };
  assertEquals(classPieces({ organ, pieces: { 1: 2 } }), [3, 1]);
  assertEquals(classPieces({ organ }), [2, 1], "runs of earlier versions know of none");
  const ofLabels = detectorTargets({ organ, pieces: { 1: 2 }, detectorLabels: [1, 2, 3, 4] });
  assertEquals(ofLabels, { pieces: [2, 1, 1, 1], organ: [0, 1, 2] });
  assertEquals(detectorTargets({ organ, pieces: { 1: 2 } }), { pieces: [4], organ: [0] });
});
