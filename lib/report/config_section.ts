import { configDifference } from "../config/overrides.ts";
import { presets } from "../config/presets.ts";
import { code, markup } from "./html.ts";
import { htmlTable, tableGrid } from "./html_table.ts";
import type { Section } from "./page.ts";
import type { RunFacts } from "./run_facts.ts";

/** The values in which the run differs from the paper's preset, and all of its own. */
export function configSection({ run, progress }: RunFacts): Section {
  const { config } = run.record;
  const phases: ReadonlySet<string> = new Set(progress.parts.map(({ phase }) => phase));
  const differences = configDifference(config, presets.paper).filter(({ key }) => {
    const [section, phase] = key.split(".");
    return section !== "phases" || phases.has(phase);
  });
  const tables = [...Map.groupBy(differences, ({ key }) => groupOf(key))].map(([group, members]) =>
    htmlTable({
      caption: group,
      header: ["Value", "This run", "Paper"],
      rows: members.map((
        { key, ours = "none", theirs = "none" },
      ) => [key.slice(group.length + 1) || key, ours, theirs]),
    })
  );
  return {
    id: "configuration",
    title: "Configuration",
    body:
      markup`<p>Preset ${config.preset}, seed ${config.seed}: ${differences.length} values of the phases of
this run differ from the paper's (the preset ${
        code("paper")
      }, which is the paper as near as its text
allows).</p>
${tableGrid(tables)}<details>
<summary>The whole configuration</summary>
<pre>${JSON.stringify(config, null, 2)}</pre>
</details>
`,
  };
}

/** "detector", "phases.finetune": what a table has the values of. */
function groupOf(key: string): string {
  const [section, phase] = key.split(".");
  return section === "phases" ? `${section}.${phase}` : section;
}
