import { assert, assertEquals, assertMatch } from "@std/assert";
import { progressText, stateText } from "../../lib/report/progress_text.ts";
import { readRunProgress } from "../../lib/report/run_progress.ts";
import { textCurve } from "../../lib/report/text_curve.ts";
import { inTemporaryFolder } from "../temporary_folder.ts";
import { after, epochRecord, untrainedRun, writeEpochs, writeModel } from "./run_folders.ts";

/** The dots of a drawn curve, as rows of 0 and 1. */
function dotsOf(lines: readonly string[]): string[] {
  const bit = [[0, 3], [1, 4], [2, 5], [6, 7]];
  return lines.flatMap((line) =>
    bit.map((columns) =>
      [...line].flatMap((character) => {
        const code = character === " " ? 0 : character.codePointAt(0)! - 0x2800;
        return columns.map((place) => (code >> place) & 1);
      }).join("")
    )
  );
}

Deno.test("textCurve() draws a rising line from corner to corner, between its labels", () => {
  const curve = { title: "t", x: [1, 8], y: [0, 7], xRange: [1, 8] } as const;
  const [title, ...rows] = textCurve(curve, 9 + 4, 2);
  assertEquals(title, "t".padEnd(13));
  assertEquals(rows.map((row) => row.slice(0, 8).trim()), ["7.000", "0.000"]);
  const dots = dotsOf(rows.map((row) => row.slice(9)));
  assertEquals(
    dots,
    [..."76543210"].map((at) => "0".repeat(Number(at)) + "1" + "0".repeat(7 - Number(at))),
  );
});

Deno.test("textCurve() leaves gaps, and draws one value in the middle", () => {
  const gap = { title: "", x: [1, 2, 3, 4], y: [1, NaN, Infinity, 1], xRange: [1, 4] } as const;
  const [, row] = textCurve(gap, 9 + 2, 1);
  assertEquals(dotsOf([row.slice(9)]), ["0000", "0000", "1001", "0000"]);
  assertEquals(textCurve({ ...gap, y: [NaN, NaN, NaN, NaN] }, 11, 1)[1].trim(), "");
});

Deno.test("progressText() has a line a part, and none is longer than the terminal", async () => {
  await inTemporaryFolder(async (dir) => {
    const run = await untrainedRun(`${dir}/run`, ["phases.segmentor.epochs=10"]);
    await writeEpochs(run, "segmentor", [1, 2, 3].map((epoch) => epochRecord(epoch)));
    const progress = await readRunProgress(run, {
      phases: ["segmentor", "finetune"],
      now: () => after(7),
    });
    const lines = progressText(progress, 150);
    assertMatch(lines[0], /liver in phantom, preset tiny$/);
    const row = lines.find((line) => line.startsWith("segmentor"))!;
    assertMatch(
      row,
      /█{5}░{11} {2}3\/10 +0\.2500 {2}Dice 0\.8333 +0\.8333 \(3\) {2}1\.0e-3 {2}2\.0 s +0:14$/,
    );
    assertMatch(lines.find((line) => line.startsWith("finetune"))!, /░{16} {2}0\/2 .* waiting$/);
    assert(lines.includes("Training; last sign of life 0:01 ago. About 0:17 left."));
    assert(lines.some((line) => /^loss of segmentor +Dice of segmentor in validation$/.test(line)));
    for (const columns of [20, 79]) {
      const narrow = progressText(progress, columns);
      assertEquals(narrow.filter((line) => line.length > columns), []);
      assert(narrow.join(" ").includes("Training; last sign of life 0:01 ago. About 0:17 left."));
    }
    // A terminal that does not know its size reports 0 columns.
    for (const columns of [0, -1]) {
      assert(progressText(progress, columns).join("").includes("Training;lastsign"));
    }
    const stopped = await readRunProgress(run, { phases: ["segmentor"], now: () => after(900) });
    const words = progressText(stopped, 20).join("").replaceAll(" ", "");
    assert(words.includes(run.folder.replaceAll(" ", "")) && words.includes("--resume"));
  });
});

Deno.test("stateText() says what is unknown, what is over, and how to go on", async () => {
  await inTemporaryFolder(async (dir) => {
    const run = await untrainedRun(`${dir}/run`);
    const at = async (seconds: number, phases: ("segmentor" | "whole")[] = ["segmentor"]) =>
      stateText(await readRunProgress(run, { phases, now: () => after(seconds) }));
    assertMatch(await at(5), /time left is known after the first epoch of segmentor\.$/);
    assertMatch(await at(600), /^No sign of life for 10:00 \(no epoch has ended\).*--resume$/);
    await writeEpochs(run, "segmentor", [epochRecord(1)]);
    assertMatch(await at(2, ["segmentor", "whole"]), /About 0:02 left, without whole\.$/);
    assertMatch(await at(602), /\(an epoch takes 0:02\): it seems to have stopped/);
    await writeEpochs(run, "segmentor", [epochRecord(2)]);
    await writeModel(run, "segmentor");
    assertEquals(await at(9000), "Complete, after 0:04 of training.");
  });
});
