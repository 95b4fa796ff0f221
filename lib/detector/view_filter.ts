import type { ViewConfig } from "../config/config.ts";
import { clahe } from "../volume/clahe.ts";
import { gaussian } from "../volume/gaussian.ts";
import { laplacian } from "../volume/laplacian.ts";
import type { Picture } from "../volume/picture.ts";
import { sobel } from "../volume/sobel.ts";

const filters: Readonly<
  Record<ViewConfig["filter"], (picture: Picture) => Float32Array>
> = { none: ({ data }) => data, clahe, laplacian, sobel, gaussian };

/**
 * A picture after one of the filters that Table 8 tries (section 4.7). The paper gives no parameter
 * of theirs: each filter's file says which it has.
 *
 * @param picture values in [0, 1]
 * @returns `[rows, columns]`, values in [0, 1]; the picture's own data for `none`
 */
export function filterView(picture: Picture, filter: ViewConfig["filter"]): Float32Array {
  return filters[filter](picture);
}
