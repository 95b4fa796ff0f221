import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { makeConfig } from "../../lib/config/overrides.ts";
import { parseOrgan } from "../../lib/dataset/organ.ts";
import {
  configChanges,
  organText,
  runCommands,
  trainCommand,
} from "../../lib/report/run_commands.ts";
import type { RunFacts } from "../../lib/report/run_facts.ts";
import { readRunProgress } from "../../lib/report/run_progress.ts";
import type { RunRecord } from "../../lib/training/run_folder.ts";
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
      "deno task train --data prepared --organ liver=6 --preset tiny --fold 2/5 --set seed=3 " +
        `--run "${dir}/it's a run"`,
    );
  });
});

Deno.test("trainCommand() names all that decided the split, and the detector", async () => {
  await inTemporaryFolder(async (dir) => {
    const commandOf = async (changes: Partial<RunRecord>) =>
      trainCommand(await untrainedRun(`${dir}/${crypto.randomUUID()}`, [], changes));
    const listed = { splitRule: "fold 2/2 of splits_final.json, seed 0" };
    const cases: [Partial<RunRecord>, string][] = [
      [{ splitRule: "fold all, seed 0" }, "--preset tiny --fold all --run"],
      [listed, "--preset tiny --fold 2/2 --split splits_final.json --run"],
      [
        { ...listed, splitFile: "/a b/splits_final.json" },
        "--split '/a b/splits_final.json' --run",
      ],
      [{ detectorFrom: "/runs/liver" }, "--fold 1/5 --detector /runs/liver --run"],
      [
        { splitRule: "0.15 validation, 0.2 test, the rest training, seed 0" },
        "--preset tiny --run",
      ],
    ];
    for (const [changes, part] of cases) assertStringIncludes(await commandOf(changes), part);
  });
});

Deno.test("runCommands() has the phases that were trained", async () => {
  await inTemporaryFolder(async (dir) => {
    const linesOf = async (changes: Partial<RunRecord>) => {
      const run = await untrainedRun(`${dir}/${crypto.randomUUID()}`, [], changes);
      const progress = await readRunProgress(run);
      const evaluation = { value: null, note: "" };
      return runCommands({ run, progress, evaluation } as unknown as RunFacts);
    };
    const [whole, ...others] = await linesOf({ phases: ["whole"] });
    assert(whole.endsWith(" --phase whole"), whole);
    assertEquals(others.length, 1);
    const [all, later] = await linesOf({ phases: ["detector", "segmentor", "finetune", "whole"] });
    assert(!all.includes("--phase"), all);
    assertMatch(later, /--resume --phase whole$/);
    const [first, second] = await linesOf({ phases: ["detector", "segmentor"] });
    assertMatch(first, /--phase detector$/);
    assertMatch(second, /--resume --phase segmentor$/);
    assert(!(await linesOf({}))[0].includes("--phase"));
  });
});
