import { boxIou2 } from "../volume/box.ts";
import { viewAxes, type ViewName } from "../volume/projection.ts";
import { type Mask, stridesOf } from "../volume/volume.ts";
import { centreOf, viewTarget } from "./views.ts";

/** How much of an organ the centre slice of a view shows. */
export interface CentreSliceSight {
  /** Share of the silhouette's pixels; 0 when the slice misses the organ. */
  readonly silhouetteShare: number;
  /**
   * IoU of the box around what the slice shows with the view of the organ's own box: what a
   * detector reaches that finds everything that it sees. 0 when the slice misses the organ.
   */
  readonly boxIou: number;
}

/**
 * What the view of `kind: "centre"` shows of an organ (section 3.1: slices "taken from the center of
 * each axis"). Both values are NaN when the mask is empty.
 */
export function sightOfCentreSlice(mask: Mask, view: ViewName): CentreSliceSight {
  const whole = viewTarget(mask, view);
  if (whole.boxUnit === null) return { silhouetteShare: NaN, boxIou: NaN };
  const seen = viewTarget(centreSlice(mask, view), view);
  return {
    silhouetteShare: sum(seen.silhouette) / sum(whole.silhouette),
    boxIou: seen.boxUnit === null ? 0 : boxIou2(seen.boxUnit, whole.boxUnit),
  };
}

/** The mask without what lies beside the centre slice. */
function centreSlice(mask: Mask, view: ViewName): Mask {
  const { depth } = viewAxes[view];
  const step = stridesOf(mask.shape)[depth];
  const centre = centreOf(mask.shape[depth]);
  const isInside = (i: number) => Math.floor(i / step) % mask.shape[depth] === centre;
  return { ...mask, data: mask.data.map((value, i) => value !== 0 && isInside(i) ? 1 : 0) };
}

function sum(values: Float32Array): number {
  return values.reduce((total, value) => total + value, 0);
}
