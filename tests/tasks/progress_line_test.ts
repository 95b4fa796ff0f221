import { assertEquals } from "@std/assert";
import { formatDuration, formatRate } from "../../tasks/progress_line.ts";

Deno.test("formatRate() has two digits and no exponent", () => {
  assertEquals([571.3, 12.34, 5, 0.2549, 0.0012].map(formatRate), [
    "570",
    "12",
    "5",
    "0.25",
    "0.0012",
  ]);
});

Deno.test("formatDuration() goes from seconds to hours", () => {
  assertEquals([7.2, 200, 4800 * 2, NaN].map(formatDuration), [
    "8 s",
    "3 min",
    "2 h 40 min",
    "unknown time",
  ]);
});
