import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { pathToFileURL } from "node:url";
import { openDataset } from "../../lib/dataset/layout.ts";
import { writePhantomDataset } from "../../lib/dataset/phantom_dataset.ts";
import { prepareDataset } from "../../lib/dataset/prepare.ts";
import { UserError } from "../../lib/errors.ts";
import type { CaseResult, Evaluation } from "../../lib/evaluation/records.ts";
import { writeEvaluation } from "../../lib/evaluation/evaluation_file.ts";
import { runReport, writeRunReport } from "../../lib/report/run_report.ts";
import type { Run } from "../../lib/training/run_folder.ts";
import { inTemporaryFolder } from "../temporary_folder.ts";
import { caseResult, evaluationOf, modelCost } from "../evaluation/case_results.ts";
import { type BrowserPage, findChromium, openPage } from "../figures/chromium.ts";
import { after, epochRecord, untrainedRun, writeEpochs, writeModel } from "./run_folders.ts";

const at = new Date(after(100));

/** What HTML, attributes, scripts and plotly's own tags could stumble over. */
const nasty = `"d"</script><img src=x onerror=alert(1)>'&amp;`;

/** Two cases, of which the first has a name that must be escaped, in all modes and both spaces. */
function evaluation(ids: readonly [string, string]): Evaluation {
  const modes = ["withCrop", "groundTruthRoi", "withoutCrop"] as const;
  const cases = ids.flatMap((caseId, i) =>
    modes.flatMap((mode, j) =>
      (["cube", "scan"] as const).map((space, k): CaseResult =>
        caseResult({
          caseId,
          mode,
          space,
          dice: 0.9 - 0.2 * i - 0.05 * j - 0.01 * k,
          empty: i === 1 && mode === "withoutCrop" ? "prediction" : "none",
          detectorIou3d: mode === "withCrop" ? 0.6 : NaN,
        })
      )
    )
  );
  return evaluationOf(cases, [modelCost({ part: "detector", edge: 32 }), modelCost({ edge: 16 })]);
}

/** A run that is trained and evaluated, by its files. */
async function evaluatedRun(folder: string, ids: readonly [string, string]): Promise<Run> {
  const run = await untrainedRun(folder, [], {
    organ: { name: "liver", classes: [{ name: "liver", values: [6] }] },
    datasetName: `<data> & "set"`,
    split: { training: ["a", "b"], validation: ["c"], test: [...ids], dropped: [] },
  });
  for (const view of ["xy", "yz", "xz"]) {
    const records = [1, 2].map((epoch) => epochRecord(epoch, { phase: `detector-${view}` }));
    await writeEpochs(run, `detector/${view}`, records);
    await writeModel(run, `detector/${view}`);
  }
  for (const phase of ["segmentor", "finetune"]) {
    await writeEpochs(run, phase, [1, 2].map((epoch) => epochRecord(epoch, { phase })));
    await writeModel(run, phase);
  }
  await writeEvaluation(`${folder}/evaluation/evaluation.json`, evaluation(ids));
  return run;
}

/** The page in a browser, its figures drawn. */
async function withPage(
  path: string,
  size: readonly [number, number],
  look: (page: BrowserPage, ask: <Value>(script: string) => Promise<Value>) => Promise<void>,
): Promise<void> {
  await using page = await openPage(pathToFileURL(path).href, size);
  const ask = async <Value>(script: string) => await page.evaluate(script) as Value;
  const drawn = `new Promise((resolve) => {
    const wanted = document.querySelectorAll("figure.figure").length;
    const look = () =>
      document.querySelectorAll("figure.figure .main-svg").length >= wanted ? resolve() : setTimeout(look, 50);
    look();
  })`;
  await ask(drawn);
  await look(page, ask);
}

/** The texts of a table's rows, by its caption. */
function tableRows(caption: string): string {
  return `[...document.querySelectorAll("table")]
    .find((table) => table.caption?.textContent.startsWith(${JSON.stringify(caption)}))
    ?.querySelectorAll("tbody tr") ?? []`;
}

Deno.test({
  name: "a report in Chromium: figures drawn, tables complete, nothing fetched, names escaped",
  ignore: findChromium() === undefined,
  fn: async () => {
    await inTemporaryFolder(async (dir) => {
      const run = await evaluatedRun(`${dir}/run`, [nasty, "e"]);
      const path = `${dir}/a report.html`;
      assertEquals(await writeRunReport(run, path, at), false);
      await withPage(path, [1280, 900], async (page, ask) => {
        assertEquals(page.errors, []);
        // Two detector, segmentor and fine-tuning each; four of the cases; one of the times.
        assertEquals(await ask("document.querySelectorAll('.js-plotly-plot').length"), 6 + 4 + 1);
        assertEquals(
          await ask("document.querySelectorAll('.js-plotly-plot .main-svg').length > 11"),
          true,
        );
        assertEquals(
          await ask("performance.getEntriesByType('resource').map((one) => one.name)"),
          [],
        );
        assertEquals(await ask("document.querySelectorAll('main img, main i').length"), 0);

        const rows = async (caption: string) =>
          await ask<string[][]>(
            `[...${
              tableRows(caption)
            }].map((row) => [...row.cells].map((cell) => cell.textContent))`,
          );
        const scan = await rows("In the scan's own grid (6 rows)");
        const expected = evaluation([nasty, "e"]).cases.filter(({ space }) => space === "scan");
        const dices = new Map(
          expected.map(({ caseId, mode, dice }) => [`${caseId} ${mode}`, dice.toFixed(4)]),
        );
        const modeOfName: Record<string, string> = {
          "with crop": "withCrop",
          "ground-truth region": "groundTruthRoi",
          "without crop": "withoutCrop",
        };
        assertEquals(scan.length, 6);
        for (const [id, mode, dice] of scan) {
          assertEquals(dice, dices.get(`${id} ${modeOfName[mode]}`));
        }
        assertEquals(scan.filter(([id]) => id === nasty).length, 3);
        assertEquals(scan.map((cells) => cells.at(-1)), [
          ...Array(5).fill(""),
          "nothing found",
        ]);
        assertEquals((await rows("In the prepared cube (6 rows)")).length, 6);

        const summary = await rows("In the scan's own grid, where");
        assertEquals(summary.map((cells) => cells.slice(0, 4)), [
          ["with crop", "2", "0", "0.790 ± 0.141"],
          ["ground-truth region", "2", "0", "0.740 ± 0.141"],
          ["without crop", "2", "1", "0.690 ± 0.141"],
        ]);
        const beside = await rows("Table 3. Whole framework, in the scan's own grid");
        const diceRow = beside.find(([name]) => name === "Dice")!;
        assertEquals(diceRow, ["Dice", "0.9250", "0.6900 ± 0.1414", "0.8653", "0.7900 ± 0.1414"]);
        assertEquals(beside.find(([name]) => name === "Cases"), ["Cases", "2 (1 empty)", "2"]);
        for (const table of ["Table 1", "Table 2", "Table 3", "Table 5", "Networks", "Time of"]) {
          assert((await rows(table)).length > 0, table);
        }
        assertEquals((await rows("Parts, in")).map((cells) => cells.slice(0, 3)), [
          ...["xy", "yz", "xz"].map((view) => [`detector-${view}`, "2 of 2", "complete"]),
          ...["segmentor", "finetune"].map((phase) => [phase, "2 of 2", "complete"]),
        ]);
        assertEquals(
          await ask(
            "[...document.querySelectorAll('nav a')].filter((link) => !document.querySelector(link.hash)).length",
          ),
          0,
        );
        assertEquals(await ask("document.querySelectorAll('nav a').length"), 8);
        const text = await ask<string>("document.querySelector('main').textContent");
        assertStringIncludes(text, `liver in <data> & "set"`);
        assertStringIncludes(text, "with crop 0.790 ± 0.141");
        assertStringIncludes(text, "of 2 test cases");
        assertStringIncludes(text, "Nothing was found once.");
        assertStringIncludes(text, "deno task train --data");
      });
      await withPage(path, [500, 900], async (_page, ask) => {
        assertEquals(await ask("document.documentElement.scrollWidth"), 500, "no page is wider");
      });
    });
  },
});

Deno.test("a run in training, not evaluated, has a report that says so", async () => {
  await inTemporaryFolder(async (dir) => {
    const run = await untrainedRun(`${dir}/run`);
    assertStringIncludes(await runReport(run, new Date(after(5))), "Training; last sign of life");
    await writeEpochs(run, "detector/xy", [epochRecord(1, { phase: "detector-xy" })]);
    const page = await runReport(run, new Date(after(5)));
    assertStringIncludes(page, "This run has not been evaluated yet.");
    assertStringIncludes(page, `<code>deno task evaluate --run &#39;${run.folder}&#39;</code>`);
    assertStringIncludes(page, "1 of 2");
    assertStringIncludes(page, "Detector: IoU in validation");
    assertStringIncludes(page, "no such prepared folder: the folder must hold manifest.json");
    assertEquals(page.match(/<section /g)?.length, 5);
    assert(!page.includes("Beside the paper"));
  });
});

Deno.test("an evaluation that cannot be read is said, with what to do", async () => {
  await inTemporaryFolder(async (dir) => {
    const run = await untrainedRun(`${dir}/run`);
    await Deno.mkdir(`${run.folder}/evaluation`);
    await Deno.writeTextFile(`${run.folder}/evaluation/evaluation.json`, `{"format": 1}`);
    assertStringIncludes(
      await runReport(run, at),
      "its &quot;format&quot; must be 3, but it is 1.",
    );
  });
});

Deno.test("best and worst case are drawn from scans and masks, and a missing file is named", async () => {
  await inTemporaryFolder(async (dir) => {
    await writePhantomDataset(`${dir}/raw`, { cases: 2, shape: [24, 20, 16] });
    const dataset = await openDataset(`${dir}/raw`);
    await prepareDataset(dataset, `${dir}/prepared`, { settings: { cubeEdge: 32 }, jobs: 1 });
    const ids = ["phantom_000", "phantom_001"] as const;
    const run = await untrainedRun(`${dir}/run`, [], {
      organ: { name: "liver", classes: [{ name: "liver", values: [2] }] },
      preparedFolder: `${dir}/prepared`,
      split: { training: [], validation: [], test: [...ids], dropped: [] },
    });
    await writeEvaluation(`${run.folder}/evaluation/evaluation.json`, evaluation(ids));
    const masks = `${run.folder}/evaluation/masks/withCrop`;
    await Deno.mkdir(masks, { recursive: true });
    // The truth of each case stands for its prediction.
    for (const id of ids) {
      await Deno.copyFile(`${dir}/raw/labelsTr/${id}.nii.gz`, `${masks}/${id}.nii.gz`);
    }
    const whole = await runReport(run, at);
    assert(!whole.includes("No picture"));
    for (const id of ["best", "worst"]) {
      for (const number of [1, 2, 3]) assertStringIncludes(whole, `id="overlay-${id}-${number}"`);
    }
    assertStringIncludes(whole, "Best case: phantom_000");
    assertStringIncludes(whole, '"name":"region of interest"');
    await Deno.remove(`${masks}/phantom_001.nii.gz`);
    const lacking = await runReport(run, at);
    assertStringIncludes(
      lacking,
      `No picture: <code>${masks}/phantom_001.nii.gz</code> is missing. <code>deno task evaluate`,
    );
    assertStringIncludes(lacking, 'id="overlay-best-1"');
    const scan = `${dir}/raw/imagesTr/phantom_000_0000.nii.gz`;
    await Deno.remove(scan);
    assertStringIncludes(await runReport(run, at), `${scan}</code> is missing.`);
  });
});

Deno.test("writeRunReport() replaces a report, and nothing else", async () => {
  await inTemporaryFolder(async (dir) => {
    const run = await untrainedRun(`${dir}/run`);
    const path = `${dir}/new folder/report.html`;
    assertEquals(await writeRunReport(run, path, at), false);
    assertEquals(await writeRunReport(run, path, at), true);
    const other = `${dir}/notes.html`;
    await Deno.writeTextFile(other, "<p>my notes</p>");
    await assertRejects(() => writeRunReport(run, other, at), UserError, "only a report");
    await assertRejects(() => writeRunReport(run, dir, at), UserError, "only a report");
    assertEquals(await Deno.readTextFile(other), "<p>my notes</p>");
    assertEquals((await Array.fromAsync(Deno.readDir(`${dir}/new folder`))).length, 1);
  });
});
