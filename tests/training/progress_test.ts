import { assertEquals, assertStringIncludes } from "@std/assert";
import type { EpochRecord } from "../../lib/training/history.ts";
import { Interrupt, type SignalSource } from "../../lib/training/interrupt.ts";
import {
  formatDuration,
  formatEpoch,
  formatProgress,
  ProgressPrinter,
  type StepProgress,
  type Terminal,
} from "../../lib/training/progress.ts";

const progress: StepProgress = {
  phase: "segmentor",
  epoch: 3,
  epochs: 12,
  step: 25,
  totalSteps: 100,
  loss: 0.51234,
  score: 0.87,
  bestScore: 0.88123,
  stepsPerSecond: 2.5,
};

const record: EpochRecord = {
  phase: "segmentor",
  epoch: 3,
  step: 25,
  learningRate: 0.0015,
  loss: { dice: 0.4, focal: 0.1, total: 0.5 },
  gradientNorm: 1,
  validation: { score: 0.87, metrics: {} },
  seconds: 75,
  endedAt: "",
};

function screen(interactive: boolean, columns = 200): Terminal & { text: string } {
  return {
    text: "",
    interactive,
    columns,
    write(text) {
      this.text += text;
    },
  };
}

Deno.test("progress: bar, loss, score, rate and time left on one line", () => {
  assertEquals(
    formatProgress(progress, "Dice"),
    "segmentor  3/12 [####............]  25%  ETA 0:30  2.5 steps/s  loss 0.5123  " +
      "val Dice 0.8700 (best 0.8812)",
  );
});

Deno.test("progress: nothing is known at the start, and slow steps are told in seconds", () => {
  const start = { ...progress, step: 0, score: null, bestScore: null, stepsPerSecond: 0 };
  assertStringIncludes(formatProgress(start, "IoU"), "val IoU - (best -)");
  assertStringIncludes(formatProgress(start, "IoU"), "ETA -:--  0.0 steps/s");
  const slow = { ...progress, stepsPerSecond: 0.1 };
  assertStringIncludes(formatProgress(slow, "Dice"), "ETA 12:30  10.0 s/step");
});

Deno.test("progress: durations", () => {
  assertEquals([0.4, 59.6, 3599, 3723, NaN, Infinity].map(formatDuration), [
    "0:00",
    "1:00",
    "59:59",
    "1:02:03",
    "-:--",
    "-:--",
  ]);
});

Deno.test("progress: an epoch's own line", () => {
  assertEquals(
    formatEpoch(record, 12, "Dice"),
    "segmentor epoch 3/12  loss 0.5000 (dice 0.4000, focal 0.1000)  val Dice 0.8700  " +
      "rate 1.5e-3  1:15",
  );
  assertEquals(formatEpoch({ ...record, validation: null }, 12, "Dice").includes("val"), false);
});

Deno.test("progress: a terminal is redrawn, not too often, and never wraps", () => {
  const terminal = screen(true, 40);
  let now = 0;
  const printer = new ProgressPrinter("Dice", terminal, () => now);
  printer.step(progress);
  now = 50;
  printer.step(progress);
  assertEquals(terminal.text, `\r\x1b[K${formatProgress(progress, "Dice").slice(0, 39)}`);
  now = 150;
  printer.step(progress);
  assertEquals(terminal.text.split("\r").length, 3);
  terminal.text = "";
  printer.notice("a word");
  printer.notice("another");
  assertEquals(terminal.text, "\na word\nanother\n");
});

Deno.test("progress: elsewhere there is one plain line an epoch", () => {
  const terminal = screen(false);
  const printer = new ProgressPrinter("Dice", terminal);
  printer.step(progress);
  printer.epoch(record, progress);
  printer.notice("a word");
  assertEquals(terminal.text, `${formatEpoch(record, 12, "Dice")}\na word\n`);
});

function fakeSystem() {
  const listeners = new Map<string, () => void>();
  const exits: number[] = [];
  const system: SignalSource = {
    addSignalListener: (name, listener) => void listeners.set(name, listener),
    removeSignalListener: (name) => void listeners.delete(name),
    exit: (code) => void exits.push(code),
  };
  return { listeners, exits, system };
}

Deno.test("interrupt: the first signal asks to stop, the second ends the program", () => {
  const { listeners, exits, system } = fakeSystem();
  {
    using interrupt = new Interrupt(system, "linux");
    assertEquals([...listeners.keys()], ["SIGINT", "SIGTERM"]);
    assertEquals(interrupt.signal.aborted, false);
    listeners.get("SIGTERM")!();
    assertEquals([interrupt.signal.aborted, exits.length], [true, 0]);
    // A launcher that passes on what the whole group got.
    listeners.get("SIGTERM")!();
    assertEquals(exits, []);
    listeners.get("SIGINT")!();
    assertEquals(exits, [130]);
  }
  assertEquals(listeners.size, 0);
});

Deno.test("interrupt: a terminal's Ctrl-C that a launcher passes on as well is one", () => {
  const { listeners, exits, system } = fakeSystem();
  let nowMs = 0;
  using interrupt = new Interrupt(system, "linux", () => nowMs);
  const press = (atMs: number) => {
    nowMs = atMs;
    listeners.get("SIGINT")!();
  };
  press(1000);
  press(1004);
  press(1250);
  assertEquals([interrupt.signal.aborted, exits], [true, []]);
  press(1400); // of a hurried user: counted from the first, not from the last
  assertEquals(exits, [130]);
});

Deno.test("interrupt: Windows has no SIGTERM", () => {
  const { listeners, system } = fakeSystem();
  using _interrupt = new Interrupt(system, "windows");
  assertEquals([...listeners.keys()], ["SIGINT"]);
});

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.test({
    name: `interrupt: a process that gets ${signal} finishes its work and exits 130`,
    ignore: Deno.build.os === "windows",
    async fn() {
      const child = new Deno.Command(Deno.execPath(), {
        args: ["run", "--no-check", import.meta.resolve("./wait_for_stop.ts")],
        stdout: "piped",
        stderr: "null",
      }).spawn();
      const reader = child.stdout.getReader();
      let said = new TextDecoder().decode((await reader.read()).value);
      child.kill(signal);
      for (let part = await reader.read(); !part.done; part = await reader.read()) {
        said += new TextDecoder().decode(part.value);
      }
      assertEquals(said, "ready\nsaved\n");
      assertEquals((await child.status).code, 130);
    },
  });
}
