import { assert, assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { entryOf, loadCase } from "../../lib/dataset/case.ts";
import { boxOutcomes, testOutcomes } from "../../lib/evaluation/box_outcomes.ts";
import { readComparedCase } from "../../lib/evaluation/compared_case.ts";
import { comparisonPictures } from "../../lib/evaluation/comparison_pictures.ts";
import { evaluateRun } from "../../lib/evaluation/evaluate_run.ts";
import { overlap } from "../../lib/evaluation/overlap.ts";
import { loadSegmentor } from "../../lib/evaluation/run_models.ts";
import { UserError } from "../../lib/errors.ts";
import * as tf from "../../lib/tf.ts";
import { readHistory } from "../../lib/training/history.ts";
import { groundTruthRegion, organBox } from "../../lib/training/organ_box.ts";
import { readLabels } from "../../lib/volume/nifti_read.ts";
import { writeLabels } from "../../lib/volume/nifti_write.ts";
import { spacingMm } from "../../lib/volume/volume.ts";
import { inTemporaryFolder } from "../temporary_folder.ts";
import { tinyPrepared, tinyRun } from "../training/tiny_run.ts";

Deno.test("one set of weights for all edges, and what it makes of given boxes", async (t) => {
  await inTemporaryFolder(async (dir) => {
    const prepared = await tinyPrepared(dir);
    const before = tf.memory().numTensors;
    const phases = ["detector", "segmentor", "finetune"] as const;
    const set = [
      "roiTraining.edges=all",
      "phases.detector.epochs=8",
      "phases.detector.learningRate=0.01",
    ];
    const run = await tinyRun(prepared, `${dir}/run`, { phases, set });
    const { organ, config, split } = run.record;
    const id = split.test[0];
    const regionOf = (boxUnit: Parameters<typeof groundTruthRegion>[0]) =>
      groundTruthRegion(boxUnit, config);
    assertEquals(tf.memory().numTensors, before);

    await t.step("every edge is validated", async () => {
      const history = await readHistory(`${run.folder}/segmentor/history.jsonl`);
      assertEquals(history.length, config.phases.segmentor.epochs);
      const { score, metrics } = history[0].validation!;
      assertEquals(Object.keys(metrics), ["dice at 64", "dice at 32", "dice at 16"]);
      const mean = Object.values(metrics).reduce((sum, value) => sum + value / 3, 0);
      assertAlmostEquals(score, mean, 1e-9);
    });

    await t.step("the weights run at every edge", async () => {
      const loaded = await loadSegmentor(run, "groundTruthRoi");
      const oneCase = await loadCase(prepared, id);
      const box = organBox(prepared, id, organ);
      for (const edge of [64, 32, 16]) {
        const [{ iou3d, dice, ceiling }] = await boxOutcomes(
          { ...loaded, edge },
          oneCase,
          organ,
          [box],
          regionOf,
        );
        assertEquals([iou3d, ceiling.truncation], [1, 1]);
        assert(dice >= 0 && dice <= 1 && ceiling.both > 0.9, `${dice} ${ceiling.both}`);
      }
      loaded.parameters.dispose();
    });

    await t.step(
      "worse boxes have a lower IoU and a lower ceiling, in the order given",
      async () => {
        const loaded = await loadSegmentor(run, "groundTruthRoi");
        const box = organBox(prepared, id, organ);
        const half = (box.min[2] + box.max[2]) / 2;
        const boxes = [box, { min: box.min, max: [box.max[0], box.max[1], half] as const }];
        const oneCase = await loadCase(prepared, id);
        const [good, bad] = await boxOutcomes(loaded, oneCase, organ, boxes, regionOf);
        assertEquals([good.caseId, good.className], [id, "liver"]);
        assertAlmostEquals(bad.iou3d, 0.5, 1e-9);
        assert(bad.ceiling.truncation < 0.95 && bad.ceiling.both < good.ceiling.both);
        const absent = { name: "spleen", classes: [{ name: "spleen", values: [99] }] };
        await assertRejects(() => boxOutcomes(loaded, oneCase, absent, boxes, regionOf), Error, id);
        loaded.parameters.dispose();
        assertEquals(tf.memory().numTensors, before);
      },
    );

    const maskFolder = `${dir}/masks`;
    const modes = ["groundTruthRoi", "withCrop"] as const;
    const { cases } = await evaluateRun(run, prepared, { modes, maskFolder });
    const rowOf = (mode: typeof modes[number]) =>
      cases.find((one) => one.caseId === id && one.space === "scan" && one.mode === mode)!;
    const row = rowOf("groundTruthRoi");
    const entry = entryOf(prepared, id);
    const maskPath = `${maskFolder}/groundTruthRoi/${id}.nii.gz`;

    await t.step("test cases have the outcomes that an evaluation has", async () => {
      for (const mode of modes) {
        const outcomes = await testOutcomes(run, prepared, { mode });
        assertEquals(outcomes.map(({ caseId }) => caseId), [...split.test]);
        assertAlmostEquals(outcomes[0].dice, rowOf(mode).dice, 1e-9);
        const { regionIou3d } = rowOf(mode);
        assertAlmostEquals(outcomes[0].iou3d, mode === "withCrop" ? regionIou3d : 1, 1e-6);
      }
      const [coarse] = await testOutcomes(run, prepared, { mode: "groundTruthRoi", edge: 32 });
      assert(coarse.dice !== row.dice);
      assertEquals(tf.memory().numTensors, before);
    });

    await t.step("what an evaluation wrote is read back beside the truth", async () => {
      const compared = await readComparedCase(entry, organ, maskPath);
      assertEquals(compared.image.shape, entry.shape);
      assert(compared.image.data.every((value) => value >= 0 && value <= 1));
      const { dice, predictionVoxels } = overlap(compared.groundTruth, compared.prediction);
      assert(predictionVoxels > 0, "an empty mask tests nothing");
      assertAlmostEquals(dice, row.dice, 1e-12);
      // Labels that lie a tenth of a voxel off their image are prepared, so they are pictured, too.
      const { labels } = await readLabels(maskPath);
      const shift = 0.1 * Math.min(...spacingMm(labels));
      const affine = labels.affine.map((value, i) => i === 3 ? value + shift : value);
      const near = `${maskFolder}/near.nii.gz`;
      await writeLabels(near, { ...labels, affine });
      assertEquals((await readComparedCase(entry, organ, near)).prediction, compared.prediction);
      const other = `${maskFolder}/groundTruthRoi/other.nii.gz`;
      const wrong = prepared.entries.find(({ id }) => id !== entry.id)!;
      await Deno.copyFile(wrong.labelPath, other);
      await assertRejects(() => readComparedCase(entry, organ, other), UserError, "grid");
    });

    await t.step("it is pictured where truth and prediction differ most", async () => {
      const compared = await readComparedCase(entry, organ, maskPath);
      const pictures = comparisonPictures(compared);
      assertEquals(pictures.length, 3);
      for (const { picture, mask, zoom, title } of pictures) {
        const [truth, found] = mask as readonly { data: Uint8Array }[];
        assertEquals(picture.data.length, picture.width * picture.height);
        assertEquals(truth.data.length, picture.data.length);
        const differs = (x: number, y: number) =>
          truth.data[x + picture.width * y] !== found.data[x + picture.width * y];
        const [x0, y0, x1, y1] = zoom!;
        let [inside, all] = [0, 0];
        for (let y = 0; y < picture.height; y++) {
          for (let x = 0; x < picture.width; x++) {
            if (!differs(x, y)) continue;
            all++;
            if (x >= x0 && x < x1 && y >= y0 && y < y1) inside++;
          }
        }
        assert(all > 0 && inside > 0, title);
        assert(x1 <= picture.width && y1 <= picture.height && x1 - x0 === y1 - y0);
      }
      const same = comparisonPictures({ ...compared, prediction: compared.groundTruth });
      assert(same.every(({ zoom }) => zoom !== undefined));
    });
  });
});
