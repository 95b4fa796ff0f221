import { compareGrids } from "../dataset/grid_pair.ts";
import { UserError } from "../errors.ts";
import { readLabels } from "../volume/nifti_read.ts";
import { toRas } from "../volume/orientation.ts";
import type { LabelVolume } from "../volume/volume.ts";

/**
 * Reads labels and masks of the same scan, both in RAS order on the labels' grid. Files whose axes run
 * differently, or that lie a little apart as labels may from their image, are brought together.
 *
 * @param doing what they are read for, as an error says it
 * @throws {UserError} when a file cannot be read, or the masks lie elsewhere than the labels
 */
export async function readMaskPair(
  labelPath: string,
  maskPath: string,
  doing: "score" | "compare",
): Promise<{ labels: LabelVolume; masks: LabelVolume }> {
  const { labels: truth } = await readLabels(labelPath);
  const { labels: found } = await readLabels(maskPath);
  const grids = compareGrids(truth, found);
  if (grids.verdict === "apart") {
    throw new UserError({
      what: `cannot ${doing} ${maskPath}`,
      rule: `it must lie on the grid of ${labelPath}`,
      seen: grids.sameShape
        ? `up to ${grids.distanceMm.toPrecision(3)} mm from it`
        : `${grids.labelShape.join(" x ")} voxels in place of ${grids.imageShape.join(" x ")}`,
      remedy: "Bring it into the grid of the scan first",
    });
  }
  const labels = toRas(truth).volume;
  return { labels, masks: { ...toRas(found).volume, affine: labels.affine } };
}
