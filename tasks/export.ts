/** `deno task export`: a run's trained weights for PyTorch. */
import { modelTitles } from "../lib/config/model_name.ts";
import { exportedPhases, exportWeights, lastTrainedPhase } from "../lib/training/export_weights.ts";
import { openRun, phaseMissing } from "../lib/training/run_folder.ts";
import { runTask, UsageError } from "./command_line.ts";
import { noteStopped } from "./stopped_notice.ts";

await runTask({
  name: "export",
  summary: "Writes a run's trained weights under the names that PyTorch programs know them by.",
  flags: {
    run: { type: "text", value: "DIR", required: true, description: "folder of the run" },
    phase: {
      type: "text",
      choices: exportedPhases,
      description: "whose weights; the first of these that has finished unless given",
    },
    output: { type: "text", value: "FILE", required: true, description: "a new .safetensors file" },
  },
  details: `
Of the segmentor, or of the model that takes its place (train --model): names and layouts are those of
its published PyTorch code. deno task train --weights FILE starts from such a file.`,
}, async (flags) => {
  if (!flags.output.endsWith(".safetensors")) {
    throw new UsageError({
      what: `cannot write ${flags.output}`,
      rule: "weights are written as .safetensors only, which --output must end with",
      remedy: "Name it so; PyTorch reads it by safetensors.torch.load_file",
    });
  }
  const run = await openRun(flags.run);
  const phase = flags.phase ?? await lastTrainedPhase(run);
  if (phase === undefined) throw phaseMissing(run, "segmentor");
  await noteStopped([run], [phase]);
  await exportWeights(run, phase, flags.output);
  const { model } = run.record.config;
  console.log(`${flags.output}: ${modelTitles[model]}, phase ${phase}`);
});
