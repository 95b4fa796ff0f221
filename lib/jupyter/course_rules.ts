/** The form that every notebook of the course has, so that a reader of one can read all. */
import type { Fault } from "./fault.ts";
import { expectationsOf } from "./expectations.ts";
import { kernelName } from "./kernelspec.ts";
import { codeCells, joined, type Notebook } from "./notebook_file.ts";

/** The longest code cell, in lines. */
export const longestCell = 12;

const exercises = { min: 3, max: 5 };

/**
 * The faults of a notebook's form: a long cell, an order other than set-up, settings, ..., check,
 * summary, exercises, and expectations that cannot be read.
 */
export function courseFaults(notebook: Notebook): Omit<Fault, "notebook">[] {
  return [
    ...cellFaults(notebook),
    ...orderFaults(notebook),
    ...endFaults(notebook),
    ...kernelFaults(notebook),
  ];
}

function cellFaults(notebook: Notebook): Omit<Fault, "notebook">[] {
  return codeCells(notebook).flatMap((code, index) => {
    const cell = index + 1;
    const source = joined(code.source);
    const lines = source.split("\n").length;
    const expectations = expectationsOf(code);
    return [
      ...(source.trim() === "" ? [{ cell, message: "the cell is empty" }] : []),
      ...(lines > longestCell
        ? [{ cell, message: `the cell has ${lines} lines, where ${longestCell} are allowed` }]
        : []),
      ...(expectations === undefined
        ? [{ cell, message: 'its metadata "expect" must list MIME types and {"text": ...}' }]
        : []),
    ];
  });
}

function orderFaults(notebook: Notebook): Omit<Fault, "notebook">[] {
  const sources = codeCells(notebook).map(({ source }) => joined(source));
  const last = sources.length;
  const [setUp = "", settings = ""] = sources;
  const faults: Omit<Fault, "notebook">[] = [];
  if (!/\benvironmentTable\(/.test(setUp)) {
    faults.push({ cell: 1, message: "the first code cell must show environmentTable()" });
  }
  if (!/\bcourseSettings\(/.test(settings)) {
    faults.push({
      cell: 2,
      message: "the second code cell must be the settings: courseSettings()",
    });
  }
  if (!/\bcheckThat\(|\bthrow\b/.test(sources[last - 1] ?? "")) {
    faults.push({ cell: last, message: "the last code cell must be a check that can fail" });
  }
  return faults;
}

function endFaults({ cells }: Notebook): Omit<Fault, "notebook">[] {
  const lastCode = cells.findLastIndex(({ cell_type }) => cell_type === "code");
  const end = cells.slice(lastCode + 1).map(({ source }) => joined(source)).join("\n\n");
  const [, summary] = splitAt(end, "Summary");
  if (summary === undefined) return [{ message: 'after its check it must have "Summary"' }];
  const [, tasks] = splitAt(summary, "Exercises");
  if (tasks === undefined) return [{ message: 'after its summary it must have "Exercises"' }];
  const count = tasks.match(/^\d+\. /gm)?.length ?? 0;
  const hints = tasks.match(/\bhint\b/gi)?.length ?? 0;
  const faults: Omit<Fault, "notebook">[] = [];
  if (count < exercises.min || count > exercises.max) {
    const { min, max } = exercises;
    faults.push({ message: `it must have ${min} to ${max} numbered exercises, but has ${count}` });
  }
  if (hints < count) {
    faults.push({ message: `of its ${count} exercises only ${hints} have a hint` });
  }
  return faults;
}

function splitAt(text: string, heading: string): string[] {
  return text.split(new RegExp(`^#+ .*\\b${heading}\\b.*$`, "m"));
}

/** Jupyter finds the kernel by these, and `deno fmt` and code hosts the language. */
function kernelFaults({ metadata }: Notebook): Omit<Fault, "notebook">[] {
  const wanted = { kernelspec: kernelName, language_info: "typescript" };
  return Object.entries(wanted).flatMap(([key, name]) => {
    const value = metadata[key];
    const seen = typeof value === "object" && value !== null && !Array.isArray(value)
      ? value.name
      : undefined;
    if (seen === name) return [];
    return [{ message: `its metadata must have ${key}.name "${name}", but it is ${seen}` }];
  });
}
