import { createRequire } from "node:module";
import type { Figure } from "./figure.ts";

/** An HTML text, or a figure to be drawn at its place. */
export type PagePart = string | Figure;

/**
 * One page that needs no other file and no network: plotly.js is in it once, then the parts in
 * their order. A part that is a text is taken as HTML as it stands; the title is escaped.
 */
export async function figuresPage(parts: readonly PagePart[], title: string): Promise<string> {
  const body = parts.map((part, index) =>
    typeof part === "string" ? part : figureHtml(part, `figure-${index + 1}`)
  );
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>${pageStyle}</style>
<script>${await plotlySource()}</script>
</head>
<body>
<main>
${body.join("\n")}
</main>
</body>
</html>
`;
}

/**
 * The style of {@linkcode figuresPage}, for a page that is put together elsewhere. Pages follow the
 * reader's choice of light or dark; figures stay on white, as in print.
 */
export const pageStyle = `
:root {
  color-scheme: light dark;
  --ground: #ffffff; --ink: #1f2328; --faint: #59636e; --line: #d1d9e0; --stripe: #f6f8fa;
  --link: #0072b2;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #15181c; --ink: #e6e9ed; --faint: #9aa4af; --line: #3a424b; --stripe: #1d2127;
    --link: #56b4e9;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--ground); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, Helvetica, Arial, sans-serif;
}
main { max-width: 1100px; margin: 0 auto; padding: 1.5rem 1.25rem 4rem; }
h1, h2, h3 { line-height: 1.25; margin: 2.2rem 0 0.8rem; }
h1 { font-size: 1.9rem; margin-top: 0.5rem; }
h2 { font-size: 1.4rem; padding-bottom: 0.3rem; border-bottom: 1px solid var(--line); }
h3 { font-size: 1.12rem; }
p, li { max-width: 75ch; }
a { color: var(--link); }
table {
  display: block; width: max-content; max-width: 100%; overflow-x: auto;
  border-collapse: collapse; margin: 1rem 0; font-variant-numeric: tabular-nums;
}
th, td {
  padding: 0.35rem 0.8rem; border-bottom: 1px solid var(--line); text-align: left;
  vertical-align: top;
}
th { font-weight: 600; border-bottom-width: 2px; }
tbody tr:nth-child(even) { background: var(--stripe); }
td.number, th.number { text-align: right; }
caption, figcaption, .faint { color: var(--faint); font-size: 0.92rem; text-align: left; }
code, pre { font: 0.88em/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
code { background: var(--stripe); padding: 0.1em 0.3em; border-radius: 4px; }
pre {
  background: var(--stripe); padding: 0.8rem 1rem; border: 1px solid var(--line);
  border-radius: 6px; overflow-x: auto;
}
pre code { background: none; padding: 0; }
figure.figure {
  margin: 1.4rem 0; padding: 0.4rem; background: #ffffff; color: #222222;
  border: 1px solid var(--line); border-radius: 6px; overflow: hidden;
}
img { max-width: 100%; height: auto; }
@media print { main { max-width: none; } figure.figure, tr { break-inside: avoid; } }
`;

/**
 * A figure's place in a page and the script that draws it there, for a page with
 * {@linkcode plotlySource} in a script element of its head and {@linkcode pageStyle} as its style.
 *
 * @param id of the place, not used elsewhere in the page
 */
export function figureHtml({ data, layout, text }: Figure, id: string): string {
  const address = scriptJson(id);
  return `<figure class="figure">
<div id="${escapeHtml(id)}" role="img" aria-label="${escapeHtml(text)}"></div>
<script>Plotly.newPlot(${address}, ${scriptJson(data)}, ${
    scriptJson(layout)
  }, ${plotlySettings});</script>
</figure>`;
}

/** How plotly behaves in a page: as wide as its place, without an advertisement. */
const plotlySettings = scriptJson({ responsive: true, displaylogo: false });

/** The text of plotly.js, to be put into a script element of a page. */
export async function plotlySource(): Promise<string> {
  const path = createRequire(import.meta.url).resolve("plotly.js-dist/plotly.js");
  const source = await Deno.readTextFile(path);
  // What would end or comment out the script element only occurs in texts, where "\\" is no matter.
  return source.replace(/<(\/script|!--)/gi, "<\\$1");
}

/** A text as HTML shows it, in an element or an attribute. */
export function escapeHtml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;").replaceAll("'", "&#39;");
}

/** A value as a script writes it, whatever texts it holds: none can end the script element. */
function scriptJson(value: unknown): string {
  return JSON.stringify(value).replaceAll("<", "\\u003c");
}
