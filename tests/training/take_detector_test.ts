import { assert, assertEquals, assertRejects } from "@std/assert";
import { makeConfig } from "../../lib/config/overrides.ts";
import { loadCube, type PreparedDataset } from "../../lib/dataset/case.ts";
import { parseOrgan } from "../../lib/dataset/organ.ts";
import { UserError } from "../../lib/errors.ts";
import { historyPath, phaseFolder } from "../../lib/training/run_folder.ts";
import { startRun } from "../../lib/training/start_run.ts";
import { loadDetector } from "../../lib/training/trained_detector.ts";
import { trainRun } from "../../lib/training/train_run.ts";
import { inTemporaryFolder } from "../temporary_folder.ts";
import { tinyPrepared, tinyRun } from "./tiny_run.ts";

Deno.test("one detector serves the runs of several organs, copied and checked", async () => {
  await inTemporaryFolder(async (dir) => {
    const prepared = await tinyPrepared(dir);
    const donor = await tinyRun(prepared, `${dir}/donor`, {
      phases: ["detector"],
      set: ["phases.detector.epochs=1"],
    });
    assertEquals(donor.record.detectorLabels, [1, 2, 3, 6, 15]);
    // Weights are enough: a detector that was taken over before has no history of its own.
    await Deno.remove(historyPath(phaseFolder(donor, "detector", "yz")));
    const start = (organ: string, set: string[] = [], detectorFrom = donor.folder) =>
      startRun({
        prepared,
        organ: parseOrgan(organ, prepared.labels),
        config: makeConfig("tiny", set),
        folder: `${dir}/${organ.replace("/", "-")}`,
        detectorFrom,
      });

    const run = await start("kidneys=right kidney+left kidney");
    assertEquals(run.record.detectorLabels, donor.record.detectorLabels);
    const { training, validation } = donor.record.split;
    assertEquals(run.record.detectorCases, [...training, ...validation]);
    assertEquals(run.record.detectorTraining, training);
    const parts = await trainRun(run, prepared, { phases: ["detector"], resume: false });
    assertEquals(parts, []);
    await Deno.remove(donor.folder, { recursive: true });

    // The kidneys' box is around those of the two labels, whose silhouettes are 1 and 2.
    const detector = await loadDetector(run);
    assertEquals(detector.modules.xy.organTargets, [1, 2]);
    const { image } = await loadCube(prepared, run.record.split.test[0]);
    const pictures = detector.pictures(image, "xz");
    const [each] = await detector.modules.xz.detectTargets(pictures);
    const [joined] = await detector.modules.xz.detect(pictures);
    pictures.dispose();
    detector.dispose();
    assertEquals(each.length, 5);
    const found = [each[1], each[2]].filter(({ confidence }) => confidence[0] > 0);
    const left = Math.min(...(found.length > 0 ? found : [each[1]]).map((b) => b.boxUnit.min[0]));
    assertEquals(joined.boxUnit.min[0], left);
  });
});

Deno.test("a detector that does not fit is refused, with the reason", async () => {
  await inTemporaryFolder(async (dir) => {
    const prepared = await tinyPrepared(dir);
    const phases = ["detector"] as const;
    const set = ["phases.detector.epochs=1"];
    const donor = await tinyRun(prepared, `${dir}/donor`, { phases, set });
    const liverOnly = await tinyRun(prepared, `${dir}/liver`, {
      phases,
      set: [...set, "detector.targets=organ"],
    });
    const untrained = await tinyRun(prepared, `${dir}/untrained`, { phases: [] });
    const start = (
      prepared: PreparedDataset,
      detectorFrom: string,
      changes: string[] = [],
      fold?: string,
    ) =>
      startRun({
        prepared,
        organ: parseOrgan("spleen", prepared.labels),
        config: makeConfig("tiny", changes),
        folder: `${dir}/spleen`,
        fold,
        detectorFrom,
      });
    // As if the donor had taken the detector of a run over that was trained on this one's test cases.
    const recordPath = `${donor.folder}/run.json`;
    const text = await Deno.readTextFile(recordPath);
    const taken = { ...donor.record, detectorCases: donor.record.split.test };
    await Deno.writeTextFile(recordPath, JSON.stringify(taken));
    await assertRejects(() => start(prepared, donor.folder), UserError, "from a test case");
    const { validation } = donor.record.split;
    const trained = { ...donor.record, detectorCases: validation, detectorTraining: validation };
    await Deno.writeTextFile(recordPath, JSON.stringify(trained));
    await assertRejects(() => start(prepared, donor.folder), UserError, "on a validation case");
    await Deno.writeTextFile(recordPath, text);
    const elsewhere = { ...prepared, name: "elsewhere" };
    const entries = prepared.entries.map((entry) => ({ ...entry, modality: "mr" as const }));
    await assertRejects(
      () => start(elsewhere, donor.folder),
      UserError,
      "must have learned from elsewhere",
    );
    await assertRejects(
      () => start({ ...prepared, entries }, donor.folder),
      UserError,
      "prepared in the same way",
    );
    const cases: [detectorFrom: string, set: string[], fold: string | undefined, part: string][] = [
      [
        donor.folder,
        ["detector.network.widths=4,12"],
        undefined,
        "same targets, views and networks",
      ],
      [liverOnly.folder, ["detector.targets=organ"], undefined, "must know spleen"],
      [untrained.folder, [], undefined, "phase detector must have finished"],
      [donor.folder, [], "1/2", "test case"],
    ];
    for (const [detectorFrom, changes, fold, part] of cases) {
      const error = await assertRejects(
        () => start(prepared, detectorFrom, changes, fold),
        UserError,
      );
      assert(error.message.includes(part), error.message);
    }
  });
});
