import type { Organ } from "../dataset/organ.ts";
import type { LabelVolume } from "../volume/volume.ts";

/**
 * Class numbers 0 .. K as label values of the data set. A class of several values gets the first of
 * them, since the model does not tell them apart.
 */
export function toLabelValues(classes: LabelVolume, organ: Organ): LabelVolume {
  const values = [0, ...organ.classes.map(({ values }) => values[0])];
  return { ...classes, data: classes.data.map((number) => values[number]) };
}
