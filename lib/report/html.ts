import { escapeHtml, figureHtml } from "../figures/figure_html.ts";
import type { Figure } from "../figures/figure.ts";

/** A piece of HTML that is safe to be put into a page: what {@linkcode markup} makes, or our own text. */
export class Html {
  /** @param text well-formed HTML in which every foreign text is escaped */
  constructor(readonly text: string) {}
}

/** What may stand in a {@linkcode markup} template: texts are escaped, pieces of HTML are not. */
export type HtmlPart = string | number | Html | readonly HtmlPart[];

/** A template of HTML: `markup`<p>${name}</p>``. */
export function markup(strings: TemplateStringsArray, ...parts: readonly HtmlPart[]): Html {
  const texts = parts.map(textOf);
  return new Html(strings.map((string, i) => string + (texts[i] ?? "")).join(""));
}

/** No HTML at all. */
export const nothing: Html = new Html("");

function textOf(part: HtmlPart): string {
  if (part instanceof Html) return part.text;
  if (typeof part === "string" || typeof part === "number") return escapeHtml(String(part));
  return part.map(textOf).join("");
}

/**
 * Figures under each other, or side by side where there is room: two in a row, or three.
 *
 * @param id what their places in the page are called, with their numbers; not used elsewhere in it
 */
export function figureGrid(
  id: string,
  figures: readonly Figure[],
  width: "whole" | "half" | "third" = "half",
): Html {
  const places = figures.map((figure, i) => new Html(figureHtml(figure, `${id}-${i + 1}`)));
  return markup`<div class="figures ${width}">${places}</div>\n`;
}

/** A text as a computer reads it. */
export function code(text: string): Html {
  return markup`<code>${text}</code>`;
}

/** A paragraph that says what is missing, and what to do. */
export function notice(...text: readonly HtmlPart[]): Html {
  return markup`<p class="notice">${text}</p>\n`;
}

/** A paragraph about how what stands above it is to be read. */
export function footnote(...text: readonly HtmlPart[]): Html {
  return markup`<p class="faint">${text}</p>\n`;
}
