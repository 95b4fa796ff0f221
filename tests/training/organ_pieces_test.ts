import { assertEquals } from "@std/assert";
import { openPrepared, type PreparedDataset } from "../../lib/dataset/case.ts";
import { openDataset } from "../../lib/dataset/layout.ts";
import { type Organ, parseOrgan } from "../../lib/dataset/organ.ts";
import { prepareDataset } from "../../lib/dataset/prepare.ts";
import { detectorTargets } from "../../lib/training/detector_targets.ts";
import { classPieces, countPieces } from "../../lib/training/organ_pieces.ts";
import type { Triple } from "../../lib/volume/volume.ts";
import { inTemporaryFolder } from "../temporary_folder.ts";
import { boxLabels, image, writePair } from "../dataset/volumes.ts";

const single: Organ = { name: "a", classes: [{ name: "a", values: [1] }] };

/** Cases of which label 1 has so many pieces, label 2 always one. */
function preparedOf(...counts: readonly number[]): PreparedDataset {
  const entries = counts.map((pieces, i) => ({
    id: `${i}`,
    labels: { 1: { pieces }, 2: { pieces: 1 } },
  }));
  return { dir: "", entries } as unknown as PreparedDataset;
}

Deno.test("a label has as many pieces as in the middle one of the training cases", async () => {
  const prepared = preparedOf(2, 1, 2, 2, 9);
  assertEquals(await countPieces(prepared, ["0", "1", "2", "3"], single), { 1: 2 });
  assertEquals(await countPieces(prepared, ["1"], single), {});
  assertEquals(await countPieces(prepared, ["1", "2"], single), {}, "of an even number the lower");
  assertEquals(await countPieces(prepared, [], single), {});
});

Deno.test("labels of a union are one piece where they touch, and several where they do not", async () => {
  await inTemporaryFolder(async (dir) => {
    const shape: Triple = [24, 20, 16];
    const boxes: readonly (readonly [number, Triple, Triple])[] = [
      [1, [2, 3, 2], [8, 12, 9]],
      [2, [15, 3, 4], [21, 11, 12]],
      [3, [8, 5, 2], [11, 9, 8]], // beside label 1
    ];
    const labels = boxLabels(0, [0, 0, 0], [0, 0, 0], { shape });
    for (const [value, min, max] of boxes) {
      boxLabels(value, min, max, { shape }).data.forEach((one, i) => labels.data[i] ||= one);
    }
    for (const id of ["p", "q"]) await writePair(`${dir}/raw`, id, image({ shape }), labels);
    const dataset = await openDataset(`${dir}/raw`, { modality: "ct" });
    await prepareDataset(dataset, `${dir}/out`, { settings: { cubeEdge: 16 }, jobs: 1 });
    const prepared = await openPrepared(`${dir}/out`);
    const count = (spec: string) =>
      countPieces(prepared, ["p", "q"], parseOrgan(spec, { a: 1, b: 2, c: 3 }));
    assertEquals(await count("both=b+a"), { "1+2": 2 });
    assertEquals(await count("touching=a+c"), {});
    assertEquals(await count("all=a+b+c"), { "1+2+3": 2 });
    assertEquals(await count("two=a,b"), { "1+2": 2 });
  });
});

Deno.test("a class of several labels has the pieces of their union, for segmentor and detector", () => {
  const organ: Organ = {
    name: "both",
    classes: [{ name: "union", values: [2, 1] }, { name: "alone", values: [3] }],
  };
  const pieces = { 1: 2, "1+2": 3, "1+2+3": 4 };
  assertEquals(classPieces({ organ, pieces }), [3, 1]);
  assertEquals(classPieces({ organ }), [1, 1], "runs of earlier versions know of none");
  const ofLabels = detectorTargets({ organ, pieces, detectorLabels: [1, 2, 3, 4] });
  assertEquals(ofLabels, { pieces: [2, 1, 1, 1], organ: [0, 1, 2] });
  assertEquals(detectorTargets({ organ, pieces }), { pieces: [4], organ: [0] });
});
