/** `deno task watch`: follows a run that is trained, wherever it is trained. */
import { type PhaseName, phaseNames } from "../lib/config/config.ts";
import { followRun } from "../lib/report/follow_run.ts";
import { progressText, stateText } from "../lib/report/progress_text.ts";
import { readRunProgress, type RunProgress } from "../lib/report/run_progress.ts";
import { Interrupt } from "../lib/training/interrupt.ts";
import { formatEpoch } from "../lib/training/progress.ts";
import { openRun } from "../lib/training/run_folder.ts";
import { runTask } from "./command_line.ts";

/** Where there is no terminal, or one that does not know its size and reports 0. */
const usualColumns = 120;
const usualRows = 24;

await runTask({
  name: "watch",
  summary: "Follows a run that is trained: epochs, loss, score and the time left, live.",
  flags: {
    run: { type: "text", value: "DIR", required: true, description: "folder of the run" },
    once: { type: "boolean", description: "print where it stands, and end" },
    phase: {
      type: "text",
      choices: ["all", ...phaseNames],
      default: "all",
      description: "what to wait for; `all` is the first three, and `whole` once it has begun",
    },
  },
  details: `
Reads the run's folder only, so it can be on another machine than the training. A picture that is
redrawn on a terminal, a line an epoch elsewhere. Ends when the phases are complete; Ctrl-C ends it
sooner. The exit code is 0 in both cases.`,
}, async ({ run: folder, once, phase }) => {
  const phases = phase === "all" ? undefined : [phase as PhaseName];
  if (once) {
    const progress = await readRunProgress(await openRun(folder), { phases });
    print(progressText(progress, terminalColumns()));
    return;
  }
  // Its own interrupt: to stop looking is no failure.
  using interrupt = new Interrupt();
  const show = Deno.stdout.isTerminal()
    ? { onLook: liveScreen(terminalColumns) }
    : { onChange: logLines() };
  await followRun(folder, { signal: interrupt.signal, phases, ...show });
});

function terminalColumns(): number {
  return Deno.stdout.isTerminal() && Deno.consoleSize().columns || usualColumns;
}

/** Redraws the lines in the place of those before. */
function liveScreen(columns: () => number): (progress: RunProgress) => void {
  let drawn = 0;
  return (progress) => {
    // The last column stays free: a full line would take two on some terminals.
    const lines = progressText(progress, columns() - 1)
      .slice(0, (Deno.consoleSize().rows || usualRows) - 1);
    const upwards = drawn === 0 ? "" : `\x1b[${drawn}A`;
    write(`${upwards}\x1b[0J${lines.join("\n")}\n`);
    drawn = lines.length;
  };
}

/** A line for each epoch that was not printed yet, and one whenever the run's state changes. */
function logLines(): (progress: RunProgress) => void {
  const printed = new Map<string, string>();
  let state = "";
  return (progress) => {
    for (const { name, records, settings, scoreName } of progress.parts) {
      const last = printed.get(name) ?? "";
      const fresh = records.filter(({ endedAt }) => endedAt > last);
      print(fresh.map((record) => formatEpoch(record, settings.epochs, scoreName)));
      printed.set(name, records.at(-1)?.endedAt ?? last);
    }
    if (progress.state !== state) print([stateText(progress)]);
    state = progress.state;
  };
}

function print(lines: readonly string[]): void {
  write(lines.map((line) => `${line}\n`).join(""));
}

function write(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(text));
}
