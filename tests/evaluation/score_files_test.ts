import { assert, assertAlmostEquals, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { openDataset } from "../../lib/dataset/layout.ts";
import { writePhantomDataset } from "../../lib/dataset/phantom_dataset.ts";
import { parseOrgan } from "../../lib/dataset/organ.ts";
import { UserError } from "../../lib/errors.ts";
import { scoreMasks } from "../../lib/evaluation/case_scores.ts";
import {
  pairMasks,
  parseMaskValues,
  requireDifferentNames,
  requireMaskValues,
  scoreFiles,
} from "../../lib/evaluation/score_files.ts";
import { scoreReport, scoresCsv } from "../../lib/evaluation/score_report.ts";
import { composeAffines } from "../../lib/volume/affine.ts";
import { readLabels } from "../../lib/volume/nifti_read.ts";
import { writeLabels } from "../../lib/volume/nifti_write.ts";
import { fromRas, orientationOf, toRas } from "../../lib/volume/orientation.ts";
import { type LabelVolume, maskOfLabels, type Triple } from "../../lib/volume/volume.ts";
import { inTemporaryFolder } from "../temporary_folder.ts";

const shape: Triple = [30, 26, 14];
const toleranceMm = 3;

/** The labels one voxel further along x, in RAS order. */
function shifted({ data, ...grid }: LabelVolume): LabelVolume {
  const moved = new Uint16Array(data.length);
  const [width] = grid.shape;
  for (let i = 0; i < data.length; i++) if (i % width > 0) moved[i] = data[i - 1];
  return { ...grid, data: moved };
}

Deno.test("masks of any program are scored where their voxels lie", async (t) => {
  await inTemporaryFolder(async (dir) => {
    await writePhantomDataset(`${dir}/raw`, { cases: 4, shape });
    const dataset = await openDataset(`${dir}/raw`);
    const [first, second, third, fourth] = dataset.cases;
    const read = async (path: string) => (await readLabels(path)).labels;
    const folder = `${dir}/masks`;
    await Deno.mkdir(folder);
    // The first as it is; the second moved, in a file whose axes run otherwise; the third lacks all.
    await Deno.copyFile(first.labelPath!, `${folder}/${first.id}.nii.gz`);
    const truth = toRas(await read(second.labelPath!)).volume;
    const moved = shifted(truth);
    const [nx, ny, nz] = shape;
    // File axis 0 is the patient's y, 1 is z from the top, 2 is x from the left.
    const toRasIndex = [0, 0, -1, nx - 1, 1, 0, 0, 0, 0, -1, 0, nz - 1, 0, 0, 0, 1];
    const turned = orientationOf({
      shape: [ny, nz, nx],
      affine: composeAffines(truth.affine, toRasIndex),
    });
    await writeLabels(`${folder}/${second.id}.nii`, fromRas(moved, turned));
    const third0 = await read(third.labelPath!);
    const nothing = { ...third0, data: new Uint16Array(third0.data.length) };
    await writeLabels(`${folder}/${third.id}.nii.gz`, nothing);
    await Deno.writeTextFile(`${folder}/notes.txt`, "not a mask");
    const organs = ["liver", "kidneys=left kidney+right kidney", "both=liver,spleen"]
      .map((spec) => parseOrgan(spec, dataset.labels));

    await t.step("each class of each case has a row of the measures", async () => {
      const { files, missing } = await pairMasks(folder, dataset);
      assertEquals(files.map(({ caseId }) => caseId), [first.id, second.id, third.id]);
      assertEquals(missing, [fourth.id]);
      const seen: number[][] = [];
      const onCase = (...counts: number[]) => seen.push(counts);
      const scores = await scoreFiles(files, organs, { toleranceMm, onCase });
      assertEquals(seen, [[1, 3], [2, 3], [3, 3]]);
      assertEquals(
        scores.slice(0, 4).map(({ organ, className }) => `${organ} ${className}`),
        ["liver liver", "kidneys kidneys", "both liver", "both spleen"],
      );
      for (const { dice, hd95Mm } of scores.slice(0, 4)) assertEquals([dice, hd95Mm], [1, 0]);
      const values = [[6], [3, 2], [6], [1]];
      for (const [i, own] of scores.slice(4, 8).entries()) {
        const expected = scoreMasks(
          maskOfLabels(truth, values[i]),
          maskOfLabels(moved, values[i]),
          toleranceMm,
        );
        assert(expected.dice > 0.5 && expected.dice < 0.99 && own.caseId === second.id);
        for (const name of ["dice", "iou", "hd95Mm", "nsd", "predictionMm3"] as const) {
          assertAlmostEquals(own[name], expected[name], 1e-4 * Math.max(1, expected[name]));
        }
      }
      assertEquals(scores.slice(8).map(({ dice, empty }) => `${dice} ${empty}`), [
        ...Array(4).fill("0 prediction"),
      ]);
      const source = { dataSet: "raw", maskFolder: "masks", toleranceMm, missing };
      const report = scoreReport(scores, source);
      assert(report.includes(`1 cases have no mask and are left out: ${fourth.id}.`));
      assertEquals(report.match(/^\| (liver|kidneys|both: \w+) \| 3 \(1 empty\) \|/gm)?.length, 4);
      assertEquals(scoresCsv(scores).trim().split("\r\n").length, 1 + 12);
    });

    await t.step("masks may have other values, which are told", async () => {
      const other = `${dir}/renumbered`;
      await Deno.mkdir(other);
      const own = await read(first.labelPath!);
      // liver 6 -> 40; spleen 1 in two parts, 7 and 9; the value 6 of another organ.
      const numbers = new Map([[6, 40], [2, 6]]);
      let spleen = 0;
      const data = own.data.map((value) =>
        value === 1 ? 7 + 2 * (spleen++ % 2) : numbers.get(value) ?? 0
      );
      await writeLabels(`${other}/${first.id}.nii.gz`, { ...own, data });
      const { files } = await pairMasks(other, dataset);
      const maskValues = parseMaskValues(["Liver=40", "spleen = 7+9"], dataset.labels);
      assertEquals([...maskValues], [[6, [40]], [1, [7, 9]]]);
      const [liver, , both] = organs;
      const values: number[][] = [];
      const onValues = (found: readonly number[]) => void values.push([...found]);
      const options = { toleranceMm, maskValues, onValues };
      const scores = await scoreFiles(files, [liver, both], options);
      assertEquals(scores.map(({ dice, hd95Mm }) => [dice, hd95Mm]), Array(3).fill([1, 0]));
      assertEquals(values, [[6, 7, 9, 40]]);
      const [asTheyAre] = await scoreFiles(files, [liver], { toleranceMm });
      assertEquals(asTheyAre.dice, 0);
      requireMaskValues([liver, both], maskValues);
      assertThrows(
        () => requireMaskValues(organs, maskValues),
        UserError,
        "none for the data set's value",
      );
      for (
        const [specs, text] of [
          [["liver"], "LABEL=VALUE"],
          [["liver=0"], "from 1 to 65535"],
          [["liver=5+"], "from 1 to 65535"],
          [["liver=70000"], "from 1 to 65535"],
          [["liver,spleen=5"], "one label"],
          [["lung=5"], "must be a label"],
          [["liver=5", "6=7"], "once"],
        ] as const
      ) assertThrows(() => parseMaskValues(specs, dataset.labels), UserError, text);
    });

    await t.step("a mask of no case, of another place, or a second one is refused", async () => {
      const refused = async (text: string) => {
        const run = async () => {
          const { files } = await pairMasks(folder, dataset);
          await scoreFiles(files, organs, { toleranceMm });
        };
        await assertRejects(run, UserError, text);
      };
      const copy = `${folder}/${first.id}.nii`;
      await Deno.writeTextFile(copy, "");
      await refused("one file of each case");
      await Deno.remove(copy);
      const byImage = `${folder}/${first.id}_0000.nii.gz`;
      await Deno.copyFile(first.labelPath!, byImage);
      await refused("each case has one mask");
      await Deno.rename(byImage, `${folder}/${fourth.id}_0001.nii.gz`);
      const { files, missing } = await pairMasks(folder, dataset);
      assertEquals(files.map(({ caseId }) => caseId), dataset.cases.map(({ id }) => id));
      assertEquals(missing, []);
      await Deno.remove(`${folder}/${fourth.id}_0001.nii.gz`);
      await Deno.copyFile(first.labelPath!, `${folder}/other.nii.gz`);
      await refused("named as a case of raw that has labels");
      await Deno.remove(`${folder}/other.nii.gz`);
      const affine = truth.affine.map((value, i) => i === 7 ? value + 30 : value);
      await writeLabels(`${folder}/${second.id}.nii`, { ...truth, affine });
      await refused(`must lie on the grid of ${second.labelPath}`);
      const perOrgan = () => pairMasks(`${dir}/raw`, dataset);
      const { message } = await assertRejects(perOrgan, UserError, "it holds folders, as imagesTr");
      assert(message.includes("TotalSegmentator makes those with --ml"));
      await assertRejects(() => pairMasks(`${dir}/absent`, dataset), UserError, "none");
    });
  });
});

Deno.test("organs of one name are not scored as one", () => {
  const kidney = (value: number) => parseOrgan(`kidney=${value}`, {});
  requireDifferentNames([kidney(2), parseOrgan("liver=6", {})]);
  assertThrows(
    () => requireDifferentNames([kidney(2), kidney(3)]),
    UserError,
    "kidney more than once",
  );
});
