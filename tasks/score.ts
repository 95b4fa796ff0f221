/** `deno task score`: measures masks of any program against a data set's labels. */
import { join } from "node:path";
import {
  type MaskValues,
  pairMasks,
  parseMaskValues,
  requireDifferentNames,
  requireMaskValues,
  scoreFiles,
} from "../lib/evaluation/score_files.ts";
import { scoreReport, scoresCsv } from "../lib/evaluation/score_report.ts";
import type { Dataset } from "../lib/dataset/dataset.ts";
import { openDataset } from "../lib/dataset/layout.ts";
import { type Organ, parseOrgan } from "../lib/dataset/organ.ts";
import { UserError } from "../lib/errors.ts";
import { makeWritableFolder, refuseExisting, writeAtomic } from "../lib/files.ts";
import { runTask } from "./command_line.ts";
import { modalityFlag } from "./modality_flag.ts";
import { ProgressLine } from "./progress_line.ts";

const csvName = "scores.csv";
const reportName = "scores.md";

await runTask({
  name: "score",
  summary: "Measures masks of any program against a data set's labels: Dice, IoU, HD95, NSD.",
  interrupt: "signal",
  flags: {
    masks: {
      type: "text",
      value: "DIR",
      required: true,
      description: "folder of masks, named as cases or their images",
    },
    data: { type: "text", value: "DIR", required: true, description: "folder of the data set" },
    organ: {
      type: "list",
      value: "NAME",
      description: 'as "liver", "kidneys=2+3"; every label of the data set unless given',
    },
    values: {
      type: "list",
      value: "LABEL=N",
      description: "a label's value in the masks, where they have others than the data set",
    },
    modality: modalityFlag,
    tolerance: { type: "number", default: 2, min: 0, description: "of NSD, in mm" },
    output: { type: "text", value: "DIR", description: `write ${csvName} and ${reportName} there` },
  },
  details: `
The measures and their rules are those of deno task evaluate in the scan's own grid. So the masks of
deno task predict, of an ensemble or of nnU-Net and TotalSegmentator can be compared: one file of all
labels for each case (TotalSegmentator: made with --ml). Masks have the data set's label values, or
others that --values names: then those labels are scored, or those of --organ. A mask that is named
as no case of the data set is an error; cases without a mask are named in the report.

  deno task score --masks masks --data Dataset501_CHAOST2 --organ liver
  deno task score --masks totalsegmentator --data Dataset501_CHAOST2 --values liver=5 --values spleen=1`,
}, async (flags, signal) => {
  const dataset = await openDataset(flags.data, { modality: flags.modality });
  const maskValues = flags.values.length > 0
    ? parseMaskValues(flags.values, dataset.labels)
    : undefined;
  const specs = flags.organ.length > 0
    ? flags.organ
    : maskValues !== undefined
    ? [...maskValues.keys()].map(String)
    : Object.keys(dataset.labels);
  const organs: Organ[] = specs.map((spec) => parseOrgan(spec, dataset.labels));
  requireDifferentNames(organs);
  if (maskValues !== undefined) requireMaskValues(organs, maskValues);
  if (organs.length === 0) {
    throw new UserError({
      what: `cannot score against ${dataset.name}`,
      rule: "a data set that does not name its labels needs --organ",
      remedy: "Give the numbers of labels, as --organ 1 --organ 2",
    });
  }
  const { files, missing } = await pairMasks(flags.masks, dataset);
  const { output } = flags;
  if (output !== undefined) {
    for (const name of [csvName, reportName]) {
      await refuseExisting(join(output, name), "Name another --output folder, or remove the file");
    }
    await makeWritableFolder(output);
  }
  const progress = new ProgressLine("cases");
  const found = new Set<number>();
  const scores = await scoreFiles(files, organs, {
    maskValues,
    onValues: (values) => values.forEach((value) => found.add(value)),
    toleranceMm: flags.tolerance,
    signal,
    onCase: (done, total) => progress.show(done, total),
  });
  progress.end();
  if (maskValues === undefined) warnOfUndeclared(found, dataset);
  else warnOfAbsent(found, maskValues);
  const report = scoreReport(scores, {
    dataSet: dataset.name,
    maskFolder: flags.masks,
    values: flags.values,
    toleranceMm: flags.tolerance,
    missing,
  });
  console.log(report);
  if (output === undefined) return;
  await writeAtomic(join(output, csvName), scoresCsv(scores));
  await writeAtomic(join(output, reportName), report);
  console.log(`Written to ${output}: ${csvName}, ${reportName}`);
});

function warnOfUndeclared(found: ReadonlySet<number>, { name, labels }: Dataset): void {
  const declared = new Set(Object.values(labels));
  const undeclared = [...found].filter((value) => !declared.has(value)).sort((a, b) => a - b);
  if (declared.size === 0 || undeclared.length === 0) return;
  console.error(
    `warning: the masks hold values that ${name} does not declare: ${undeclared.join(", ")}. ` +
      "Masks of another numbering need --values",
  );
}

/** A label whose value is nowhere has a Dice of 0: most likely --values has another numbering. */
function warnOfAbsent(found: ReadonlySet<number>, maskValues: MaskValues): void {
  const absent = [...new Set([...maskValues.values()].flat())].filter((value) => !found.has(value));
  if (absent.length === 0) return;
  const held = [...found].sort((a, b) => a - b).join(", ");
  console.error(
    `warning: no mask holds values that --values names: ${absent.join(", ")}. ` +
      `The masks hold ${held === "" ? "nothing" : held}`,
  );
}
