import { assertEquals, assertThrows } from "@std/assert";
import { recordLayer, traceLayers } from "../../lib/nn/layer_records.ts";

Deno.test("traceLayers() holds what ran in it, in order, traces within it included", () => {
  recordLayer("relu", 1);
  let inner = traceLayers(() => {});
  const outer = traceLayers(() => {
    recordLayer("linear", 6, 5, true);
    inner = traceLayers(() => recordLayer("gelu", 7));
  });
  const [linear, gelu] = [
    { kind: "linear", elements: 6, fanIn: 5, biased: true },
    { kind: "gelu", elements: 7, fanIn: 0, biased: false },
  ];
  assertEquals<unknown>([inner, outer], [[gelu], [linear, gelu]]);
});

Deno.test("a trace that fails is closed", () => {
  assertThrows(
    () =>
      traceLayers(() => {
        throw new Error("broken");
      }),
    Error,
    "broken",
  );
  assertEquals(traceLayers(() => {}), []);
});
