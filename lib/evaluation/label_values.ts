import type { Organ } from "../dataset/organ.ts";
import { setFinder } from "../volume/set_finder.ts";

/**
 * Class numbers 0 .. K as label values of the data set. A class of several values gets the first of
 * them, since the model does not tell them apart.
 */
export function toLabelValues<Labels extends { readonly data: Uint16Array }>(
  classes: Labels,
  organ: Organ,
): Labels {
  const values = Uint16Array.of(0, ...organ.classes.map(({ values }) => values[0]));
  const data = new Uint16Array(classes.data.length);
  const nextSet = setFinder(classes.data);
  for (let i = nextSet(0); i < data.length; i = nextSet(i)) {
    for (; i < data.length && classes.data[i] !== 0; i++) data[i] = values[classes.data[i]];
  }
  return { ...classes, data };
}
