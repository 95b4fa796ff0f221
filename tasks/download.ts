/** `deno task download`: fetches a public data set. */
import { dataSources, findSource } from "../lib/dataset/data_sources.ts";
import { downloadDataset } from "../lib/dataset/download.ts";
import { rawFolder } from "../lib/paths.ts";
import { runTask } from "./command_line.ts";
import { ProgressLine } from "./progress_line.ts";

await runTask({
  name: "download",
  summary: "Fetches a public data set, checks it and unpacks it.",
  interrupt: "signal",
  first: "dataset",
  flags: {
    dataset: { type: "text", value: "NAME", required: true, description: "one of those below" },
    output: {
      type: "text",
      value: "DIR",
      default: rawFolder,
      description: "folder that gets the folder of the data set",
    },
    "keep-archive": { type: "boolean", description: "keep the archive after unpacking" },
  },
  details: [
    "Data sets (a Decathlon task also by its number or its organ alone: task04, hippocampus):",
    ...dataSources.map(({ name, title, licence }) => `  ${name}: ${title}; ${licence}`),
    "",
    "What is interrupted goes on where it stopped when it is run again.",
  ].join("\n"),
}, async (flags, signal) => {
  const source = findSource(flags.dataset);
  console.log(`${source.title}; licence ${source.licence}; cite ${source.reference}`);
  let step = "";
  let progress: ProgressLine | undefined;
  const folder = await downloadDataset(source, flags.output, {
    signal,
    keepArchive: flags["keep-archive"],
    onProgress: (name, done, total) => {
      if (name !== step) {
        progress?.end();
        console.error(name === "download" ? "Downloading" : "Unpacking");
        [step, progress] = [name, new ProgressLine("bytes")];
      }
      progress?.show(done, total);
    },
  });
  progress?.end();
  console.log(`${source.name} is in ${folder}`);
});
