import type { ViewName } from "../volume/projection.ts";
import type { Volume } from "../volume/volume.ts";
import type { Detector } from "./detector.ts";

/**
 * What a silhouette detector believes about each pixel of a view, before the views are brought to
 * agree: the probability that the line of sight meets the organ. `[edge, edge]` in [0, 1].
 *
 * @param cubeImage as of `Detector.detect`
 * @throws {UserError} when the detector's networks predict boxes
 */
export async function predictSilhouette(
  detector: Detector,
  cubeImage: Volume,
  view: ViewName,
): Promise<Float32Array> {
  const pictures = detector.pictures(cubeImage, view);
  try {
    const [ofTargets] = await detector.modules[view].silhouettes(pictures);
    return ofTargets.reduce((most, one) => most.map((p, pixel) => Math.max(p, one[pixel])));
  } finally {
    pictures.dispose();
  }
}
