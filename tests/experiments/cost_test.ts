import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { costJobs } from "../../lib/experiments/cost_job.ts";
import { costCsv, costFigures, costMarkdown } from "../../lib/experiments/cost_report.ts";
import {
  type CostResult,
  readCostResult,
  writeCostResult,
} from "../../lib/experiments/cost_result.ts";
import { measureCost } from "../../lib/experiments/measure_cost.ts";
import { inTemporaryFolder } from "../dataset/temporary.ts";

Deno.test("Table 5: the segmentor's counts are the paper's; what failed is named", async () => {
  await inTemporaryFolder(async (dir) => {
    const results = new Map<string, CostResult>();
    for (const id of ["segmentor-16-forward", "segmentor-16-step", "segmentor-whole-forward"]) {
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
      /\| Segmentor on 16\^3 \| \d+\.\d{4} \| \d+ \| \d+ \| \d+\.\d{4} \| \d+ \| \d+ \|/,
    );
    assertMatch(text, /\| Segmentor on the whole volume \| 128\^3 \| \d/);
    assertStringIncludes(text, "- `mednext-s-step`: code 137");
    assert(!text.includes("NaN") && !text.includes("undefined"));
    assertEquals(costCsv(results).trim().split("\r\n").length, 11);
    assertEquals(costFigures(results).length, 2);
    assertEquals(costFigures(new Map()), []);
  });
});
