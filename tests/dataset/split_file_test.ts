import { assertEquals, assertRejects } from "@std/assert";
import { readSplitFile } from "../../lib/dataset/split_file.ts";
import { UserError } from "../../lib/errors.ts";
import { inTemporaryFolder } from "../temporary_folder.ts";

Deno.test("a fold is read from a file like nnU-Net's splits_final.json", async () => {
  await inTemporaryFolder(async (dir) => {
    const path = `${dir}/splits_final.json`;
    const folds = [{ train: ["a", "b"], val: ["c"] }, { train: ["b", "c"], val: ["a"] }];
    await Deno.writeTextFile(path, JSON.stringify(folds));
    assertEquals(await readSplitFile(path, { number: 2, count: 2 }), folds[1]);
    const refused = (part: string, count = 2) =>
      assertRejects(() => readSplitFile(path, { number: 1, count }), UserError, part);
    await refused("must have 3 folds", 3);
    for (
      const text of ["{", "{}", '[{"train": ["a"]}]', '[{"train": ["a"], "val": [1]}]', "[null]"]
    ) {
      await Deno.writeTextFile(path, text);
      await refused("JSON list");
    }
    await Deno.writeTextFile(path, `\uFEFF${JSON.stringify(folds)}`);
    assertEquals(await readSplitFile(path, { number: 1, count: 2 }), folds[0]);
    await Deno.remove(path);
    await refused("must exist");
    await Deno.mkdir(path);
    await refused("not readable");
  });
});
