import { caseId, niftiFiles } from "../dataset/case_files.ts";
import type { Dataset } from "../dataset/dataset.ts";
import { compareGrids } from "../dataset/grid_pair.ts";
import type { Organ } from "../dataset/organ.ts";
import { UserError } from "../errors.ts";
import { readLabels } from "../volume/nifti_read.ts";
import { toRas } from "../volume/orientation.ts";
import { maskOfLabels } from "../volume/volume.ts";
import { type MaskScores, scoreMasks } from "./case_scores.ts";

/** A case of a data set and the file of labels that a program made of its scan. */
export interface MaskFile {
  readonly caseId: string;
  readonly maskPath: string;
  readonly labelPath: string;
}

/** The masks of a folder with their cases. */
export interface MaskFolder {
  readonly files: readonly MaskFile[];
  /** Cases with labels that have no mask there. */
  readonly missing: readonly string[];
}

/** One class of an organ in one case: a mask of whatever program against the data set's labels. */
export interface FileScore extends MaskScores {
  readonly caseId: string;
  readonly organ: string;
  /** The class inside the organ; the organ's name where it has one class. */
  readonly className: string;
}

/** How {@linkcode scoreFiles} goes about it. */
export interface ScoreOptions {
  /** Distance up to which NSD counts a surface voxel as met. */
  readonly toleranceMm: number;
  readonly onCase?: (done: number, total: number) => void;
  /** Ends it before the next case. */
  readonly signal?: AbortSignal;
}

/**
 * Pairs the NIfTI files of a folder with the cases of a data set by their names: that of the case,
 * `CASE.nii.gz`, or that of its image, as `predict` writes masks, `CASE_0000.nii.gz` in nnU-Net's
 * layout.
 *
 * @throws {UserError} when the folder has none, one that is of no case or of a case without labels, or
 *   two of one case
 */
export async function pairMasks(folder: string, dataset: Dataset): Promise<MaskFolder> {
  const refuse = (rule: string, seen: string, remedy: string) =>
    new UserError({ what: `cannot score the masks of ${folder}`, rule, seen, remedy });
  const masks = await niftiFiles(folder);
  if (masks.size === 0) {
    throw refuse(
      "the folder must hold files named CASE.nii.gz or CASE.nii",
      "none",
      "Check the path",
    );
  }
  const labelled = dataset.cases.flatMap(({ id, imagePath, labelPath }) =>
    labelPath === null ? [] : [{ caseId: id, imageName: caseId(imagePath), labelPath }]
  );
  const byName = new Map(
    labelled.flatMap((one) => [[one.imageName, one], [one.caseId, one]] as const),
  );
  const files = new Map<string, MaskFile>();
  for (const [name, maskPath] of masks) {
    const own = byName.get(name);
    if (own === undefined) {
      throw refuse(
        `each must be named as a case of ${dataset.name} that has labels`,
        maskPath,
        `Cases: ${labelled.slice(0, 3).map(({ caseId }) => caseId).join(", ")}, ...`,
      );
    }
    const { caseId, labelPath } = own;
    const other = files.get(caseId);
    if (other !== undefined) {
      const seen = `${other.maskPath} and ${maskPath}`;
      throw refuse("each case has one mask", seen, "Remove one of them");
    }
    files.set(caseId, { caseId, maskPath, labelPath });
  }
  return {
    files: [...files.values()].sort((a, b) => a.caseId < b.caseId ? -1 : 1),
    missing: labelled.map(({ caseId }) => caseId).filter((id) => !files.has(id)),
  };
}

/**
 * Scores masks on the grid of the labels, a row for each case and class. Files whose axes run
 * differently are compared where their voxels lie.
 *
 * @throws {UserError} when a file cannot be read, or a mask lies elsewhere than the labels
 */
export async function scoreFiles(
  files: readonly MaskFile[],
  organs: readonly Organ[],
  { toleranceMm, onCase, signal }: ScoreOptions,
): Promise<FileScore[]> {
  const scores: FileScore[] = [];
  for (const [done, { caseId, maskPath, labelPath }] of files.entries()) {
    signal?.throwIfAborted();
    const [truth, found] = [
      (await readLabels(labelPath)).labels,
      (await readLabels(maskPath)).labels,
    ];
    const grids = compareGrids(truth, found);
    if (grids.verdict === "apart") {
      throw new UserError({
        what: `cannot score ${maskPath}`,
        rule: `it must lie on the grid of ${labelPath}`,
        seen: grids.sameShape
          ? `up to ${grids.distanceMm.toPrecision(3)} mm from it`
          : `${grids.labelShape.join(" x ")} voxels in place of ${grids.imageShape.join(" x ")}`,
        remedy: "Bring it into the grid of the scan first",
      });
    }
    const labels = toRas(truth).volume;
    const masks = { ...toRas(found).volume, affine: labels.affine };
    for (const organ of organs) {
      for (const { name, values } of organ.classes) {
        const [expected, given] = [maskOfLabels(labels, values), maskOfLabels(masks, values)];
        scores.push({
          caseId,
          organ: organ.name,
          className: name,
          ...scoreMasks(expected, given, toleranceMm),
        });
      }
    }
    onCase?.(done + 1, files.length);
  }
  return scores;
}
