import { assert, assertEquals } from "@std/assert";
import { pathToFileURL } from "node:url";
import { figureHtml, figuresPage } from "../../lib/figures/figure_html.ts";
import { findChromium, openPage } from "./chromium.ts";
import { decodePng } from "./decode_png.ts";
import { everyFigure } from "./every_figure.ts";

Deno.test("every figure has a text, small JSON and a small PNG", async () => {
  for (const [name, { data, layout, text, png }] of Object.entries(everyFigure())) {
    assert(text.length > 10 && !/NaN|undefined/.test(text), `${name}: ${text}`);
    assert(JSON.stringify({ data, layout }).length < 1e6, name);
    const bytes = await png();
    assert(bytes.length < 60_000, `${name}: ${bytes.length} bytes`);
    assertEquals(decodePng(bytes).width, 640, name);
  }
});

Deno.test("figureHtml() cannot be broken out of by a text of the figure", () => {
  const html = figureHtml(everyFigure().curvesFigure, "here");
  assertEquals(html.match(/<\/script>/g)?.length, 1);
  assertEquals(html.match(/<script/g)?.length, 1);
  assert(!html.includes("<!--"));
  assert(html.includes('<div id="here"'));
});

Deno.test("figuresPage() is one page without any other address to load", async () => {
  const page = await figuresPage(["<h1>Title</h1>", everyFigure().barsFigure], "A & <B>");
  assert(page.includes("<title>A &amp; &lt;B&gt;</title>"));
  assert(page.includes("<h1>Title</h1>"));
  assertEquals(page.match(/<\/script>/g)?.length, 2);
  assertEquals(page.match(/<(script|link|img)[^>]*(src|href)=/g), null);
});

Deno.test({
  name: "every figure is drawn in Chromium, without an error, and its slider works",
  ignore: findChromium() === undefined,
  fn: async () => {
    const figures = everyFigure();
    const path = await Deno.makeTempFile({ suffix: ".html" });
    try {
      await Deno.writeTextFile(path, await figuresPage(Object.values(figures), "Figures"));
      await using page = await openPage(pathToFileURL(path).href, [1000, 800]);
      const drawn = await page.evaluate(`(async () => {
        const plots = [...document.querySelectorAll(".js-plotly-plot")];
        await new Promise((resolve) => setTimeout(resolve, 500));
        return plots.map((plot) => ({
          shapes: plot.querySelectorAll("svg .trace, svg .im, svg .hm, canvas").length,
          titles: plot.querySelectorAll(".gtitle").length,
          width: plot.getBoundingClientRect().width,
        }));
      })()`) as { shapes: number; titles: number; width: number }[];
      assertEquals(drawn.length, Object.keys(figures).length);
      Object.keys(figures).forEach((name, i) => {
        assert(drawn[i].shapes > 0, `${name} has drawn its traces`);
        assertEquals(drawn[i].titles, 1, `${name} has its title`);
        assert(drawn[i].width > 800 && drawn[i].width <= 1000, `${name} is as wide as the page`);
      });
      const place = Object.keys(figures).indexOf("slicesFigure") + 1;
      const slider = await page.evaluate(`(async () => {
        const plot = document.getElementById("figure-${place}");
        const look = () => ({
          picture: plot.querySelector(".im image").getAttribute("href"),
          line: plot.querySelector(".scatterlayer .js-line")?.getAttribute("d"),
          legend: plot.querySelectorAll(".legend .traces").length,
        });
        const before = look();
        const [{ steps }] = plot.layout.sliders;
        await Plotly.restyle(plot, ...structuredClone(steps[0].args));
        return { before, after: look() };
      })()`) as Record<"before" | "after", Record<"picture" | "line" | "legend", unknown>>;
      assert(slider.before.picture !== slider.after.picture, "another picture is shown");
      assert(slider.before.line !== slider.after.line, "with other lines");
      assertEquals([slider.before.legend, slider.after.legend], [2, 2]);
      assertEquals(page.errors, []);
    } finally {
      await Deno.remove(path);
    }
  },
});
