import { assertEquals } from "@std/assert";
import { linearTicks, logarithmicTicks } from "../../lib/figures/ticks.ts";

const labels = (ticks: readonly { label: string }[]) => ticks.map(({ label }) => label).join(" ");

Deno.test("linearTicks() are round numbers within the range", () => {
  assertEquals(labels(linearTicks(0, 1)), "0.0 0.2 0.4 0.6 0.8 1.0");
  assertEquals(labels(linearTicks(-160, 240)), "\u2212150 \u2212100 \u221250 0 50 100 150 200");
  assertEquals(labels(linearTicks(0.0011, 0.0023, 4)), "0.0012 0.0014 0.0016 0.0018 0.0020 0.0022");
  assertEquals(labels(linearTicks(0, 3e7, 3)), "0.0e0 1e7 2e7 3e7".replace("0.0e0", "0"));
  assertEquals(labels(linearTicks(5, 5)), "5");
});

Deno.test("logarithmicTicks() are powers of ten, with numbers between them where few fit", () => {
  assertEquals(labels(logarithmicTicks(0.01, 2000)), "0.01 0.1 1 10 100 1000");
  assertEquals(labels(logarithmicTicks(3, 60)), "5 10 20 50");
});
