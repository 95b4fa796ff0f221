import type { Random } from "../random.ts";
import type { Triple } from "../volume/volume.ts";

/**
 * The label values of the phantom's organs, those of AMOS22, so that a phantom stands in for it.
 */
export const phantomLabels: Readonly<Record<string, number>> = {
  "spleen": 1,
  "right kidney": 2,
  "left kidney": 3,
  "liver": 6,
  "prostate/uterus": 15,
};

/** What a structure is made of; decides its signal. */
export type Tissue =
  | "fat"
  | "muscle"
  | "bone"
  | "lung"
  | "gas"
  | "blood"
  | "fluid"
  | "bowel"
  | "liver"
  | "spleen"
  | "kidney"
  | "prostate";

/** Which voxels a structure may replace: any; those inside the abdominal wall; those but bone. */
export type Reach = "body" | "cavity" | "soft";

/**
 * A superquadric, |u|^e + |v|^e + |w|^e < 1 in its own rotated and scaled coordinates, tapered,
 * bent and roughened. Positions are millimetres in the patient's frame: x to the right, y to the
 * front, z to the head, 0 in the middle of the abdomen.
 */
export interface Structure {
  readonly tissue: Tissue;
  readonly reach: Reach;
  /** Its label value; 0 for what is not an organ of interest. */
  readonly label: number;
  readonly centre: Triple;
  /** Infinity along an axis makes a cylinder. */
  readonly radii: Triple;
  readonly exponent: number;
  /** Rotation to the structure's own axes, row-major. */
  readonly rotation: readonly number[];
  /** v and w shrink by this share from u = 0 to u = -1 and grow as much to u = 1. */
  readonly taper: number;
  /** Shift of u by this many radii at w = -1 and w = 1: a bean. */
  readonly bend: number;
  /** Amplitude and three phases of the waves on its surface. */
  readonly roughness: number;
  readonly phases: Triple;
  /** Deviation of its signal from its tissue's, in standard deviations of that tissue. */
  readonly signalDeviation: number;
}

/** A patient: its structures, painted in this order, each over those before. */
export interface Anatomy {
  readonly structures: readonly Structure[];
  /** Half axes of the body in x and y, in mm. */
  readonly bodyRadii: readonly [number, number];
}

/** From the prostate's lower end to the liver's upper one, with room for their spread; mm. */
export const trunkZ: readonly [number, number] = [-188, 178];

/** What a structure differs in from a plain ellipsoid in the cavity. */
type Shape = Partial<
  Pick<Structure, "reach" | "label" | "exponent" | "taper" | "bend" | "roughness"> & {
    /** Rotation about x, y and z in degrees. */
    turn: Triple;
    /** Standard deviations of the centre in mm, and of the radii as a share. */
    centreSpread: number;
    radiusSpread: number;
  }
>;

const cavityRadii = [130, 88] as const;
const wallMm = 11;

/**
 * A random patient. The liver lies at the upper right, the spleen at the upper left, the kidneys
 * beside the spine, the prostate low in the pelvis; bowel, stomach, heart and muscle have signals
 * near to theirs, so that intensity alone does not find them.
 */
export function makeAnatomy(random: Random): Anatomy {
  const girth = random.uniform(0.9, 1.12);
  const fatMm = random.uniform(10, 34);
  const [a, b] = [cavityRadii[0] * girth, cavityRadii[1] * girth];
  const body = [a + wallMm + fatMm, b + wallMm + fatMm] as const;
  const structures: Structure[] = [];
  const add = (tissue: Tissue, centre: Triple, radii: Triple, shape: Shape = {}) => {
    const placed: Triple = [centre[0] * girth, centre[1] * girth, centre[2]];
    structures.push(vary(random, tissue, placed, radii, shape));
  };
  const trunk = { reach: "body", exponent: 2.4, centreSpread: 0, radiusSpread: 0 } as const;
  add("fat", [0, 0, 0], [body[0], body[1], Infinity], trunk);
  add("muscle", [0, 0, 0], [a + wallMm, b + wallMm, Infinity], trunk);
  add("fat", [0, 0, 0], [a, b, Infinity], trunk);
  addFrame(add);
  addViscera(random, add);
  addOrgans(add);
  return { structures, bodyRadii: body };
}

type Add = (tissue: Tissue, centre: Triple, radii: Triple, shape?: Shape) => void;

function addFrame(add: Add): void {
  const frame = { reach: "body", centreSpread: 2, radiusSpread: 0.05 } as const;
  for (const side of [-1, 1]) {
    add("muscle", [side * 34, -84, 0], [30, 20, Infinity], frame);
    add("muscle", [side * 40, -52, -60], [18, 17, 85], frame);
    add("bone", [side * 96, -30, -112], [14, 50, 52], { ...frame, turn: [0, side * 20, 0] });
    add("bone", [side * 98, 0, -170], [26, 26, 26], frame);
    add("lung", [side * 72, -4, 190], [64, 74, 78], { centreSpread: 5 });
  }
  add("bone", [0, -66, 0], [22, 19, Infinity], frame);
  add("bone", [0, -72, -145], [46, 18, 46], frame);
  add("fluid", [0, -90, 0], [8, 7, Infinity], frame);
}

function addViscera(random: Random, add: Add): void {
  add("blood", [-10, -38, 0], [10, 10, Infinity], { reach: "soft", centreSpread: 3 });
  add("blood", [18, -36, 0], [12, 10, Infinity], { reach: "soft", centreSpread: 3 });
  add("blood", [-14, 32, 192], [50, 42, 38], { reach: "soft" });
  for (let loop = 0; loop < 14; loop++) {
    const centre: Triple = [
      random.uniform(-95, 95),
      random.uniform(-15, 66),
      random.uniform(-112, 34),
    ];
    const radii: Triple = [
      random.uniform(15, 36),
      random.uniform(13, 24),
      random.uniform(13, 26),
    ];
    const turn: Triple = [random.uniform(-60, 60), random.uniform(-60, 60), 0];
    add("bowel", centre, radii, { reach: "soft", turn, roughness: 0.15 });
    if (random.chance(0.3)) {
      add("gas", [centre[0], centre[1] + 5, centre[2]], [9, 6, 9], { reach: "soft" });
    }
  }
  add("bowel", [-62, 36, 84], [50, 38, 46], { reach: "soft", turn: [0, 25, 0], roughness: 0.12 });
  add("gas", [-60, 58, 96], [22, 9, 20], { reach: "soft" });
  add("bowel", [0, 4, 48], [62, 13, 15], { reach: "soft", turn: [0, 15, 10] });
  add("bowel", [0, -40, -140], [17, 16, 40], { reach: "soft" });
  add("fluid", [0, 30, -112], [33, 27, 24], { reach: "soft", radiusSpread: 0.2 });
}

function addOrgans(add: Add): void {
  const organ = (name: string) =>
    ({ reach: "soft", label: phantomLabels[name], roughness: 0.08 }) as const;
  const liver = organ("liver");
  add("liver", [60, 16, 92], [76, 68, 62], { ...liver, taper: 0.35, turn: [0, -12, 0] });
  add("liver", [-2, 38, 100], [56, 30, 30], { ...liver, taper: 0.3, turn: [0, -8, 12] });
  add("fluid", [44, 50, 44], [12, 12, 20], { reach: "soft" });
  add("spleen", [-98, -30, 94], [26, 44, 50], {
    ...organ("spleen"),
    taper: 0.15,
    bend: -0.25,
    turn: [25, -10, 15],
    radiusSpread: 0.13,
  });
  for (const [name, side, z] of [["right kidney", 1, 12], ["left kidney", -1, 26]] as const) {
    const turn: Triple = [-8, side * -10, 0];
    add("kidney", [side * 66, -46, z], [26, 23, 48], { ...organ(name), bend: side * -0.3, turn });
    add("fat", [side * 50, -42, z], [12, 8, 17], { reach: "soft", centreSpread: 2 });
  }
  add("prostate", [0, 2, -150], [24, 18, 19], { ...organ("prostate/uterus"), centreSpread: 4 });
}

function vary(
  random: Random,
  tissue: Tissue,
  centre: Triple,
  radii: Triple,
  shape: Shape,
): Structure {
  const { centreSpread = 6, radiusSpread = 0.09, turn = [0, 0, 0] } = shape;
  const around = (mean: number, deviation: number) =>
    mean + deviation * Math.min(2, Math.max(-2, random.normal()));
  const isFixed = radiusSpread === 0;
  const move = (axis: 0 | 1 | 2) => around(centre[axis], centreSpread);
  const stretch = (axis: 0 | 1 | 2) => radii[axis] * around(1, radiusSpread);
  const degrees = (axis: 0 | 1 | 2) => isFixed ? 0 : around(turn[axis], 5);
  const phase = () => random.uniform(0, 2 * Math.PI);
  // A cylinder is not turned: its infinite axis would reach the others.
  const isCylinder = radii.includes(Infinity);
  return {
    tissue,
    reach: shape.reach ?? "cavity",
    label: shape.label ?? 0,
    centre: [move(0), move(1), move(2)],
    radii: [stretch(0), stretch(1), stretch(2)],
    exponent: shape.exponent ?? 2,
    rotation: isCylinder ? rotation([0, 0, 0]) : rotation([degrees(0), degrees(1), degrees(2)]),
    taper: shape.taper ?? 0,
    bend: shape.bend ?? 0,
    roughness: shape.roughness ?? 0,
    phases: [phase(), phase(), phase()],
    signalDeviation: around(0, 1),
  };
}

/** Rotation about x, then y, then z, in degrees; row-major. */
export function rotation(degrees: Triple): number[] {
  const [a, b, c] = degrees.map((angle) => angle * Math.PI / 180);
  const [ca, sa, cb, sb, cc, sc] = [a, b, c].flatMap((t) => [Math.cos(t), Math.sin(t)]);
  return [
    ...[cc * cb, cc * sb * sa - sc * ca, cc * sb * ca + sc * sa],
    ...[sc * cb, sc * sb * sa + cc * ca, sc * sb * ca - cc * sa],
    ...[-sb, cb * sa, cb * ca],
  ];
}
