import { assert, assertEquals } from "@std/assert";
import { thinCurve } from "../../lib/figures/thin_curve.ts";

Deno.test("thinCurve() keeps short lines, and peaks, valleys and gaps of long ones", () => {
  const short = { x: [1, 2, 3], y: [4, NaN, 6] };
  assertEquals(thinCurve(short, 3), short);
  const x = Array.from({ length: 1000 }, (_, i) => i);
  const y = x.map((i) => i >= 400 && i < 500 ? NaN : i === 333 ? 9 : i === 777 ? -9 : Math.sin(i));
  const thin = thinCurve({ x, y }, 100);
  assert(thin.x.length <= 100);
  assertEquals(thin.y[thin.x.indexOf(333)], 9);
  assertEquals(thin.y[thin.x.indexOf(777)], -9);
  assert(thin.x.some((at, i) => at >= 400 && at < 500 && Number.isNaN(thin.y[i])));
  assertEquals(thin.x.toSorted((a, b) => a - b), thin.x);
  assertEquals(thin.x.map((at) => y[at]), thin.y);
});
