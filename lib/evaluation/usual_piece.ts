import { isUsualVolume, type UsualVolume } from "../detector/usual_volume.ts";
import { resultBoxUnit } from "../segmentor/result_box.ts";
import { type Box3, boxEdges } from "../volume/box.ts";
import { labelComponents } from "../volume/components.ts";
import type { Triple } from "../volume/volume.ts";

/** Logits that are demanded one after the other: 0.73, 0.88, 0.95 and 0.98 of certainty. */
const demands = [1, 2, 3, 4] as const;

/**
 * The box, without margin, around a piece of a result that is too large for the organ: more certainty
 * is demanded until it falls apart into pieces, one of which has a usual volume; of several, the
 * largest. So an organ is found that has grown together with what it was mistaken for. `null` where
 * there is none.
 *
 * @param logits of one class, C order, on the cube of `roiUnit`
 * @param scanMm3 of the whole volume
 */
export function usualPieceBox(
  logits: Float32Array,
  edge: number,
  roiUnit: Box3,
  scanMm3: number,
  usualMm3: UsualVolume,
): Box3 | null {
  const shape: Triple = [edge, edge, edge];
  const [x, y, z] = boxEdges(roiUnit);
  const cellMm3 = scanMm3 * x * y * z / logits.length;
  for (const demand of demands) {
    const sure = Uint16Array.from(logits, (logit) => logit > demand ? 1 : 0);
    const { numbers, sizes } = labelComponents({ shape, data: sure });
    const [largest] = [...sizes.keys()].slice(1)
      .filter((number) => isUsualVolume(sizes[number] * cellMm3, usualMm3))
      .toSorted((a, b) => sizes[b] - sizes[a]);
    if (largest === undefined) continue;
    const piece = Uint16Array.from(numbers, (number) => number === largest ? 1 : 0);
    return resultBoxUnit(piece, edge, roiUnit, null);
  }
  return null;
}
