import { assertEquals, assertStringIncludes } from "@std/assert";
import { markdownTable } from "../../lib/evaluation/markdown_table.ts";
import {
  paperOrgan,
  paperTable1,
  paperTable2,
  paperTable3,
  paperTable4,
  paperTable5,
  paperTable6,
  paperTable7,
  paperTable8,
} from "../../lib/evaluation/paper_tables.ts";
import { casesCell } from "../../lib/evaluation/table_cells.ts";
import type { Evaluation } from "../../lib/evaluation/records.ts";
import { costTable, evaluationReport, resultTables } from "../../lib/evaluation/tables.ts";
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

/** The rows of the report's table whose title begins so; none where it is left out. */
function rowsIn(evaluation: Evaluation, title: string): Record<string, string>[] {
  const found = resultTables(evaluation).find((one) => one.title.startsWith(title));
  return found === undefined ? [] : rowsOf(markdownTable(found.table.header, found.table.rows));
}

Deno.test("markdownTable() escapes bars", () => {
  assertEquals(markdownTable(["a"], [["x|y"]]), "| a |\n| --- |\n| x\\|y |\n");
});

Deno.test("casesCell() names the cases in which one mask is empty", () => {
  const cases = (["none", "prediction", "groundTruth", "both", "groundTruth"] as const)
    .map((empty) => caseResult({ empty }));
  assertEquals(casesCell(cases), "5 (1 empty, 2 false)");
  assertEquals([casesCell(cases.slice(0, 1)), casesCell(cases.slice(1, 2))], ["1", "1 (1 empty)"]);
});

Deno.test("paperOrgan() knows the paper's organs by any case", () => {
  assertEquals(paperOrgan("Liver"), "liver");
  for (const name of ["prostate", "prostate/uterus", "Prostate_Uterus", "uterus"]) {
    assertEquals(paperOrgan(name), "prostate/uterus");
  }
  assertEquals([paperOrgan("left kidney"), paperOrgan("hippocampus")], [undefined, undefined]);
});

Deno.test("the detector's table counts a case once, though it has two classes", () => {
  const classes = ["anterior", "posterior"];
  const cases = classes.flatMap((className) =>
    [0.7, 0.8].map((iou, i) =>
      caseResult({ organ: "hippocampus", className, caseId: `${i}`, detectorIou2d: iou })
    )
  );
  const costs = [modelCost({ part: "detector", edge: 128, peakTensorBytes: 30 * 2 ** 20 })];
  const [row, ...others] = rowsIn(evaluationOf(cases, costs), "Table 1");
  assertEquals(others, []);
  assertEquals([row.Organ, row.Size, row.Cases], ["hippocampus", "-", "2"]);
  assertEquals([row["IoU 2D (paper)"], row["IoU 2D (ours)"]], ["-", "0.7500 +- 0.0707"]);
  assertEquals([row["Tensors MiB (ours)"], row["Time s (ours)"]], ["30", "0.1000 +- 0.0000"]);
  assertEquals(rowsIn(evaluationOf([caseResult({ mode: "withoutCrop" })]), "Table 1"), []);
});

Deno.test("the segmentor's table puts the paper's numbers beside ours", () => {
  const roi = { mode: "groundTruthRoi" } as const;
  const cases = [
    caseResult({ ...roi, dice: 0.9 }),
    caseResult({ ...roi, dice: 0, empty: "prediction", edge: 32 }),
    caseResult({ ...roi, dice: NaN, empty: "both" }),
    caseResult({ ...roi, organ: "kidneys", className: "kidneys" }),
  ];
  const [liver, kidneys] = rowsIn(evaluationOf(cases, [modelCost()]), "Table 2");
  assertEquals([liver.Size, liver.Input, liver.Cases], ["large", "32^3, 64^3", "3 (1 empty)"]);
  assertEquals([liver["Dice (paper)"], liver["Dice (ours)"]], [
    "0.8957",
    "0.4500 +- 0.6364 (1 n/a)",
  ]);
  assertEquals([liver["HD95 (paper)"], liver["VRAM MiB (paper)"]], ["2.5020", "500"]);
  assertEquals([liver["Tensors MiB (ours)"], liver["Time s (ours)"]], ["50", "0.2000 +- 0.0000"]);
  assertEquals([kidneys["Dice (paper)"], kidneys["Dice (ours)"]], ["-", "0.9000"]);
});

Deno.test("the framework's table has a row with and one without crop", () => {
  const cases = [
    caseResult(),
    caseResult({ mode: "withoutCrop", timesMs: { crop: 10, segment: 300, paste: 90, read: 999 } }),
  ];
  const costs = [
    modelCost(),
    modelCost({ part: "whole", peakTensorBytes: 60 * 2 ** 20 }),
    modelCost({ part: "detector", edge: 128, peakTensorBytes: 70 * 2 ** 20 }),
  ];
  const rows = rowsIn(evaluationOf(cases, costs), "Table 3");
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
  assertEquals([segmentor.Input, segmentor["MACs M"], segmentor["Active M"]], [
    "64^3",
    "268.66",
    "1.7704",
  ]);
  assertEquals(segmentor["FLOPs M by the paper's rule (paper)"], "276.0581");
  assertEquals(segmentor["FLOPs M by the paper's rule (ours)"], "276.0581");
  assertEquals(segmentor["Parameters M by the paper's rule (ours)"], "10.4607");
  assertEquals(detector["Parameters M by the paper's rule (ours)"], "-");
  assertEquals(larger["FLOPs M by the paper's rule (paper)"], "-");
});

Deno.test("evaluationReport() says what differs from the paper's protocol", () => {
  const report = evaluationReport(evaluationOf([caseResult()], [modelCost()]));
  for (const part of ["doi:10.32604", "phantom", "NSD is at 2 mm", "Table 1", "Table 5"]) {
    assertStringIncludes(report, part);
  }
});

Deno.test("the paper's numbers are those that its pages print", () => {
  // Typed by hand from the paper: first, last and middle rows.
  assertEquals(paperTable4["swin-smt"]["prostate/uterus"], {
    dice: 0.6408,
    iou: 0.5092,
    hd95: 6.0483,
    vramMib: 2236,
    timeSeconds: 0.0614,
  });
  assertEquals(paperTable4.segformer3d.spleen.vramMib, 328);
  assertEquals(paperTable4["mednext-s"].liver.hd95, 2.3248);
  assertEquals(paperTable4.framework.liver.timeSeconds, 0.1778);
  assertEquals(paperTable5.peers.segformer3d, { operations: 11763.7448, parameters: 4.4918 });
  assertEquals(paperTable5.peers["mednext-s"].operations, 196382.0272);
  assertEquals(paperTable6.spleen[2], {
    learningRate: 0.002,
    dice: 0.6551,
    iou: 0.5159,
    hd95: 11.1091,
  });
  assertEquals(paperTable6["prostate/uterus"][0].hd95, 8.1172);
  assertEquals(paperTable7.liver[0], {
    batchSize: 64,
    dice: 0.8637,
    iou: 0.7621,
    hd95: 5.2241,
    vramMib: 13926,
    timeSeconds: 0.0786,
  });
  assertEquals(paperTable7.spleen[2].dice, 0.6626);
  assertEquals([paperTable8.mean.none, paperTable8.mean.sobel], [0.403, 0.3364]);
  assertEquals(paperTable8.deviation.gaussian, 0.3827);
});

Deno.test("Tables 6 and 7 share the row of rate 1.5e-3 and batch 32", () => {
  for (const organ of ["prostate/uterus", "spleen", "liver"] as const) {
    const { learningRate, ...byRate } = paperTable6[organ][1];
    const { batchSize, vramMib: _, timeSeconds: __, ...byBatch } = paperTable7[organ][1];
    assertEquals([learningRate, batchSize, byRate], [1.5e-3, 32, byBatch]);
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
    const peers = [["swin-smt", "SwinSMT"], ["segformer3d", "SegFormer3D"], [
      "mednext-s",
      "MedNeXt",
    ]] as const;
    for (const [name, printed] of peers) {
      const { operations, parameters } = paperTable5.peers[name];
      const theirs = paper.table5_cost[printed];
      assertEquals([operations, parameters], [theirs.flops_m, theirs.params_m]);
    }
    for (const organ of ["prostate/uterus", "spleen", "liver"] as const) {
      for (const [name, printed] of peers) {
        same(paperTable4[name][organ], paper.table4_comparison[printed][organ]);
      }
      assertEquals(
        paperTable6[organ].map(({ dice, iou, hd95 }) => [dice, iou, hd95]),
        ["1.0e-3", "1.5e-3", "2.0e-3"].map((rate) => paper.table6_learning_rate[organ][rate]),
      );
      for (const { batchSize, dice, iou, hd95, vramMib, timeSeconds } of paperTable7[organ]) {
        const theirs = paper.table7_batch_size[organ][batchSize];
        assertEquals([dice, iou, hd95, vramMib, timeSeconds], theirs);
      }
      assertEquals(paperTable6[organ].map((row) => row.learningRate), [1e-3, 1.5e-3, 2e-3]);
      assertEquals(paperTable7[organ].map((row) => row.batchSize), [64, 32, 16]);
    }
    const { average, standard_deviation, none } = paper.table8_preprocessing_iou;
    const filters = (theirs: Record<string, number>) =>
      Object.fromEntries(Object.entries(theirs).map(([name, iou]) => [name.toLowerCase(), iou]));
    assertEquals<Record<string, number>>(paperTable8.mean, { none, ...filters(average) });
    assertEquals<Record<string, number>>(paperTable8.deviation, filters(standard_deviation));
  },
});
