import { markup } from "./html.ts";
import { htmlTable } from "./html_table.ts";
import type { Section } from "./page.ts";
import { runCommands } from "./run_commands.ts";
import type { RunFacts } from "./run_facts.ts";

/** What the run was made with, when, and the command lines that make such a run. */
export function environmentSection(facts: RunFacts): Section {
  const { run: { folder, record }, progress, evaluation, at } = facts;
  const ends = progress.parts.flatMap(({ records }) => records.at(-1)?.endedAt ?? []);
  const rows = [
    ["Run", folder],
    ["Started", timeText(record.createdAt)],
    ["Last epoch", ends.length === 0 ? "–" : timeText(ends.toSorted().at(-1)!)],
    ["This page", timeText(at.toISOString())],
    ...Object.entries(record.environment).map(([name, value]) => [nameOf(name), value]),
    ...(evaluation.value === null ? [] : [["Evaluated on", evaluation.value.device]]),
    ["Prepared cases", record.preparedFolder],
  ];
  const table = htmlTable({ caption: "Versions, device and dates", header: ["", ""], rows });
  return {
    id: "environment",
    title: "Environment",
    body: markup`${table}<h3>Commands</h3>
<p>They follow from the run's record and come to the same as those that made it.</p>
<pre>${runCommands(facts).join("\n")}</pre>
`,
  };
}

/** "2026-11-25 03:23 UTC" */
function timeText(iso: string): string {
  return `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`;
}

/** "tensorflow" as "Trained with: tensorflow". */
function nameOf(key: string): string {
  return `Trained with: ${key}`;
}
