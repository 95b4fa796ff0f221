/** `deno task report`: a run as one HTML page. */
import { join } from "node:path";
import { writeRunReport } from "../lib/report/run_report.ts";
import { openRun } from "../lib/training/run_folder.ts";
import { runTask } from "./command_line.ts";

await runTask({
  name: "report",
  summary: "Writes a run as one HTML page that needs no other file and no network.",
  flags: {
    run: { type: "text", value: "DIR", required: true, description: "folder of the run" },
    output: { type: "text", value: "FILE", description: "where the page goes (RUN/report.html)" },
  },
  details: `
Results, tables beside the paper's, every case with the best and the worst in pictures, cost, training
curves, data, configuration and environment. A run that is still in training or was not evaluated gets
a page too, which says so. The pictures need the source scans and the masks that deno task evaluate
wrote. An older report is replaced; any other file is not.`,
}, async (flags) => {
  const run = await openRun(flags.run);
  const path = flags.output ?? join(run.folder, "report.html");
  const replaced = await writeRunReport(run, path);
  console.log(`${path}${replaced ? " (replaces an older report)" : ""}`);
});
