import { type Cell, joined, type JsonValue, type Output } from "./notebook_file.ts";

/** What must appear under a cell: an output with a form of a MIME type, or a part of a text. */
export type Expectation = { readonly mime: string } | { readonly text: string };

/**
 * What the metadata of a cell expects: `"expect": ["image/png", {"text": "Dice"}]`.
 *
 * @returns undefined when the metadata is not of that form
 */
export function expectationsOf(cell: Cell): Expectation[] | undefined {
  const written = cell.metadata.expect ?? [];
  if (!Array.isArray(written)) return undefined;
  const expectations = written.map(toExpectation);
  return expectations.every((one) => one !== undefined) ? expectations : undefined;
}

function toExpectation(written: JsonValue): Expectation | undefined {
  if (typeof written === "string") return written.includes("/") ? { mime: written } : undefined;
  if (typeof written !== "object" || written === null || Array.isArray(written)) return undefined;
  return typeof written.text === "string" ? { text: written.text } : undefined;
}

/** The expectations that no output fulfils, in words. */
export function unfulfilled(
  expectations: readonly Expectation[],
  outputs: readonly Output[],
): string[] {
  return expectations.filter((one) => !outputs.some((output) => fulfils(output, one)))
    .map((one) => "mime" in one ? one.mime : JSON.stringify(one.text));
}

function fulfils(output: Output, expectation: Expectation): boolean {
  if ("mime" in expectation) return output.data?.[expectation.mime] !== undefined;
  return textsOf(output).some((text) => text.includes(expectation.text));
}

/** Whatever an output shows as text: streams, errors, and the forms of displays that are text. */
function textsOf({ text = "", evalue = "", data = {} }: Output): string[] {
  const forms = Object.entries(data).filter(([mime]) => mime.startsWith("text/"));
  return [joined(text), evalue, ...forms.map(([, form]) => joined(form as string | string[]))];
}
