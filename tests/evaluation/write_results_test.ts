import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { UserError } from "../../lib/errors.ts";
import { requireReplaceable, writeResults } from "../../lib/evaluation/write_results.ts";
import { inTemporaryFolder } from "../temporary_folder.ts";
import { caseResult, evaluationOf } from "./case_results.ts";

Deno.test("an evaluation is replaced by one of the same or more, and by nothing less", () =>
  inTemporaryFolder(async (dir) => {
    const folder = `${dir}/evaluation`;
    const may = (modes: readonly ("withCrop" | "groundTruthRoi")[], ...caseIds: string[]) =>
      requireReplaceable(folder, { organs: ["liver"], modes, caseIds, isOwn: false });
    await may(["withCrop"], "a");
    const cases = ["a", "b"].map((caseId) => caseResult({ caseId }));
    await writeResults(folder, evaluationOf(cases));
    await may(["withCrop"], "a", "b");
    await may(["groundTruthRoi", "withCrop"], "c", "b", "a");
    const refused = async (part: string, ...asked: Parameters<typeof may>) => {
      const { message } = await assertRejects(() => may(...asked), UserError);
      assertStringIncludes(message, part);
    };
    await refused("with b", ["withCrop"], "a");
    await refused("with withCrop", ["groundTruthRoi"], "a", "b");
    const spleen = { organs: ["spleen"], modes: ["withCrop"], caseIds: ["a", "b"] } as const;
    const replaced = () => requireReplaceable(folder, { ...spleen, isOwn: false });
    await assertRejects(replaced, UserError, "with liver");
    await Deno.remove(`${folder}/evaluation.json`);
    await assertRejects(() => may(["withCrop"], "a", "b"), UserError, "without evaluation.json");
    assertEquals((await Deno.stat(`${folder}/report.md`)).isFile, true);
    // Masks that nobody says are an evaluation's: a person's, or those of one that was interrupted.
    const other = `${dir}/other`;
    await Deno.mkdir(`${other}/masks`, { recursive: true });
    const asked = { organs: ["liver"], modes: ["withCrop"], caseIds: ["a"] } as const;
    const foreign = () => requireReplaceable(other, { ...asked, isOwn: false });
    await assertRejects(foreign, UserError, "masks without evaluation.json");
    await requireReplaceable(other, { ...asked, isOwn: true });
  }));
