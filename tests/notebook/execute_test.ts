import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { executeNotebook, withOutputs } from "../../lib/jupyter/execute_notebook.ts";
import { expectationsOf, unfulfilled } from "../../lib/jupyter/expectations.ts";
import {
  type Cell,
  codeCells,
  formatNotebook,
  type Notebook,
} from "../../lib/jupyter/notebook_file.ts";
import type { PythonEnvironment } from "../../lib/jupyter/python_environment.ts";
import { code, inProjectFolder, kernelTest, makeNotebook, markdown } from "./kernel.ts";

const imports = code('import { show, showMarkdown, showTable } from "../../lib/notebook/show.ts";');

async function execute(
  environment: PythonEnvironment,
  cells: readonly Cell[],
  timeoutSeconds = 120,
) {
  const seen: string[] = [];
  let execution: Awaited<ReturnType<typeof executeNotebook>> | undefined;
  await inProjectFolder(async (folder) => {
    const path = `${folder}/x.ipynb`;
    const text = JSON.stringify(makeNotebook(cells));
    await Deno.writeTextFile(path, text);
    execution = await executeNotebook(path, {
      environment,
      timeoutSeconds,
      variables: { ROISEG_NOTEBOOK_ORGAN: "liver" },
      onCell: (cell, count) => seen.push(`${cell}/${count}`),
    });
    assertEquals(await Deno.readTextFile(path), text);
  });
  return { ...execution!, seen };
}

/** The outputs of the code cells as text. */
function texts(notebook: Notebook): string[][] {
  return codeCells(notebook).map(({ outputs = [] }) =>
    outputs.map(({ data, text }) => [data?.["text/plain"] ?? text].flat().join(""))
  );
}

kernelTest(
  "a notebook runs through the kernel, and its cells share what they declare",
  async (environment) => {
    const { notebook, failure, seen } = await execute(environment, [
      markdown("# Title"),
      imports,
      code("const organ: string | undefined = Deno.env.get('ROISEG_NOTEBOOK_ORGAN');"),
      markdown("Text"),
      code("await showMarkdown(`**${organ}**`);\nawait showTable(['a', 'b'], [[1, 'x|y']]);", {
        expect: ["text/markdown", "image/png", { text: "**liver**" }, { text: "spleen" }],
      }),
    ]);
    assertEquals(failure, undefined);
    assertEquals(seen, ["1/3", "2/3", "3/3"]);
    assertEquals(texts(notebook), [[], [], [
      "**liver**",
      "| a | b |\n| --- | --- |\n| 1 | x\\|y |\n",
    ]]);
    const [, , shown] = codeCells(notebook);
    assertEquals(unfulfilled(expectationsOf(shown)!, shown.outputs!), ["image/png", '"spleen"']);
  },
);

kernelTest(
  "no output is lost: twenty of 300 kB in a cell, and one at the end of each",
  async (environment) => {
    const many = "for (let i = 0; i < 20; i++) await showMarkdown(`${i} ` + 'x'.repeat(300_000));";
    const one = "await showMarkdown('y'.repeat(900_000));";
    const { notebook } = await execute(environment, [imports, code(many), code(one), code(one)]);
    const [, first, ...others] = texts(notebook);
    assertEquals(first.map((text) => parseInt(text)), Array.from({ length: 20 }, (_, i) => i));
    assertEquals(others.map((outputs) => outputs.map(({ length }) => length)), [[9e5], [9e5]]);
  },
);

kernelTest(
  "a figure is shown as plotly, as a PNG and as text; a live one in one place",
  async (environment) => {
    const { notebook, failure } = await execute(environment, [
      imports,
      code(`import { LiveOutput } from "../../lib/notebook/live_output.ts";
import { figureMedia } from "../../lib/notebook/show.ts";
import { curvesFigure } from "../../lib/figures/curves_figure.ts";
const curve = { name: "loss", x: [1, 2, 3], y: [3, NaN, 1] };
const draw = (title: string) =>
  curvesFigure({ title, xTitle: "epoch", yTitle: "loss", curves: [curve] });`),
      code('await show(draw("once"));'),
      code(`const live = new LiveOutput();
for (let i = 1; i <= 300; i++) live.update(() => figureMedia(draw(String(i))));
await live.flush();`),
    ]);
    assertEquals(failure, undefined);
    const [, , shown, updated] = codeCells(notebook);
    const [{ data = {}, metadata }] = shown.outputs!;
    assertEquals(metadata?.["image/png"], { alt: [data["text/plain"]].flat().join("") });
    assertEquals(Object.keys(data).sort(), [
      "application/vnd.plotly.v1+json",
      "image/png",
      "text/plain",
    ]);
    const png = Uint8Array.fromBase64([data["image/png"]].flat().join(""));
    assertEquals([...png.subarray(1, 4)], [..."PNG"].map((letter) => letter.charCodeAt(0)));
    assertEquals(updated.outputs!.length, 1);
    const [{ data: latest = {} }] = updated.outputs!;
    assertMatch(JSON.stringify(latest["application/vnd.plotly.v1+json"]), /"text":"300\b/);
  },
);

kernelTest("a cell that fails ends the run and says which and why", async (environment) => {
  const { failure, seen } = await execute(environment, [
    markdown("# Title"),
    imports,
    code('const liver = 1;\nthrow new Error(`no ${"spleen"}`);'),
    code("await showMarkdown('never');"),
  ]);
  assertEquals(seen, ["1/3", "2/3"]);
  assertEquals(failure?.cell, 2);
  assertStringIncludes(failure!.message, "Error: no spleen");
});

kernelTest("a cell that takes too long ends the run", async (environment) => {
  const wait = code("await new Promise((resolve) => setTimeout(resolve, 60_000));");
  const { failure } = await execute(environment, [wait], 2);
  assertEquals(failure, { cell: 1, message: "Timeout: the cell took longer than 2 s" });
});

Deno.test("rendering changes outputs and counts, nothing else, and writes what Jupyter writes", () => {
  const output = { output_type: "stream" as const, name: "stdout", text: ["a\n", "b"] };
  const notebook = makeNotebook([
    code("const a = 1;\na;", { tags: ["x"] }, [output]),
    markdown("Text"),
    code("a;"),
  ]);
  const [first, second] = [[], [{ ...output, text: ["c"], data: { x: { y: { z: [1, null] } } } }]];
  const executed = makeNotebook([code("", {}, first), markdown(""), code("", {}, second)]);
  const rendered = withOutputs(notebook, executed);
  assertEquals(rendered.cells.map(({ source }) => source), ["const a = 1;\na;", "Text", "a;"]);
  assertEquals(rendered.cells[0].metadata, { tags: ["x"] });
  assertEquals(codeCells(rendered).map((cell) => [cell.outputs, cell.execution_count]), [
    [first, 1],
    [second, 2],
  ]);
  const text = formatNotebook(rendered);
  assertEquals(JSON.parse(text), rendered);
  assertStringIncludes(text, '\n        "z": [1,null]\n');
  assert(text.startsWith('{\n "cells": [\n  {\n   "cell_type": "code",\n'), text);
  assertEquals(formatNotebook(JSON.parse(text)), text);
});
