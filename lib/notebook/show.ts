import { markdownTable } from "../evaluation/markdown_table.ts";
import type { Figure } from "../figures/figure.ts";
import { type MediaBundle, sendMedia } from "./media.ts";

/**
 * Shows a figure under the cell: interactive where the front end draws plotly, else as a picture.
 *
 * @throws {UserError} outside a notebook
 */
export async function show(figure: Figure): Promise<void> {
  await sendMedia(await figureMedia(figure));
}

/**
 * Shows formatted text under the cell.
 *
 * @throws {UserError} outside a notebook
 */
export async function showMarkdown(text: string): Promise<void> {
  await sendMedia(markdownMedia(text));
}

/**
 * Shows a table under the cell. Numbers appear as they are: round them first.
 *
 * @param rows cells of each row, as many as there are headers
 * @throws {UserError} outside a notebook
 */
export async function showTable(
  headers: readonly string[],
  rows: readonly (readonly (string | number)[])[],
): Promise<void> {
  await showMarkdown(markdownTable(headers, rows.map((cells) => cells.map(String))));
}

/** A figure as plotly's JSON, as a PNG for front ends that only show pictures, and as text. */
export async function figureMedia(figure: Figure): Promise<MediaBundle> {
  const { data, layout, text } = figure;
  return {
    "application/vnd.plotly.v1+json": { data, layout, config: { responsive: true } },
    "image/png": (await figure.png()).toBase64(),
    "text/plain": text,
  };
}

/** Formatted text, which is readable as it is where nothing formats it. */
export function markdownMedia(text: string): MediaBundle {
  return { "text/markdown": text, "text/plain": text };
}
