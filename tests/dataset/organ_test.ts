import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { organValues, parseOrgan } from "../../lib/dataset/organ.ts";
import { UserError } from "../../lib/errors.ts";

const amos = {
  "spleen": 1,
  "right kidney": 2,
  "left kidney": 3,
  "gall bladder": 4,
  "liver": 6,
  "arota": 8,
  "postcava": 9,
  "bladder": 14,
  "prostate/uterus": 15,
};

Deno.test("parseOrgan() finds a label by its name, words, synonyms and number", () => {
  for (
    const [spec, name, value] of [
      ["liver", "liver", 6],
      ["Liver ", "liver", 6],
      ["RIGHT_KIDNEY", "right kidney", 2],
      ["kidney_left", "left kidney", 3],
      ["prostate/uterus", "prostate/uterus", 15],
      ["prostate", "prostate/uterus", 15],
      ["Uterus", "prostate/uterus", 15],
      ["aorta", "arota", 8],
      ["IVC", "postcava", 9],
      ["inferior vena cava", "postcava", 9],
      ["gallbladder", "gall bladder", 4],
      ["urinary_bladder", "bladder", 14],
      ["6", "liver", 6],
    ] as const
  ) {
    assertEquals(parseOrgan(spec, amos), { name, classes: [{ name, values: [value] }] }, spec);
  }
});

Deno.test("parseOrgan() prefers a label's own name to a synonym", () => {
  const labels = { uterus: 1, prostate: 2, "prostate/uterus": 3 };
  assertEquals(organValues(parseOrgan("prostate", labels)), [2]);
});

Deno.test("parseOrgan() joins labels to a class and classes to an organ", () => {
  assertEquals(parseOrgan("kidneys = right kidney + left kidney", amos), {
    name: "kidneys",
    classes: [{ name: "kidneys", values: [2, 3] }],
  });
  assertEquals(parseOrgan("hippocampus=anterior,posterior", { Anterior: 1, Posterior: 2 }), {
    name: "hippocampus",
    classes: [{ name: "Anterior", values: [1] }, { name: "Posterior", values: [2] }],
  });
  assertEquals(parseOrgan("2+3,1", amos), {
    name: "right kidney+left kidney+spleen",
    classes: [
      { name: "right kidney+left kidney", values: [2, 3] },
      { name: "spleen", values: [1] },
    ],
  });
});

Deno.test("parseOrgan() finds a label with a sign in its name when it is written out", () => {
  assertEquals(organValues(parseOrgan("cyst, large", { cyst: 1, "cyst, large": 2 })), [2]);
});

Deno.test("parseOrgan() takes any number where no labels are declared", () => {
  assertEquals(organValues(parseOrgan("7", {})), [7]);
});

Deno.test("parseOrgan() names what a data set has when a name is unknown", () => {
  const error = assertThrows(() => parseOrgan("livr", amos), UserError);
  assertStringIncludes(error.message, 'Did you mean "liver"?');
  assertStringIncludes(error.message, "arota (8)");
});

Deno.test("parseOrgan() refuses background, undeclared numbers, gaps and overlaps", () => {
  for (const spec of ["0", "background", "7", "", "liver+", "a=liver,1+liver", "x="]) {
    assertThrows(() => parseOrgan(spec, amos), UserError, undefined, spec);
  }
  assertThrows(() => parseOrgan("0", {}), UserError);
  assertThrows(() => parseOrgan("liver", {}), UserError, "does not name its labels");
});
