/** `deno task phantom`: writes a seeded synthetic abdomen as a data set. */
import { phantomCases, phantomFolder } from "../lib/dataset/open_cases.ts";
import { writePhantomDataset } from "../lib/dataset/phantom_dataset.ts";
import { runTask } from "./command_line.ts";
import { ProgressLine } from "./progress_line.ts";

await runTask({
  name: "phantom",
  summary: "Writes synthetic abdomens as a data set in the layout of nnU-Net v2.",
  flags: {
    output: {
      type: "text",
      value: "DIR",
      default: phantomFolder,
      description: "folder of the data set",
    },
    cases: { type: "integer", default: phantomCases, min: 1, description: "number of cases" },
    seed: { type: "integer", default: 0, description: "another seed gives other patients" },
    modality: { type: "text", default: "ct", choices: ["ct", "mr"], description: "contrast" },
    width: { type: "integer", default: 96, min: 16, max: 512, description: "voxels along x" },
    height: { type: "integer", default: 80, min: 16, max: 512, description: "voxels along y" },
    depth: { type: "integer", default: 48, min: 8, max: 512, description: "voxels along z" },
  },
  details: `
A phantom shows that a program works, not how well it would do on patients. The one that all defaults
make is that of the notebooks and of deno task train without --data; give others a folder of their
own by --output.`,
}, async (flags) => {
  const { output, cases, seed, modality } = flags;
  const progress = new ProgressLine("cases");
  await writePhantomDataset(output, {
    cases,
    seed,
    modality,
    shape: [flags.width, flags.height, flags.depth],
    onCase: (done, total) => progress.show(done, total),
  });
  progress.end();
  console.log(`${cases} phantoms (${modality}, seed ${seed}) are in ${output}`);
});
