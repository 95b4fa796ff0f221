import * as tf from "../tf.ts";
import { UserError } from "../errors.ts";
import { inference } from "../nn/parameters.ts";
import type { ViewName } from "../volume/projection.ts";
import type { Volume } from "../volume/volume.ts";
import type { Detector } from "./detector.ts";

/**
 * What a silhouette detector believes about each pixel of a view: the probability that the line of
 * sight meets the organ. `[edge, edge]` in [0, 1], as `readWalls` takes it.
 *
 * @param cubeImage as of `Detector.detect`
 * @throws {UserError} when the detector's networks predict boxes
 */
export async function predictSilhouette(
  detector: Detector,
  cubeImage: Volume,
  view: ViewName,
): Promise<Float32Array> {
  const { kind } = detector.config.network;
  if (kind !== "silhouette") {
    throw new UserError({
      what: "cannot show what the detector sees",
      rule: "its networks must predict silhouettes",
      seen: `of kind ${kind}`,
      remedy: "Use a run of the preset focus or tiny",
    });
  }
  const module = detector.modules[view];
  const probabilities = tf.tidy(() => {
    const logits = module.apply(detector.pictures(cubeImage, view), inference);
    return tf.sigmoid(tf.gather(logits, [...module.organTargets], 3)).max(3);
  });
  const values = await probabilities.data<"float32">();
  probabilities.dispose();
  return values;
}
