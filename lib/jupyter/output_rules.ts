/** What the stored outputs of a notebook must be, for a reader who sees them on a code host. */
import { expectationsOf, unfulfilled } from "./expectations.ts";
import type { Fault } from "./fault.ts";
import { codeCells, type Notebook, type Output } from "./notebook_file.ts";

/** The largest output, in bytes of its JSON. */
export const largestOutput = 1e6;

/** Ways into a machine's own folders, which mean nothing to a reader and may tell a name. */
const machinePath =
  /file:\/\/\/|(?<![\w.~/:-])\/(home|Users|root|tmp|work|mnt|media|private|var|opt)\/[\w.-]+|\b[A-Z]:\\/;

const remedy = "deno task notebooks render";

/**
 * The faults of stored outputs: an error, a lack of what the cell is expected to show, one that is
 * too large, and a path of the machine that made it.
 */
export function outputFaults(notebook: Notebook): Omit<Fault, "notebook">[] {
  if (codeCells(notebook).every(({ outputs = [] }) => outputs.length === 0)) {
    return [{ message: `it has no stored outputs; ${remedy}` }];
  }
  return codeCells(notebook).flatMap((code, index) => {
    const cell = index + 1;
    const outputs = code.outputs ?? [];
    const missing = unfulfilled(expectationsOf(code) ?? [], outputs);
    return [
      ...outputs.flatMap(messagesOf),
      ...missing.map((what) => `its stored outputs lack ${what}; ${remedy}`),
    ].map((message) => ({ cell, message }));
  });
}

function messagesOf(output: Output): string[] {
  const text = JSON.stringify(output);
  const path = text.replaceAll("\\n", "\n").match(machinePath)?.[0];
  const bytes = new TextEncoder().encode(text).length;
  return [
    ...(output.output_type === "error" ? [`its stored output is an error: ${output.evalue}`] : []),
    ...(bytes > largestOutput ? [`a stored output has ${bytes} bytes, over ${largestOutput}`] : []),
    ...(path === undefined ? [] : [`a stored output has a path of the machine: ${path}`]),
  ];
}
