import { assertEquals, assertStringIncludes } from "@std/assert";
import { besidePaperTable, htmlTable } from "../../lib/report/html_table.ts";
import { markup, nothing } from "../../lib/report/html.ts";
import { typeset } from "../../lib/report/typeset.ts";

Deno.test("markup escapes texts, and neither itself nor what it made", () => {
  const inner = markup`<i>${`a<b & "c" 'd'`}</i>`;
  assertEquals(inner.text, "<i>a&lt;b &amp; &quot;c&quot; &#39;d&#39;</i>");
  assertEquals(markup`<p>${[inner, nothing, "<", 3]}</p>`.text, `<p>${inner.text}&lt;3</p>`);
});

Deno.test("htmlTable() sets columns of numbers on the right, and escapes cells", () => {
  const { text } = htmlTable({
    caption: "a & b",
    header: ["<Case>", "Dice", "Note"],
    rows: [["x<y", "0.9 ± 0.1", "3 times"], ["z", "–", "none"]],
  });
  assertStringIncludes(text, "<caption>a &amp; b</caption>");
  assertStringIncludes(text, '<th scope="col" class="text">&lt;Case&gt;</th>');
  assertStringIncludes(
    text,
    '<tr><th scope="row">x&lt;y</th><td class="number">0.9 ± 0.1</td><td class="text">3 times</td></tr>',
  );
});

Deno.test("besidePaperTable() lays a table on its side, the paper's numbers beside ours", () => {
  const { text } = besidePaperTable({
    header: ["Method", "Organ", "Cases", "Dice (paper)", "Dice (ours)", "NSD (ours)"],
    rows: [["with crop", "liver", "4 (1 empty)", "0.8653", "0.9000 +- 0.0100", "-"]],
  }, "Table 3");
  const cells = [...text.replaceAll("<br>", " ").matchAll(/<(t[hd])\b[^>]*>([^<]*)/g)].map((
    [, , content],
  ) => content);
  assertEquals(cells, [
    ...["", "with crop, liver", "paper", "ours"],
    ...["Cases", "4 (1 empty)"],
    ...["Dice", "0.8653", "0.9000 ± 0.0100"],
    ...["NSD", "", "–"],
  ]);
});

Deno.test("typeset() leaves words alone", () => {
  assertEquals(typeset("3 x 64^2, 64^3: 1.0 +- 0.1"), "3 × 64², 64³: 1.0 ± 0.1");
  assertEquals([typeset("-"), typeset("one-way")], ["–", "one-way"]);
});
