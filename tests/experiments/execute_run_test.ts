import { assert, assertEquals } from "@std/assert";
import type { EvaluationMode } from "../../lib/evaluation/records.ts";
import { executeRun } from "../../lib/experiments/execute_run.ts";
import { resultPathOf, runFolderOf } from "../../lib/experiments/experiment_places.ts";
import { covers, readRunResult, writeRunResult } from "../../lib/experiments/run_result.ts";
import { planRuns } from "../../lib/experiments/run_spec.ts";
import { buildDetector } from "../../lib/detector/detector.ts";
import { writeSafetensors } from "../../lib/nn/safetensors.ts";
import { buildSegmentor } from "../../lib/training/build_segmentor.ts";
import { detectorTargets } from "../../lib/training/detector_targets.ts";
import { modelFile, type Run } from "../../lib/training/run_folder.ts";
import { startRun } from "../../lib/training/start_run.ts";
import { viewNames } from "../../lib/volume/projection.ts";
import { inTemporaryFolder } from "../temporary_folder.ts";
import { tinyPrepared } from "../training/tiny_run.ts";
import { request, resultOf } from "./plans.ts";

/** Leaves random weights of detector and segmentor, as a run that was stopped while it fine-tuned. */
async function leaveWeights(run: Run): Promise<void> {
  const { config } = run.record;
  const detector = buildDetector(config.detector, config.seed, detectorTargets(run.record));
  for (const view of viewNames) {
    const weights = await detector.modules[view].parameters.read();
    await writeSafetensors(modelFile(run, "detector", view), weights, {});
  }
  detector.dispose();
  const { parameters } = buildSegmentor(run, "segmentor");
  await writeSafetensors(modelFile(run, "segmentor"), await parameters.read(), {});
  parameters.dispose();
}

Deno.test("what a result has of better weights than this machine's is kept, without its times", () =>
  inTemporaryFolder(async (dir) => {
    const prepared = await tinyPrepared(dir);
    const places = { runs: `${dir}/runs`, results: `${dir}/results` };
    const asked = { preset: "tiny", fold: "1/2" };
    const [full] = planRuns([request(asked)], () => prepared).runs;
    const path = resultPathOf(places, full.id);
    // With crop by a fine-tuned segmentor; without crop by a rule of before, as its hash is not there.
    const { twinHash: _, ...known } = resultOf({ ...full, modes: ["withCrop", "withoutCrop"] });
    await writeRunResult(path, known);
    const { parsedOrgan: organ, config, fold, phases } = full;
    const folder = runFolderOf(places, full.id);
    await leaveWeights(await startRun({ prepared, organ, config, fold, folder, phases }));

    const narrow = request({ ...asked, phases: ["segmentor"], modes: ["groundTruthRoi"] });
    const [spec] = planRuns([narrow], () => prepared).runs;
    assertEquals(await executeRun(spec, prepared, { places }), "done");
    const result = (await readRunResult(path))!;
    const ofMode = (mode: EvaluationMode) => result.cases.filter((one) => one.mode === mode);
    assert(ofMode("groundTruthRoi").every(({ timesMs }) => timesMs.segment !== undefined));
    for (const mode of ["withCrop", "withoutCrop"] as const) {
      const before = known.cases.filter((one) => one.mode === mode);
      assertEquals(ofMode(mode), before.map((one) => ({ ...one, timesMs: {} })), mode);
    }
    assertEquals([result.twinHash, covers(result, full)], [undefined, false]);
  }));
