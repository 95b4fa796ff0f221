/**
 * Dice of each class on a cube: logits decided as the segmentor's result is (positive, or the largest
 * channel), shares counted as the organ from one half on (or the largest channel, of equal ones the
 * first). Where both are empty it is 1, so that a class that a region does not show costs nothing, but 0
 * where the cube shows no class at all: its region has missed the organ.
 *
 * @param logits C-order `[voxel, channel]`; one channel for one class, else background first
 * @param shares of the same shape, in 0 .. 1
 */
export function cubeDice(logits: Float32Array, shares: Float32Array, channels: number): number[] {
  const classes = channels === 1 ? 1 : channels - 1;
  const [shared, predicted, present] = [0, 0, 0].map(() => new Float64Array(classes));
  for (let first = 0; first < logits.length; first += channels) {
    const found = decide(logits, first, channels, (logit) => logit > 0);
    const wanted = decide(shares, first, channels, (share) => share >= 0.5);
    if (found > 0) predicted[found - 1]++;
    if (wanted > 0) present[wanted - 1]++;
    if (found > 0 && found === wanted) shared[found - 1]++;
  }
  const isMissed = present.every((count) => count === 0);
  return Array.from(shared, (both, i) => {
    if (isMissed) return 0;
    const sum = predicted[i] + present[i];
    return sum === 0 ? 1 : 2 * both / sum;
  });
}

/** The class at a voxel, 0 for background. */
function decide(
  values: Float32Array,
  first: number,
  channels: number,
  isClass: (value: number) => boolean,
): number {
  if (channels === 1) return isClass(values[first]) ? 1 : 0;
  let largest = 0;
  for (let channel = 1; channel < channels; channel++) {
    if (values[first + channel] > values[first + largest]) largest = channel;
  }
  return largest;
}
