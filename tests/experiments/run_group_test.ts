import { assertAlmostEquals, assertEquals } from "@std/assert";
import { groupRuns, macsOf, passesOf } from "../../lib/experiments/run_group.ts";
import { covers } from "../../lib/experiments/run_result.ts";
import { planRuns } from "../../lib/experiments/run_spec.ts";
import { modelCost } from "../evaluation/case_results.ts";
import { manifestOnly, request, resultOf, specOf } from "./plans.ts";

Deno.test("the cost with crop is the mean over the cases' passes, the second looks' as well", () => {
  const plan = planRuns([request()], () => manifestOnly());
  const [spec] = plan.runs;
  const costs = [
    modelCost({ part: "detector", macs: 400e6 }),
    modelCost({ part: "segmentor", macs: 300e6 }),
    modelCost({ part: "whole", macs: 2000e6 }),
  ];
  const withPasses = (...passes: (number | undefined)[]) => {
    const result = resultOf(spec, { costs });
    const ids = [...new Set(result.cases.map(({ caseId }) => caseId))];
    const cases = result.cases.map((one) => ({ ...one, passes: passes[ids.indexOf(one.caseId)] }));
    const [group] = groupRuns(plan, new Map([[spec.id, { ...result, cases }]]));
    return group;
  };
  const looked = withPasses(1, 6);
  assertEquals([passesOf(looked).mean, passesOf(looked).max], [3.5, 6]);
  assertAlmostEquals(macsOf(looked).withCrop, 400 + 3.5 * 300);
  // Passes that search are in a smaller cube.
  const results = looked.results.map((result) => ({
    ...result,
    costs: [...costs, modelCost({ part: "search", macs: 100e6 })],
    cases: result.cases.map((one) => ({ ...one, searches: one.passes! > 1 ? 3 : 0 })),
  }));
  assertAlmostEquals(macsOf({ ...looked, results }).withCrop, 400 + 2 * 300 + 1.5 * 100);
  // Results of before say nothing: as often as is configured.
  const older = withPasses(undefined, undefined);
  assertAlmostEquals(macsOf(older).withCrop, 400 + 3 * 300);
  assertEquals(macsOf(older).withoutCrop, 2000);
});

Deno.test("a twin of before, which saw the cube alone, is none of a preset that samples the scan", () => {
  const spec = specOf();
  const result = resultOf(spec);
  assertEquals(covers(result, spec), true);
  assertEquals(covers({ ...result, twinHash: "of before" }, spec), false);
  const cropped = specOf({ modes: ["withCrop"] });
  assertEquals(covers({ ...result, twinHash: "of before" }, cropped), true);
  const sources = ["scan", "cube"].map((source) =>
    specOf({ changes: ["seed=0", `segmentor.source=${source}`] }).phaseHashes.whole
  );
  assertEquals(new Set(sources).size, 2);
});
