import { assertEquals, assertStringIncludes } from "@std/assert";
import { markdownTable } from "../../lib/evaluation/markdown_table.ts";
import {
  paperOrgan,
  paperTable1,
  paperTable2,
  paperTable3,
  paperTable5,
} from "../../lib/evaluation/paper_tables.ts";
import {
  costTable,
  detectorTable,
  evaluationReport,
  frameworkTable,
  segmentorTable,
} from "../../lib/evaluation/tables.ts";
import { exists } from "../../lib/files.ts";
import { projectRoot } from "../../lib/paths.ts";
import { caseResult, evaluationOf, modelCost } from "./case_results.ts";

const transcription = `${projectRoot}/../shared/paper_tables.json`;

/** Cells of a table's rows, by its header. */
function rowsOf(markdown: string): Record<string, string>[] {
  const [header, , ...rows] = markdown.trimEnd().split("\n").map((line) =>
    line.slice(2, -2).split(" | ")
  );
  return rows.map((cells) => Object.fromEntries(header.map((name, i) => [name, cells[i]])));
}

Deno.test("markdownTable() escapes bars", () => {
  assertEquals(markdownTable(["a"], [["x|y"]]), "| a |\n| --- |\n| x\\|y |\n");
});

Deno.test("paperOrgan() knows the paper's organs by any case", () => {
  assertEquals(paperOrgan("Liver"), "liver");
  for (const name of ["prostate", "prostate/uterus", "Prostate_Uterus", "uterus"]) {
    assertEquals(paperOrgan(name), "prostate/uterus");
  }
  assertEquals([paperOrgan("left kidney"), paperOrgan("hippocampus")], [undefined, undefined]);
});

Deno.test("detectorTable() counts a case once, though it has two classes", () => {
  const classes = ["anterior", "posterior"];
  const cases = classes.flatMap((className) =>
    [0.7, 0.8].map((iou, i) =>
      caseResult({ organ: "hippocampus", className, caseId: `${i}`, detectorIou2d: iou })
    )
  );
  const costs = [modelCost({ part: "detector", edge: 128, peakTensorBytes: 30 * 2 ** 20 })];
  const [row, ...others] = rowsOf(detectorTable(evaluationOf(cases, costs)));
  assertEquals(others, []);
  assertEquals([row.Organ, row.Size, row.Cases], ["hippocampus", "-", "2"]);
  assertEquals([row["IoU 2D (paper)"], row["IoU 2D (ours)"]], ["-", "0.7500 +- 0.0707"]);
  assertEquals([row["Tensors MiB (ours)"], row["Time s (ours)"]], ["30", "0.1000 +- 0.0000"]);
  assertEquals(detectorTable(evaluationOf([caseResult({ mode: "withoutCrop" })])), "");
});

Deno.test("segmentorTable() puts the paper's numbers beside ours", () => {
  const roi = { mode: "groundTruthRoi" } as const;
  const cases = [
    caseResult({ ...roi, dice: 0.9 }),
    caseResult({ ...roi, dice: 0, empty: "prediction", edge: 32 }),
    caseResult({ ...roi, dice: NaN, empty: "both" }),
    caseResult({ ...roi, organ: "kidneys", className: "kidneys" }),
  ];
  const [liver, kidneys] = rowsOf(segmentorTable(evaluationOf(cases, [modelCost()]), "cube"));
  assertEquals([liver.Size, liver.Input, liver.Cases], ["large", "32^3, 64^3", "3 (1 empty)"]);
  assertEquals([liver["Dice (paper)"], liver["Dice (ours)"]], [
    "0.8957",
    "0.4500 +- 0.6364 (1 n/a)",
  ]);
  assertEquals([liver["HD95 (paper)"], liver["VRAM MiB (paper)"]], ["2.5020", "500"]);
  assertEquals([liver["Tensors MiB (ours)"], liver["Time s (ours)"]], ["50", "0.2000 +- 0.0000"]);
  assertEquals([kidneys["Dice (paper)"], kidneys["Dice (ours)"]], ["-", "0.9000"]);
});

Deno.test("frameworkTable() has a row with and one without crop", () => {
  const cases = [
    caseResult(),
    caseResult({ mode: "withoutCrop", timesMs: { crop: 10, segment: 300, paste: 90, read: 999 } }),
  ];
  const costs = [
    modelCost(),
    modelCost({ part: "whole", peakTensorBytes: 60 * 2 ** 20 }),
    modelCost({ part: "detector", edge: 128, peakTensorBytes: 70 * 2 ** 20 }),
  ];
  const rows = rowsOf(frameworkTable(evaluationOf(cases, costs), "cube"));
  assertEquals(rows.map((row) => [row.Method, row["Dice (paper)"], row["Time s (ours)"]]), [
    ["without crop", "0.9250", "0.4000"],
    ["with crop", "0.8653", "0.3500"],
  ]);
  assertEquals(rows.map((row) => row["Tensors MiB (ours)"]), ["60", "70"]);
});

Deno.test("costTable() counts truly and by the paper's rules", () => {
  const costs = [
    modelCost(),
    modelCost({ part: "detector", edge: 128, paperParameters: NaN }),
    modelCost({ edge: 128 }),
  ];
  const [segmentor, detector, larger] = rowsOf(costTable(costs));
  assertEquals([segmentor.Input, segmentor.MACs, segmentor.Active], ["64^3", "268.66", "1.7704"]);
  assertEquals(segmentor["FLOPs by the paper's rule (paper)"], "276.0581");
  assertEquals(segmentor["FLOPs by the paper's rule (ours)"], "276.0581");
  assertEquals(segmentor["Parameters by the paper's rule (ours)"], "10.4607");
  assertEquals(detector["Parameters by the paper's rule (ours)"], "-");
  assertEquals(larger["FLOPs by the paper's rule (paper)"], "-");
});

Deno.test("evaluationReport() says what differs from the paper's protocol", () => {
  const report = evaluationReport(evaluationOf([caseResult()], [modelCost()]));
  for (const part of ["doi:10.32604", "phantom", "NSD is at 2 mm", "Table 1", "Table 5"]) {
    assertStringIncludes(report, part);
  }
});

Deno.test({
  name: "the paper's numbers equal the transcription of its tables",
  ignore: !await exists(transcription),
  async fn() {
    const paper = JSON.parse(await Deno.readTextFile(transcription));
    const same = (
      ours: { dice?: number; iou: number; hd95?: number; vramMib: number; timeSeconds: number },
      theirs: Record<string, number>,
    ) =>
      assertEquals(
        [ours.dice, ours.iou, ours.hd95, ours.vramMib, ours.timeSeconds],
        [theirs.dice, theirs.iou, theirs.hd95_mm, theirs.vram_mib, theirs.time_s],
      );
    for (const organ of ["prostate/uterus", "spleen", "liver"] as const) {
      same(paperTable1[organ], paper.table1_detector[organ]);
      same(paperTable2[organ], paper.table2_segmentor_gt_roi[organ]);
      same(paperTable3.withCrop[organ], paper.table3_framework.with_crop[organ]);
      same(paperTable3.withoutCrop[organ], paper.table3_framework.without_crop[organ]);
    }
    const costs = [
      [paperTable5.detector, paper.table5_cost.detector],
      [paperTable5.segmentor[16], paper.table5_cost.segmentor_small],
      [paperTable5.segmentor[32], paper.table5_cost.segmentor_medium],
      [paperTable5.segmentor[64], paper.table5_cost.segmentor_large],
    ];
    for (const [ours, theirs] of costs) {
      assertEquals([ours.operations, ours.parameters], [theirs.flops_m, theirs.params_m]);
    }
  },
});
