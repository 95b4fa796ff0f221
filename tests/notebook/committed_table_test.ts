import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { UserError } from "../../lib/errors.ts";
import { committedTable } from "../../lib/notebook/committed_table.ts";

Deno.test("a table of the repository's results has its title, its command and the asked columns", async () => {
  const columns = ["Organ", "Preset", "IoU 2D (paper)"];
  const text = await committedTable("Dataset501_CHAOST2", "table1", columns);
  const [title, , header, , first] = text.split("\n");
  assertStringIncludes(title, "**Table 1. The detector.** `deno task experiment table1 --data");
  assertEquals(header, "| Organ | Preset | IoU 2D (paper) |");
  assertEquals(first, "| liver | paper | 0.7850 |");
  const wrong = () => committedTable("Dataset501_CHAOST2", "table1", ["Dice"]);
  await assertRejects(wrong, UserError, "its columns are Preset, Organ");
  const missing = () => committedTable("Dataset501_CHAOST2", "table9", columns);
  await assertRejects(missing, UserError, "missing");
});
