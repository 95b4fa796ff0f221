/** The notebooks of the course themselves: without faults, and run to their ends. */
import { assertEquals } from "@std/assert";
import { projectRoot } from "../../lib/paths.ts";
import { chooseImportMap } from "../../lib/runtime/import_map.ts";
import { kernelTest } from "./kernel.ts";

const names = [...Deno.readDirSync(`${projectRoot}/notebooks`)]
  .map(({ name }) => name)
  .filter((name) => name.endsWith(".ipynb"))
  .sort();

async function notebooks(...args: string[]): Promise<void> {
  const map = await chooseImportMap();
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      ...(map === undefined ? [] : ["--import-map", map]),
      `${projectRoot}/tasks/notebooks.ts`,
      ...args,
    ],
    env: { NO_COLOR: "1", ROISEG_DATA_DIR: "" },
  }).output();
  assertEquals(code, 0, new TextDecoder().decode(stderr));
}

Deno.test("the course has its four notebooks", () => {
  assertEquals(names, [
    "01_data_prep.ipynb",
    "02_detector.ipynb",
    "03_segmentor.ipynb",
    "04_evaluation.ipynb",
  ]);
});

Deno.test("the notebooks have no faults", async () => {
  await notebooks("check");
});

for (const name of names) {
  kernelTest(`${name} runs from its first cell to its last, with what it is to show`, async () => {
    await notebooks("run", "--only", name);
  });
}
