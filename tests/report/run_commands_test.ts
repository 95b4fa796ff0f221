import { assertEquals, assertStringIncludes } from "@std/assert";
import { makeConfig } from "../../lib/config/overrides.ts";
import { parseOrgan } from "../../lib/dataset/organ.ts";
import { configChanges, organText, trainCommand } from "../../lib/report/run_commands.ts";
import { inTemporaryFolder } from "../temporary_folder.ts";
import { untrainedRun } from "./run_folders.ts";

Deno.test("configChanges() makes the same configuration again", () => {
  const cases: [string, string[]][] = [
    ["focus", []],
    ["tiny", ["phases.segmentor.epochs=7", "segmentor.edge=16", "roiTraining.edges=all"]],
    ["paper", ["segmentor.channels=8,8,8,16", "phases.whole.augmentation.flipAxes=x"]],
    ["focus", ["phases.segmentor.augmentation.flipAxes=x,z", "segmentor.edge=64"]],
    ["paper", ["phases.segmentor.augmentation.flipAxes="]],
    ["focus", ["detector=paper", "phases.detector=paper", "detector.network.points=2"]],
    ["paper", ["detector=focus", "phases.detector=focus", "cubeEdge=64"]],
  ];
  for (const [preset, set] of cases) {
    const config = makeConfig(preset, set);
    const changes = configChanges(config);
    assertEquals(makeConfig(preset, changes), config, `${preset} ${set.join(" ")}`);
    if (set.length === 0) assertEquals(changes, []);
  }
});

Deno.test("organText() is read as the same organ", () => {
  const labels = { "right kidney": 2, "left kidney": 3, liver: 6 };
  for (const spec of ["liver", "kidneys=right kidney+left kidney", "pair=liver,left kidney+2"]) {
    const organ = parseOrgan(spec, labels);
    assertEquals(parseOrgan(organText(organ), labels), organ);
  }
});

Deno.test("trainCommand() quotes for the shell and names the fold", async () => {
  await inTemporaryFolder(async (dir) => {
    const run = await untrainedRun(`${dir}/it's a run`, ["seed=3"], {
      splitRule: "fold 2/5, seed 3",
      preparedFolder: "prepared",
    });
    assertStringIncludes(
      trainCommand(run),
      "deno task train --data prepared --organ liver=6 --preset tiny --fold 2/5 --set seed=3 --run '",
    );
    assertStringIncludes(trainCommand(run), `/it'\\''s a run'`);
  });
});
