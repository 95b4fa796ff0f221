import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { costJobs } from "../../lib/experiments/cost_job.ts";
import { costCsv, costFigures, costMarkdown } from "../../lib/experiments/cost_report.ts";
import {
  type CostResult,
  readCostResult,
  writeCostResult,
} from "../../lib/experiments/cost_result.ts";
import { measureCost } from "../../lib/experiments/measure_cost.ts";
import { inTemporaryFolder } from "../temporary_folder.ts";

Deno.test("Table 5: the segmentor's counts are the paper's; what failed is named", async () => {
  await inTemporaryFolder(async (dir) => {
    const results = new Map<string, CostResult>();
    const ids = ["16-forward", "16-step", "whole-forward", "focus-16-forward"];
    for (const id of ids.map((id) => `segmentor-${id}`)) {
      const job = costJobs.find((one) => one.id === id)!;
      const measured = await measureCost(job);
      await writeCostResult(`${dir}/${id}.json`, measured);
      results.set(id, (await readCostResult(`${dir}/${id}.json`))!);
      assertEquals(results.get(id), measured);
    }
    const text = costMarkdown(results, new Map([["mednext-s-step", "code 137"]]));
    assertStringIncludes(text, "| 39.5881 | 40.1449 | 40.1449 |");
    assertStringIncludes(text, "| 9.3809 | 9.3809 |");
    assertMatch(
      text,
      /\| Segmentor, paper, on 16\^3 \| \d+\.\d{4} \| \d+ \| \d+ \| \d+\.\d{4} \| \d+ \| \d+ \|/,
    );
    assertMatch(text, /\| Segmentor, paper, on the whole volume \| 128\^3 \| \d/);
    // The paper's counts stand beside its own network alone.
    assertMatch(text, /\| Segmentor, focus, on 16\^3 \| 16\^3 \| \S+ \| \S+ \| \S+ \| - \|/);
    assertStringIncludes(text, "- `mednext-s-step`: code 137");
    assertStringIncludes(text, "- `segmentor-focus-64-step`: not run");
    assert(!text.includes("- `segmentor-16-step`"));
    assert(!text.includes("NaN") && !text.includes("undefined"));
    assertEquals(costCsv(results).trim().split("\r\n").length, 1 + 14);
    assertEquals(costFigures(results).length, 2);
    assertEquals(costFigures(new Map()), []);
  });
});
