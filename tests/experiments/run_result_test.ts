import { assert, assertEquals, assertRejects } from "@std/assert";
import { UserError } from "../../lib/errors.ts";
import { covers, readRunResult, writeRunResult } from "../../lib/experiments/run_result.ts";
import { inTemporaryFolder } from "../temporary_folder.ts";
import { caseResult } from "../evaluation/case_results.ts";
import { resultOf, specOf } from "./plans.ts";

Deno.test("a result is read as it was written, NaN and lacking times included", async () => {
  await inTemporaryFolder(async (dir) => {
    const path = `${dir}/runs/a.json`;
    assertEquals(await readRunResult(path), null);
    const spec = specOf();
    const cases = [
      ...resultOf(spec).cases,
      caseResult({ hd95Mm: NaN, nsd: Infinity, timesMs: { segment: 1.25 }, caseId: 'a "b", c' }),
      caseResult({ caseId: "", timesMs: {} }),
    ];
    const result = resultOf(spec, { cases });
    await writeRunResult(path, result);
    assertEquals(await readRunResult(path), result);
    const together = { with: ["spleen"], cases: [caseResult({ organ: "liver", dice: 0.5 })] };
    await writeRunResult(path, { ...result, together });
    assertEquals(await readRunResult(path), { ...result, together });
    const lines = (await Deno.readTextFile(path)).split("\n");
    assert(lines.length > cases.length, "a case a line");

    // Six digits are kept.
    await writeRunResult(path, resultOf(spec, { cases: [caseResult({ dice: 0.123456789 })] }));
    assertEquals((await readRunResult(path))?.cases[0].dice, 0.123457);

    for (const text of ["{", "null", '{"format": 99}', '{"format": 1, "id": "a"}']) {
      await Deno.writeTextFile(path, text);
      await assertRejects(() => readRunResult(path), UserError, path);
    }
  });
});

Deno.test("a result covers what it has, of the same identity only", () => {
  const all = specOf();
  const result = resultOf(all);
  assert(covers(result, all));
  assert(covers(result, specOf({ phases: ["detector"], modes: [] })));
  const detector = resultOf(specOf({ phases: ["detector"], modes: [] }));
  assertEquals(covers(detector, all), false);
  assertEquals(covers(result, { ...all, measuresStep: true }), false);
  assertEquals(covers(result, specOf({ changes: ["seed=1"] })), false);
});
