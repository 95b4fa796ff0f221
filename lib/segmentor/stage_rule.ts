import { UserError } from "../errors.ts";

/** The two constants of the paper's stage rule (section 3.2). */
export interface StageRule {
  /** N, the number of stages. */
  readonly stageCount: number;
  /** s0, the edge of the last stage's input. */
  readonly minEdge: number;
}

/** The edge `2^(N - k) s0` of the cube that enters stage k, in voxels (Eq. 2). */
export function edgeOfStage(stage: number, { stageCount, minEdge }: StageRule): number {
  return 2 ** (stageCount - stage) * minEdge;
}

/** The edges that a cube may have, largest first: those of stages 1 to N. */
export function legalEdges(rule: StageRule): number[] {
  return Array.from({ length: rule.stageCount }, (_, i) => edgeOfStage(i + 1, rule));
}

/**
 * The stage r = N - log2(V0 / s0) at which a cube of edge V0 enters (Eq. 3), 1 to N; stages before
 * it are skipped.
 *
 * @throws {UserError} when the edge is not one of {@linkcode legalEdges}
 */
export function stageForEdge(edge: number, rule: StageRule): number {
  const edges = legalEdges(rule);
  const index = edges.indexOf(edge);
  if (index >= 0) return index + 1;
  throw new UserError({
    what: "cannot choose the segmentor's stage",
    rule: `the edge of its input must be one of ${edges.toReversed().join(", ")}`,
    seen: String(edge),
    remedy: "Take one of these (segmentor.edge), or change segmentor.stageCount or minEdge",
  });
}

/** The edge of a cube that skips so many stages more than one of this edge, or all that there are. */
export function edgeSkipping(edge: number, stages: number, { minEdge }: StageRule): number {
  return Math.max(minEdge, edge / 2 ** stages);
}

/** Voxels. */
const edgeSlack = 1e-6;

/**
 * The edge of the cube into which a region is resampled, for a region whose largest edge is
 * `roiEdge` voxels.
 *
 * `down` is Eq. 2 as written: the largest cube that the region fills. `up` is the smallest cube that
 * holds the region without losing voxels. Regions beyond the range get its nearest end.
 *
 * @throws {UserError} when `roiEdge` is not a positive number
 */
export function edgeForRoi(roiEdge: number, rule: StageRule, rounding: "up" | "down"): number {
  if (!(roiEdge > 0)) {
    throw new UserError({
      what: "cannot choose the edge of the segmentor's input",
      rule: "the region's edge must be a positive number of voxels",
      seen: String(roiEdge),
      remedy: "Look at the box: the detector may have found nothing",
    });
  }
  const edges = legalEdges(rule);
  // An edge that has been a share of an axis in between is its number of voxels but for rounding.
  return rounding === "up"
    ? edges.findLast((edge) => edge >= roiEdge - edgeSlack) ?? edges[0]
    : edges.find((edge) => edge <= roiEdge + edgeSlack) ?? rule.minEdge;
}
