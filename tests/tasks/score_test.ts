import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { writePhantomDataset } from "../../lib/dataset/phantom_dataset.ts";
import { inTemporaryFolder } from "../temporary_folder.ts";
import { runVerb } from "./run_verb.ts";

Deno.test("score warns of a value in --values that no mask holds", () =>
  inTemporaryFolder(async (dir) => {
    const data = `${dir}/raw`;
    await writePhantomDataset(data, { cases: 1, shape: [30, 26, 14] });
    const score = async (...values: string[]) =>
      await runVerb("score", [
        ...["--masks", `${data}/labelsTr`, "--data", data],
        ...values.flatMap((value) => ["--values", value]),
      ]);
    const wrong = await score("liver=90", "spleen=1", "left kidney=90");
    assertEquals(wrong.code, 0, wrong.stderr);
    assertStringIncludes(wrong.stderr, "warning: no mask holds values that --values names: 90. ");
    const right = await score("liver=6");
    assertEquals(right.code, 0, right.stderr);
    assert(!right.stderr.includes("warning"), right.stderr);
  }));
