import { pageStyle, plotlySource } from "../figures/figure_html.ts";
import { Html, markup } from "./html.ts";
import { reportStyle } from "./report_style.ts";

/** A part of a page that its table of contents names. */
export interface Section {
  /** Its address within the page. */
  readonly id: string;
  readonly title: string;
  readonly body: Html;
}

/** A page under a title, and what is said before its first section. */
export interface Page {
  readonly title: string;
  readonly lead: Html;
  readonly sections: readonly Section[];
}

/** What the page's head says of the program that wrote it. */
export const pageGenerator = "deno task report";

/** A page that needs no other file and no network: plotly.js is in it once. */
export async function pageHtml({ title, lead, sections }: Page): Promise<string> {
  const contents = sections.map(({ id, title }) => markup`<li><a href="#${id}">${title}</a></li>`);
  const bodies = sections.map(({ id, title, body }) =>
    markup`<section id="${id}">
<h2>${title}</h2>
${body}</section>
`
  );
  return markup`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="generator" content="${pageGenerator}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<link rel="icon" href="data:,">
<style>${new Html(pageStyle + reportStyle)}</style>
<script>${new Html(placeholder)}</script>
</head>
<body>
<div class="page">
<nav aria-label="Contents"><ul>${contents}</ul></nav>
<main>
<header>
<h1>${title}</h1>
${lead}</header>
${bodies}</main>
</div>
<script type="application/gzip" id="plotly">${await packedPlotly()}</script>
<script>${new Html(drawing)}</script>
</body>
</html>
`.text;
}

/** Takes the figures' orders while the page is read, in the place of plotly.js. */
const placeholder = `
window.Plotly = { orders: [], newPlot: (...order) => Plotly.orders.push(order) };
`;

/** Unpacks plotly.js and draws the figures. */
const drawing = `
(async () => {
  const packed = document.getElementById("plotly").textContent;
  const bytes = Uint8Array.from(atob(packed), (character) => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  const script = document.createElement("script");
  script.textContent = await new Response(stream).text();
  const { orders } = Plotly;
  document.head.append(script);
  for (const order of orders) await Plotly.newPlot(...order);
})();
`;

/** The text of plotly.js, compressed to a fifth and in base64: 2.7 MB of a page in place of 11. */
async function packedPlotly(): Promise<string> {
  const stream = new Blob([await plotlySource()]).stream()
    .pipeThrough(new CompressionStream("gzip"));
  return (await new Response(stream).bytes()).toBase64();
}
