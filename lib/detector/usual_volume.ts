/** The smallest and the largest volume that an organ has in the training cases. */
export interface UsualVolume {
  readonly min: number;
  readonly max: number;
}

/** By what factors a volume may be smaller, or larger, than that of any training case. */
const tolerance = { smaller: 2, larger: 1.3 } as const;

/** True for a volume that training cases have, or nearly. */
export function isUsualVolume(mm3: number, { min, max }: UsualVolume): boolean {
  return mm3 >= min / tolerance.smaller && mm3 <= max * tolerance.larger;
}
