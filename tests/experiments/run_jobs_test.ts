import { assertEquals } from "@std/assert";
import { type JobOutcome, runJobs } from "../../lib/experiments/run_jobs.ts";
import type { RunSpec } from "../../lib/experiments/run_spec.ts";
import { specOf } from "./plans.ts";

function spec(id: string, changes: Partial<RunSpec> = {}): RunSpec {
  return { ...specOf(), id, ...changes };
}

/** Executes runs of one turn of the event loop each; returns begins and ends in order. */
async function trace(
  runs: readonly RunSpec[],
  jobs: number,
  { outcomes = {}, stopAt }: {
    outcomes?: Readonly<Record<string, JobOutcome>>;
    stopAt?: string;
  } = {},
): Promise<{ events: string[]; ended: Record<string, JobOutcome> }> {
  const events: string[] = [];
  const stop = new AbortController();
  const ended = await runJobs(runs, {
    jobs,
    stop: stop.signal,
    work: async ({ id }) => {
      events.push(`+${id}`);
      await new Promise((resolve) => setTimeout(resolve, 1));
      if (id === stopAt) stop.abort();
      return outcomes[id] ?? "done";
    },
    onEnd: ({ id }, outcome) => void events.push(`${outcome === "done" ? "-" : "!"}${id}`),
  });
  return { events, ended: Object.fromEntries(ended) };
}

Deno.test("runs keep their order and go on after one that fails", async () => {
  const runs = ["a", "b", "c"].map((id) => spec(id));
  const { events, ended } = await trace(runs, 1, { outcomes: { a: "failed" } });
  assertEquals(events, ["+a", "!a", "+b", "-b", "+c", "-c"]);
  assertEquals(ended, { a: "failed", b: "done", c: "done" });
});

Deno.test("some run at a time, and none before what it waits for has ended", async () => {
  const runs = [
    spec("a"),
    spec("a2", { waitsFor: ["a"] }),
    spec("b"),
    spec("done before", { waitsFor: ["not in the list"] }),
  ];
  const { events } = await trace(runs, 2);
  assertEquals(events.slice(0, 2), ["+a", "+b"]);
  assertEquals(events.indexOf("+a2") > events.indexOf("-a"), true);
  assertEquals(events.filter((event) => event.startsWith("-")).length, 4);
});

Deno.test("a run does not fail with the one that it waited for", async () => {
  const runs = [spec("a"), spec("b", { waitsFor: ["a"] })];
  const { events, ended } = await trace(runs, 2, { outcomes: { a: "failed" } });
  assertEquals(events, ["+a", "!a", "+b", "-b"]);
  assertEquals(ended, { a: "failed", b: "done" });
});

Deno.test("once stopped, no further run begins", async () => {
  const runs = ["a", "b", "c"].map((id) => spec(id));
  const { ended } = await trace(runs, 1, { stopAt: "b", outcomes: { b: "stopped" } });
  assertEquals(ended, { a: "done", b: "stopped" });
});
