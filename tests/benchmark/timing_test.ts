import { assertEquals } from "@std/assert";
import { compareInTurns } from "../../lib/benchmark/comparison.ts";
import { measure, timingOf } from "../../lib/benchmark/timing.ts";

Deno.test("timingOf() gives median, quartiles and minimum, and keeps the order", () => {
  assertEquals(timingOf([9, 1, 4, 2, 3]), {
    medianMs: 3,
    lowMs: 2,
    highMs: 4,
    minMs: 1,
    timesMs: [9, 1, 4, 2, 3],
  });
  assertEquals(timingOf([7]).medianMs, 7);
});

/** A clock that work moves on. */
function clock() {
  let ms = 0;
  return { now: () => ms, pass: (by: number) => void (ms += by) };
}

Deno.test("measure() warms up, stops when it has enough, and makes three runs at least", async () => {
  const durations = [100, 50, 10, 20, 30, 40, 50];
  for (
    const { runs, enoughMs, expected } of [
      { runs: 4, enoughMs: 1e9, expected: [10, 20, 30, 40] },
      { runs: 9, enoughMs: 95, expected: [10, 20, 30, 40] },
      { runs: 9, enoughMs: 1, expected: [10, 20, 30] },
    ]
  ) {
    const { now, pass } = clock();
    let calls = 0;
    const work = async () => {
      await Promise.resolve();
      pass(durations[calls++]);
    };
    const { timesMs } = await measure(work, { warmUp: 2, runs, enoughMs }, now);
    assertEquals(timesMs, expected);
  }
});

Deno.test("compareInTurns() takes ours and theirs in turn, and the ratio of each turn", async () => {
  const order: string[] = [];
  // The machine becomes three times as slow for the last turn: its ratio does not mind.
  const speed = () => order.length < 9 ? 1 : 3;
  const runner = (name: string, ms: number) => (runs: number) => {
    order.push(`${name}${runs}`);
    return Promise.resolve(new Array(runs).fill(ms * speed()));
  };
  const { oursMs, comparison } = await compareInTurns(
    runner("a", 10),
    { name: "the peer", time: runner("b", 40) },
    { turns: 4, turnMs: 50 },
  );
  assertEquals(order, ["a1", "b1", "a5", "b1", "a5", "b1", "a5", "b1", "a5", "b1"]);
  assertEquals(oursMs.length, 20);
  assertEquals(comparison.ratios, [0.25, 0.25, 0.25, 0.25]);
  assertEquals([comparison.peer, comparison.ratio], ["the peer", 0.25]);
});
