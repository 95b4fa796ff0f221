import { join } from "node:path";
import { entryOf } from "../dataset/case.ts";
import { UserError } from "../errors.ts";
import { type ComparedCase, readComparedCase } from "../evaluation/compared_case.ts";
import { comparisonPictures } from "../evaluation/comparison_pictures.ts";
import { sliceOfDisagreement } from "../evaluation/disagreement.ts";
import type { CaseResult, Evaluation, EvaluationMode } from "../evaluation/records.ts";
import { exists } from "../files.ts";
import type { Figure } from "../figures/figure.ts";
import { picturesFigure } from "../figures/pictures_figure.ts";
import { planes } from "../figures/slice_panel.ts";
import { slicePicture, throughAxis } from "../figures/slice_pictures.ts";
import { shellWord } from "../shell_word.ts";
import { type Box3, unitToVoxels } from "../volume/box.ts";
import { modesOf, scanCases } from "./evaluation_modes.ts";
import { code, figureGrid, type Html, markup, notice } from "./html.ts";
import { evaluationFolder, type RunFacts } from "./run_facts.ts";

/** Of a plane's figure, in screen pixels: three are side by side. */
const pictureHeight = 460;

/** A case of all its classes, and the mean of their Dice scores. */
interface RankedCase {
  readonly id: string;
  readonly dice: number;
  readonly results: readonly CaseResult[];
}

/**
 * The best and the worst case of the mode that matters most, as slices with ground truth, prediction
 * and region of interest; where a file that they need is gone, which one.
 */
export async function caseOverlays(facts: RunFacts, evaluation: Evaluation): Promise<Html> {
  const { mode, name } = modesOf(evaluation)[0];
  const ranked = rankCases(scanCases(evaluation).filter((one) => one.mode === mode));
  const [worst, best] = [ranked[0], ranked.at(-1)];
  if (worst === undefined || best === undefined) return markup``;
  const ends = worst === best ? [{ title: "The only case", one: worst, id: "only" }] : [
    { title: "Best case", one: best, id: "best" },
    { title: "Worst case", one: worst, id: "worst" },
  ];
  const blocks: Html[] = [];
  for (const { title, one, id } of ends) {
    const measured = one.results.map(resultText).join("; ");
    blocks.push(markup`<h3>${title}: ${one.id}</h3>
<p>${name}: ${measured}. In each plane the slice where ground truth and prediction differ most, with the
place of the largest difference magnified, as radiologists see it (the patient's right on the left).</p>
${await overlay(facts, one, mode, `overlay-${id}`)}`);
  }
  return markup`${blocks}`;
}

/** By Dice, the least first; cases without any number are left out. */
function rankCases(results: readonly CaseResult[]): RankedCase[] {
  const cases = [...Map.groupBy(results, ({ caseId }) => caseId)].map(([id, results]) => {
    const dice = results.map((one) => one.dice).filter((value) => !Number.isNaN(value));
    return { id, results, dice: dice.reduce((sum, value) => sum + value, 0) / dice.length };
  });
  return cases.filter(({ dice }) => !Number.isNaN(dice)).sort((a, b) => a.dice - b.dice);
}

function resultText({ organ, className, dice, hd95Mm, detectorIou3d }: CaseResult): string {
  const iou = Number.isNaN(detectorIou3d) ? "" : `, box IoU 3D ${detectorIou3d.toFixed(3)}`;
  const measured = `Dice ${dice.toFixed(4)}, HD95 ${hd95Mm.toFixed(1)} mm${iou}`;
  return className === organ ? measured : `${className} ${measured}`;
}

async function overlay(
  { run, prepared }: RunFacts,
  one: RankedCase,
  mode: EvaluationMode,
  figureId: string,
): Promise<Html> {
  if (prepared.value === null) return notice("No picture: ", prepared.reason);
  const maskPath = join(evaluationFolder(run), "masks", mode, `${one.id}.nii.gz`);
  try {
    const entry = entryOf(prepared.value, one.id);
    for (const path of [entry.imagePath, entry.labelPath]) {
      if (!await exists(path)) return notice("No picture: ", code(path), " is missing.");
    }
    if (!await exists(maskPath)) {
      const remedy = code(`deno task evaluate --run ${shellWord(run.folder)}`);
      return notice("No picture: ", code(maskPath), " is missing. ", remedy, " writes it.");
    }
    const compared = await readComparedCase(entry, run.record.organ, maskPath);
    return figureGrid(figureId, picturesWithRoi(compared, one.results[0].roiUnit), "third");
  } catch (error) {
    if (error instanceof UserError) return notice("No picture: ", error.message);
    throw error;
  }
}

/** A figure for each plane of a comparison, with the region of interest where its slice meets it. */
function picturesWithRoi(compared: ComparedCase, roiUnit: Box3): Figure[] {
  const { image, groundTruth, prediction } = compared;
  const boxesVoxels = [unitToVoxels(roiUnit, image.shape)];
  return comparisonPictures(compared).map((picture, i) => {
    const plane = planes[i];
    const slice = sliceOfDisagreement(groundTruth, prediction, throughAxis[plane]);
    const source = { image, masks: [], boxesVoxels, plane };
    const [box] = slicePicture(source, slice, picture.spacingMm![0]).boxes;
    const boxes = box === null ? [] : [{ name: "region of interest", box, colour: "roi" as const }];
    const figure = picturesFigure({
      title: `${plane} slice ${slice}`,
      pictures: [{ ...picture, title: "", boxes }],
    });
    return { ...figure, layout: { ...figure.layout, height: pictureHeight } };
  });
}
