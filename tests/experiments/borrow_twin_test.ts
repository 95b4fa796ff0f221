import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { join } from "node:path";
import { findTwin, withoutTwin } from "../../lib/experiments/borrow_twin.ts";
import { executeRun } from "../../lib/experiments/execute_run.ts";
import { resultPathOf } from "../../lib/experiments/experiment_places.ts";
import { covers, readRunResult, writeRunResult } from "../../lib/experiments/run_result.ts";
import { writeAtomic } from "../../lib/files.ts";
import { inTemporaryFolder } from "../temporary_folder.ts";
import { manifestOnly, resultOf, specOf } from "./plans.ts";

const otherRegions = { changes: ["roiTraining.faceJitter=0"] };

Deno.test("runs share a twin where nothing differs but what regions and passes concern", () => {
  const { twinHash } = specOf();
  for (
    const change of ["roiTraining.faceJitter=0", "segmentor.passes=1", "detector.fusion=views"]
  ) {
    assertEquals(specOf({ changes: [change] }).twinHash, twinHash, change);
  }
  const others = ["segmentor.paste=nearest", "segmentor.largestComponent=false", "seed=1"];
  for (const change of [...others, "segmentor.dropout=0", "phases.whole.epochs=2"]) {
    assertNotEquals(specOf({ changes: [change] }).twinHash, twinHash, change);
  }
  assertNotEquals(specOf({ organ: "spleen" }).twinHash, twinHash);
});

Deno.test("a run takes its twin from another's result, without its times, and trains the rest alone", async () => {
  await inTemporaryFolder(async (dir) => {
    const places = { runs: join(dir, "runs"), results: join(dir, "results") };
    const [first, second] = [specOf(), specOf(otherRegions)];
    assertEquals(await findTwin(second, places), undefined);

    const { twinHash } = first;
    const measured = resultOf(first);
    await writeRunResult(resultPathOf(places, first.id), measured);
    // Files of before there were hashes, and of other twins, are no source.
    const older = specOf({ changes: ["roiTraining.faceJitter=0.5"] });
    const { twinHash: _unknown, ...ofOlder } = resultOf(older);
    await writeRunResult(resultPathOf(places, older.id), ofOlder);
    assertEquals((await findTwin(second, places))?.id, first.id);
    assertEquals(await findTwin(specOf({ changes: ["segmentor.dropout=0"] }), places), undefined);
    assertEquals(await findTwin(withoutTwin(second), places), undefined);

    // All but the twin is there already: nothing is trained, and no run is opened.
    const path = resultPathOf(places, second.id);
    await writeRunResult(
      path,
      resultOf(withoutTwin(second), { costs: measured.costs.slice(0, 2) }),
    );
    for (const expected of ["done", "current"] as const) {
      assertEquals(await executeRun(second, manifestOnly(), { places }), expected);
    }
    const taken = (await readRunResult(path))!;
    assert(covers(taken, second));
    assertEquals([taken.twinHash, taken.twinFrom], [twinHash, first.id]);
    assertEquals(taken.modes, second.modes);
    assertEquals(taken.cases.length, measured.cases.length);
    for (const { mode, timesMs } of taken.cases) {
      assertEquals(Object.keys(timesMs).length === 0, mode === "withoutCrop");
    }
    assertEquals(taken.costs.map(({ part }) => part), ["detector", "segmentor", "whole"]);
    assertEquals(taken.trained.at(-1)?.phase, "whole");

    // Asked for more, it still has one twin.
    const stepped = { ...second, measuresStep: true };
    const step = { batchSize: 2, edge: 64, stepMs: 1, peakTensorBytes: 1 };
    await writeRunResult(path, { ...taken, step: null });
    assertEquals(covers(taken, stepped), false);
    await writeRunResult(path, { ...taken, modes: ["groundTruthRoi", "withCrop"], step });
    assertEquals(await executeRun(stepped, manifestOnly(), { places }), "done");
    assertEquals((await readRunResult(path))?.cases.length, measured.cases.length);

    // A run of whole volumes alone takes all that it has.
    const alone = { phases: ["whole"], modes: ["withoutCrop"] } as const;
    const third = specOf({ ...alone, changes: ["roiTraining.faceJitter=0.3"] });
    const nothing = { modes: [], cases: [], trained: [], costs: [], toleranceMm: NaN };
    const thirdPath = resultPathOf(places, third.id);
    await writeRunResult(thirdPath, resultOf(third, nothing));
    assertEquals(await executeRun(third, manifestOnly(), { places }), "done");
    assertEquals((await readRunResult(thirdPath))?.toleranceMm, measured.toleranceMm);
    await Deno.remove(thirdPath);

    // What was taken is not handed on, and weights that are here are measured here.
    await Deno.remove(resultPathOf(places, first.id));
    assertEquals(await findTwin(third, places), undefined);
    await writeRunResult(resultPathOf(places, first.id), measured);
    assertEquals((await findTwin(third, places))?.id, first.id);
    await writeAtomic(
      join(places.runs, "any", "whole", "identity.txt"),
      `${first.phaseHashes.whole}\n`,
    );
    assertEquals(await findTwin(third, places), undefined);
  });
});
