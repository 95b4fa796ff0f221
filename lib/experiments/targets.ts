import { parseOrgan } from "../dataset/organ.ts";
import { UserError } from "../errors.ts";
import { paperOrgan } from "../evaluation/paper_tables.ts";

/** What the preset `focus` is to reach for an organ. */
export interface OrganTarget {
  /** As `parseOrgan` reads it, with common names. */
  readonly organ: string;
  /** Least mean 3D IoU of the detector; `undefined` where none is set. */
  readonly detectorIou3d?: number;
  /** Least mean Dice with crop, in the scan's own grid, of each class in its order. */
  readonly dice: readonly number[];
}

/** The aims of this project for the public data sets that it is developed on. */
export const organTargets: readonly OrganTarget[] = [
  { organ: "liver", detectorIou3d: 0.8, dice: [0.92] },
  { organ: "spleen", detectorIou3d: 0.7, dice: [0.85] },
  { organ: "right kidney", detectorIou3d: 0.7, dice: [0.9] },
  { organ: "left kidney", detectorIou3d: 0.7, dice: [0.9] },
  { organ: "hippocampus=anterior,posterior", dice: [0.88, 0.87] },
];

/** The target of an organ by its name in a data set, if it has one. */
export function targetOf(
  organ: string,
  labels: Readonly<Record<string, number>>,
): OrganTarget | undefined {
  return organTargets.find((target) => nameIn(target.organ, labels) === organ);
}

/**
 * The organs that an experiment runs on where none is named.
 *
 * @throws {UserError} when the data set has none of them
 */
export function defaultOrgans(
  kind: "paper" | "targets",
  labels: Readonly<Record<string, number>>,
): string[] {
  const targets = organTargets.map(({ organ }) => organ)
    .filter((organ) => nameIn(organ, labels) !== undefined);
  const paper = Object.keys(labels).filter((name) => paperOrgan(name) !== undefined);
  const organs = kind === "targets" && targets.length > 0 ? targets : paper;
  if (organs.length > 0) return organs;
  throw new UserError({
    what: "cannot choose the organs of the experiment",
    rule: "unless named, they are liver, spleen and prostate/uterus",
    seen: `a data set with ${Object.keys(labels).join(", ") || "numbers only"}`,
    remedy: "Name them with --organ",
  });
}

/** The name that a data set gives an organ; `undefined` where it has no such organ. */
function nameIn(organ: string, labels: Readonly<Record<string, number>>): string | undefined {
  try {
    return parseOrgan(organ, labels).name;
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
}
