import { assertEquals } from "@std/assert";
import { join } from "node:path";
import { borrowPhases, markPhases, withOpenWaits } from "../../lib/experiments/borrow_phases.ts";
import type { ExperimentPlaces } from "../../lib/experiments/experiment_places.ts";
import { planRuns, type RunSpec } from "../../lib/experiments/run_spec.ts";
import { exists, writeAtomic } from "../../lib/files.ts";
import type { Run } from "../../lib/training/run_folder.ts";
import { isPhaseTrained, partsOf } from "../../lib/training/run_part.ts";
import { inTemporaryFolder } from "../temporary_folder.ts";
import { manifestOnly, request } from "./plans.ts";

function runOf(spec: RunSpec, { runs }: ExperimentPlaces): Run {
  return { folder: join(runs, spec.id), record: { config: spec.config } } as unknown as Run;
}

/** Leaves what training of a phase leaves. */
async function pretendToTrain(run: Run, phase: RunSpec["phases"][number]): Promise<void> {
  for (const { folder, name } of partsOf(run, phase)) {
    await writeAtomic(join(folder, "history.jsonl"), `${name} of ${run.folder}`);
    await writeAtomic(join(folder, "model.safetensors"), `weights of ${name}`);
  }
}

Deno.test("a phase is copied from a run that trains the same, and then nobody waits for it", async () => {
  await inTemporaryFolder(async (dir) => {
    const places = { runs: join(dir, "runs"), results: join(dir, "results") };
    const { runs } = planRuns([
      request({ label: "a" }),
      request({ label: "b", changes: ["segmentor.passes=2"] }),
      request({ label: "c", changes: ["roiTraining.groundTruthShare=0"] }),
    ], () => manifestOnly());
    const [a, b, c] = runs;
    const waits = async () => (await withOpenWaits(runs, places)).map(({ waitsFor }) => waitsFor);
    assertEquals(await waits(), [[], [a.id], [a.id]]);
    // Where the first one was done on another machine, the next one trains for the others.
    const others = await withOpenWaits([b, c], places);
    assertEquals(others.map(({ waitsFor }) => waitsFor), [[], [b.id]]);

    const first = runOf(a, places);
    for (const phase of ["detector", "segmentor"] as const) await pretendToTrain(first, phase);
    await markPhases(first, a);
    assertEquals(await isPhaseTrained(first, "detector"), true);
    assertEquals(await isPhaseTrained(first, "finetune"), false);
    // Fine-tuning and the whole volume are still to come: b needs both, c the latter.
    assertEquals(await waits(), [[], [a.id], [a.id]]);
    for (const phase of ["finetune", "whole"] as const) await pretendToTrain(first, phase);
    await markPhases(first, a);
    assertEquals(await waits(), [[], [], []]);

    for (const spec of [b, c]) {
      const run = runOf(spec, places);
      await borrowPhases(run, spec, places);
      for (const phase of spec.phases) {
        const isShared = spec === b || phase !== "finetune";
        assertEquals(await isPhaseTrained(run, phase), isShared, `${spec.label} ${phase}`);
      }
      const [, yz] = partsOf(run, "detector");
      const copied = await Deno.readTextFile(join(yz.folder, "history.jsonl"));
      assertEquals(copied, `detector-yz of ${first.folder}`);
    }
    // What a run has begun itself is left alone.
    const begun = runOf({ ...b, id: "begun" }, places);
    await writeAtomic(join(begun.folder, "segmentor", "checkpoint.safetensors"), "its own");
    await borrowPhases(begun, b, places);
    assertEquals(await exists(join(begun.folder, "segmentor", "model.safetensors")), false);
    assertEquals(await isPhaseTrained(begun, "whole"), true);
  });
});
