import { assertEquals, assertStringIncludes } from "@std/assert";
import { checkNotebooks } from "../../lib/jupyter/check_notebooks.ts";
import { courseFaults } from "../../lib/jupyter/course_rules.ts";
import { type Fault, formatFault } from "../../lib/jupyter/fault.ts";
import type { Cell } from "../../lib/jupyter/notebook_file.ts";
import { outputFaults } from "../../lib/jupyter/output_rules.ts";
import { code, inProjectFolder, makeNotebook, markdown } from "./kernel.ts";

const setUp = code(
  [
    'import { courseSettings, environmentTable } from "../../lib/notebook/course.ts";',
    'import { checkThat } from "../../lib/notebook/check_that.ts";',
    'import { showMarkdown } from "../../lib/notebook/show.ts";',
    "await showMarkdown(environmentTable());",
  ].join("\n"),
);
const settings = code(
  'const settings = courseSettings({ data: "phantom", organ: "liver", preset: "focus" });',
);
const shown = code("await showMarkdown(settings.organ);", { expect: ["text/markdown"] }, [
  { output_type: "display_data", data: { "text/markdown": ["liver"] } },
]);
const last = code('await checkThat({ "an organ is named": settings.organ !== "" });');
const end = [
  markdown("## Summary\n\nNothing."),
  markdown("## Exercises\n\n1. A. Hint: a\n2. B. Hint: b\n3. C. Hint: c"),
];

/** What is found in a notebook, a line each. */
async function faultsOf(cells: readonly Cell[]): Promise<string[]> {
  let faults: string[] = [];
  await inProjectFolder(async (folder) => {
    const path = `${folder}/x.ipynb`;
    await Deno.writeTextFile(path, JSON.stringify(makeNotebook(cells)));
    faults = (await checkNotebooks([path])).map(formatFault);
  });
  return faults;
}

Deno.test("check finds nothing in a good notebook", async () => {
  assertEquals(await faultsOf([setUp, settings, shown, last, ...end]), []);
});

Deno.test("check names the notebook, the cell and the line of every fault of its code", async () => {
  const faults = await faultsOf([
    setUp,
    settings,
    shown,
    markdown("Text between cells does not count,\n* but has a form"),
    code('// A type.\nconst edge: number = "64";\nawait showMarkdown(`${edge}`);'),
    code("const  spaces = 1;\nawait showMarkdown(`${spaces}`);"),
    code("const nobodyReads = 1;"),
    code("console.log(settings);"),
    code(`const long = () => {\n${"  showMarkdown(settings.organ);\n".repeat(4)}};\nlong();`),
    code(`${"await showMarkdown(settings.data);\n".repeat(12)}await showMarkdown("13");`, {
      expect: "image/png",
    }),
    code('import { absent } from "../../lib/notebook/show.ts";\nabsent();'),
    last,
    ...end,
  ]);
  const wanted = [
    "code cell 4, line 2: Type 'string' is not assignable to type 'number'.",
    "code cell 5, line 1: deno fmt writes: const spaces = 1;",
    "code cell 6, line 1: 'nobodyReads' is declared but its value is never read.",
    "code cell 6, line 1: `nobodyReads` is never used (no-unused-vars)",
    "code cell 7, line 1: `console` usage is not allowed. (no-console)",
    "code cell 8, line 1: a function of 6 lines, where 5 are allowed (notebook/function-length)",
    "code cell 9: the cell has 13 lines, where 12 are allowed",
    'code cell 9: its metadata "expect" must list MIME types and {"text": ...}',
  ];
  const inOrder = (lines: string[]) => lines.toSorted();
  assertEquals(
    inOrder(faults.filter((line) => !line.includes("cell 10"))),
    inOrder([
      "x.ipynb: 1 of its texts are not formatted; deno fmt notebooks/x.ipynb",
      ...wanted.map((line) => `x.ipynb, ${line}`),
    ]),
  );
  const [absent] = faults.filter((line) => line.includes("code cell 10, line 1"));
  assertStringIncludes(absent, "has no exported member 'absent'");
});

Deno.test("check wants the order of the course", () => {
  const faultsOf = (...cells: Cell[]) => inWords(courseFaults(makeNotebook(cells)));
  assertEquals(faultsOf(settings, shown, ...end), [
    "code cell 1: the first code cell must show environmentTable()",
    "code cell 2: the second code cell must be the settings: courseSettings()",
    "code cell 2: the last code cell must be a check that can fail",
  ]);
  const tooFew = markdown("## Summary\n\n## Exercises\n\n1. A, hint: b\n2. C");
  assertEquals(faultsOf(setUp, settings, shown, last, tooFew), [
    "it must have 3 to 5 numbered exercises, but has 2",
    "of its 2 exercises only 1 have a hint",
  ]);
  assertEquals(faultsOf(setUp, settings, ...end, code(""), last), [
    "code cell 3: the cell is empty",
    'after its check it must have "Summary"',
  ]);
  const python = { ...makeNotebook([setUp, settings, last, ...end]), metadata: {} };
  assertEquals(inWords(courseFaults(python)), [
    'its metadata must have kernelspec.name "deno", but it is undefined',
    'its metadata must have language_info.name "typescript", but it is undefined',
  ]);
});

Deno.test("check looks at the stored outputs", () => {
  const faultsOf = (...cells: Cell[]) => inWords(outputFaults(makeNotebook(cells)));
  const showing = (text: string, metadata = {}) =>
    code("", metadata, [{ output_type: "display_data", data: { "text/plain": text } }]);
  assertEquals(
    faultsOf(
      showing("x".repeat(1e6)),
      showing("Kept in\n/home/somebody/data/runs/x"),
      code("", {}, [{ output_type: "error", ename: "Error", evalue: "no liver", traceback: [] }]),
      showing("IoU", { expect: ["image/png", { text: "Dice" }, { text: "IoU" }] }),
      showing("1/2 of a/b, 3 mm/s, data/runs/x"),
    ),
    [
      "code cell 1: a stored output has 1000055 bytes, over 1000000",
      "code cell 2: a stored output has a path of the machine: /home/somebody",
      "code cell 3: its stored output is an error: no liver",
      "code cell 4: its stored outputs lack image/png; deno task notebooks render",
      'code cell 4: its stored outputs lack "Dice"; deno task notebooks render',
    ],
  );
  assertEquals(faultsOf(setUp, settings), [
    "it has no stored outputs; deno task notebooks render",
  ]);
});

function inWords(faults: readonly Omit<Fault, "notebook">[]): string[] {
  const start = "x.ipynb";
  return faults.map((fault) => formatFault({ notebook: start, ...fault }).slice(start.length + 2));
}

Deno.test("check finds a syntax error", async () => {
  const [fault] = await faultsOf([setUp, settings, shown, code("const x = ;"), last, ...end]);
  assertStringIncludes(fault, "x.ipynb, code cell 4, line 1: ");
});
