import { assertEquals, assertRejects } from "@std/assert";
import { UserError } from "../../lib/errors.ts";
import { scoreMasks } from "../../lib/evaluation/case_scores.ts";
import { casesCsv, formatCsv } from "../../lib/evaluation/csv.ts";
import { readEvaluation, writeEvaluation } from "../../lib/evaluation/evaluation_file.ts";
import { peakProcessBytes } from "../../lib/evaluation/memory.ts";
import { Stopwatch } from "../../lib/evaluation/stopwatch.ts";
import { summarizeResults } from "../../lib/evaluation/summary.ts";
import { inTemporaryFolder } from "../temporary_folder.ts";
import { caseResult, evaluationOf, modelCost } from "./case_results.ts";
import { maskWhere } from "./masks.ts";

Deno.test("scoreMasks() has voxels, mm and mm^3 of an anisotropic grid", () => {
  const slabTo = (end: number) => maskWhere([6, 6, 12], [1, 2, 4], (_x, _y, z) => z < end);
  const scores = scoreMasks(slabTo(5), slabTo(8), 4);
  assertEquals([scores.hd95Mm, scores.hd95Voxels], [12, 3]);
  assertEquals([scores.groundTruthMm3, scores.predictionMm3], [36 * 5 * 8, 36 * 8 * 8]);
  assertEquals([scores.iou, scores.empty], [5 / 8, "none"]);
});

Deno.test("summarizeResults() groups by organ, class, mode and space", () => {
  const results = [
    caseResult({ dice: 0.8 }),
    caseResult({ dice: 0, empty: "prediction", timesMs: {} }),
    caseResult({ dice: NaN, empty: "both" }),
    caseResult({ space: "scan", dice: 0.6 }),
    caseResult({ organ: "a,b", className: "c" }),
  ];
  const summaries = summarizeResults(results);
  assertEquals(summaries.map(({ organ, space, cases }) => [organ, space, cases]), [
    ["liver", "cube", 3],
    ["liver", "scan", 1],
    ["a,b", "cube", 1],
  ]);
  const [{ metrics, emptyPredictions, timesMs }] = summaries;
  assertEquals([metrics.dice.mean, metrics.dice.count, metrics.dice.notApplicable], [0.4, 2, 1]);
  assertEquals([emptyPredictions, timesMs.segment?.count, timesMs.write], [1, 2, undefined]);
});

Deno.test("formatCsv() quotes as RFC 4180 does", () => {
  assertEquals(
    formatCsv(["a", "b,c"], [['say "x"', NaN], ["two\nlines", undefined]]),
    'a,"b,c"\r\n"say ""x""",NaN\r\n"two\nlines",\r\n',
  );
});

Deno.test("casesCsv() has a column for every part of the time", () => {
  const [header, row, end] = casesCsv([caseResult({ passes: 2, searches: 1 })]).split("\r\n");
  assertEquals(
    header.split(",").slice(-9),
    [
      "stage",
      "passes",
      "searches",
      "readMs",
      "detectMs",
      "cropMs",
      "segmentMs",
      "pasteMs",
      "writeMs",
    ],
  );
  assertEquals(row.endsWith(",64,1,2,1,50,100,20,200,30,"), true);
  assertEquals(end, "");
});

Deno.test("writeEvaluation() and readEvaluation() keep NaN", () =>
  inTemporaryFolder(async (folder) => {
    const path = `${folder}/evaluation.json`;
    const evaluation = evaluationOf([caseResult({ dice: NaN })], [modelCost()]);
    await writeEvaluation(path, evaluation);
    assertEquals(await readEvaluation(path), evaluation);
    await Deno.writeTextFile(path, '{"format": 0}');
    await assertRejects(() => readEvaluation(path), UserError, '"format" must be 3, but it is 0');
    await Deno.writeTextFile(path, '{"format": ');
    await assertRejects(() => readEvaluation(path), UserError, "must be JSON");
  }));

Deno.test("Stopwatch adds up the parts, also of work that throws", async () => {
  const ticks = [0, 5, 10, 12, 20, 21];
  const watch = new Stopwatch<"read" | "crop">(() => ticks.shift()!);
  assertEquals(await watch.time("read", () => "value"), "value");
  await watch.time("crop", () => Promise.resolve());
  await assertRejects(() => watch.time("read", () => Promise.reject(new Error("lost"))));
  assertEquals(watch.timesMs(), { read: 6, crop: 2 });
});

Deno.test("peakProcessBytes() is not less than what is in use", () => {
  const bytes = new Uint8Array(50_000_000).fill(1);
  assertEquals(peakProcessBytes() > bytes.length, true);
});
