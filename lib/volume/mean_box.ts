import type { Box3 } from "./box.ts";
import type { Triple } from "./volume.ts";

/**
 * The box whose faces lie at the means of the boxes' faces, in their coordinates: what one answers
 * who knows where an organ usually is and never looks at the scan. What it shows in a view is the
 * mean of what the boxes show there.
 *
 * @throws RangeError when there is no box
 */
export function meanBox(boxes: readonly Box3[]): Box3 {
  if (boxes.length === 0) throw new RangeError("no boxes have no mean");
  const mean = (face: "min" | "max"): Triple => {
    const along = (axis: 0 | 1 | 2) =>
      boxes.reduce((sum, box) => sum + box[face][axis], 0) / boxes.length;
    return [along(0), along(1), along(2)];
  };
  return { min: mean("min"), max: mean("max") };
}
