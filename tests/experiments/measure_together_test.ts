import { assertEquals } from "@std/assert";
import { executeRun } from "../../lib/experiments/execute_run.ts";
import { lockPathOf, resultPathOf } from "../../lib/experiments/experiment_places.ts";
import { measureTogether } from "../../lib/experiments/measure_together.ts";
import { readRunResult, writeRunResult } from "../../lib/experiments/run_result.ts";
import { planRuns } from "../../lib/experiments/run_spec.ts";
import { exclusively } from "../../lib/runtime/exclusive.ts";
import { inTemporaryFolder } from "../temporary_folder.ts";
import { tinyPrepared } from "../training/tiny_run.ts";
import { request } from "./plans.ts";

Deno.test("organs together are added to what another process has made of a result meanwhile", () =>
  inTemporaryFolder(async (dir) => {
    const prepared = await tinyPrepared(dir);
    const places = { runs: `${dir}/runs`, results: `${dir}/results` };
    const requests = ["liver", "spleen"].map((organ) =>
      request({
        organ,
        preset: "tiny",
        fold: "1/2",
        phases: ["detector", "segmentor"],
        modes: ["withCrop"],
      })
    );
    const plan = planRuns(requests, () => prepared);
    for (const spec of plan.runs) await executeRun(spec, prepared, { places });
    const [liver, spleen] = plan.runs.map(({ id }) => id);
    const path = resultPathOf(places, liver);
    const step = { batchSize: 2, edge: 16, stepMs: 1, peakTensorBytes: 1 };

    // Another process is at the liver's run until it is waited for, and ends with a step measured.
    const [isHeld, isWaitedFor] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const other = exclusively(lockPathOf(places, liver), async () => {
      isHeld.resolve();
      await isWaitedFor.promise;
      await writeRunResult(path, { ...(await readRunResult(path))!, step });
    }, () => {});
    await isHeld.promise;
    const waits: string[] = [];
    await measureTogether(plan, () => prepared, {
      places,
      onWait: (id) => {
        waits.push(id);
        isWaitedFor.resolve();
      },
    });
    isWaitedFor.resolve();
    await other;
    assertEquals(waits, [liver]);
    const result = (await readRunResult(path))!;
    assertEquals(result.step, step);
    assertEquals(result.together?.with, [spleen]);
    assertEquals(result.together?.cases.length, 3 * 2); // test cases, spaces
    assertEquals((await readRunResult(resultPathOf(places, spleen)))?.together?.with, [liver]);
  }));
