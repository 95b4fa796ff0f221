import { boundingBoxVoxels, eachAxis } from "../volume/box.ts";
import { largestPieces } from "../volume/components.ts";
import { eachView, projectMask, viewAxes, type ViewName, viewNames } from "../volume/projection.ts";
import { type Mask, type Triple, voxelCount } from "../volume/volume.ts";

/** Probability pictures of an organ's silhouettes, `[edge, edge]` in [0, 1] each. */
export type Silhouettes = Readonly<Record<ViewName, Float32Array>>;

/** Voxels along an edge of the hull, at most: it tells pieces apart, walls are read elsewhere. */
const hullEdge = 64;
/** A line of sight may meet the organ from this probability on. */
const possible = 0.25;
/** How far a silhouette may reach beyond the hull's shadow, as a share of the picture's edge. */
const reach = 1 / 16;

/**
 * Silhouettes without what the three views do not agree on.
 *
 * A view alone may take something else for the organ: a cyst, or the kidney of the other side. But an
 * organ is where the lines of sight of all views may meet it. These voxels are its visual hull
 * (Laurentini 1994, doi:10.1109/34.273735); the largest piece of it is taken for the organ, or so
 * many as the organ has, and in each view everything is blanked that lies beyond the shadow of these
 * by more than 1/16 of the picture. Walls inside the shadow's surroundings stay where the view alone
 * has them.
 *
 * @param edge of the pictures in pixels
 * @param pieces how many pieces the organ comes in, at most
 * @returns the pictures as they are where there is no such voxel
 */
export function keepHull(silhouettes: Silhouettes, edge: number, pieces = 1): Silhouettes {
  const factor = Math.ceil(edge / hullEdge);
  const side = Math.ceil(edge / factor);
  const hull = castHull(silhouettes, { edge, factor, side }, pieces);
  if (hull === null) return silhouettes;
  const kept = (view: ViewName) => {
    const near = surroundings(hull, view, side);
    const [picture, result] = [silhouettes[view], new Float32Array(edge ** 2)];
    for (let row = 0; row < edge; row++) {
      const nearRow = Math.floor(row / factor) * side;
      for (let column = 0; column < edge; column++) {
        const pixel = row * edge + column;
        if (near[nearRow + Math.floor(column / factor)] !== 0) result[pixel] = picture[pixel];
      }
    }
    return result;
  };
  return eachView(kept);
}

interface Grids {
  readonly edge: number;
  /** Pixels of a picture along an edge of a voxel of the hull. */
  readonly factor: number;
  readonly side: number;
}

/** The largest pieces of a visual hull, in a part of its grid that begins at `first`. */
interface Hull {
  readonly pieces: Mask;
  readonly first: Triple;
}

/** `null` when the hull is empty. */
function castHull(silhouettes: Silhouettes, grids: Grids, most: number): Hull | null {
  const { side } = grids;
  const [xy, yz, xz] = viewNames.map((view) => possiblePixels(silhouettes[view], grids));
  const boxOf = (data: Uint8Array) => boundingBoxVoxels({ shape: [side, side, 1], data });
  const [inXy, inYz, inXz] = [boxOf(xy), boxOf(yz), boxOf(xz)];
  if (inXy === null || inYz === null || inXz === null) return null;
  const first: Triple = [
    Math.max(inXy.min[0], inXz.min[0]),
    Math.max(inXy.min[1], inYz.min[0]),
    Math.max(inYz.min[1], inXz.min[1]),
  ];
  const end: Triple = [
    Math.min(inXy.max[0], inXz.max[0]),
    Math.min(inXy.max[1], inYz.max[0]),
    Math.min(inYz.max[1], inXz.max[1]),
  ];
  const shape = eachAxis((axis) => end[axis] - first[axis]);
  if (Math.min(...shape) <= 0) return null;
  const [width, height, depth] = shape;
  const data = new Uint8Array(voxelCount(shape));
  for (let k = 0; k < depth; k++) {
    const seenInXz = xz.subarray((first[2] + k) * side + first[0]);
    for (let j = 0; j < height; j++) {
      if (yz[(first[2] + k) * side + first[1] + j] === 0) continue;
      const seenInXy = xy.subarray((first[1] + j) * side + first[0]);
      const row = (k * height + j) * width;
      for (let i = 0; i < width; i++) data[row + i] = seenInXy[i] & seenInXz[i];
    }
  }
  const pieces = largestPieces({ shape, affine: [], data }, most);
  return pieces.data.includes(1) ? { pieces, first } : null;
}

/** 1 where any pixel within a voxel's shadow may be the organ's. */
function possiblePixels(picture: Float32Array, { edge, factor, side }: Grids): Uint8Array {
  const pixels = new Uint8Array(side ** 2);
  for (let row = 0; row < edge; row++) {
    const first = Math.floor(row / factor) * side;
    for (let column = 0; column < edge; column++) {
      if (picture[row * edge + column] >= possible) pixels[first + Math.floor(column / factor)] = 1;
    }
  }
  return pixels;
}

/** 1 in the shadow that a hull casts on a view, and within `reach` of it: `[side, side]`. */
function surroundings({ pieces, first }: Hull, view: ViewName, side: number): Uint8Array {
  const { horizontal, vertical } = viewAxes[view];
  const shadow = projectMask(pieces, view);
  const [columns, rows] = [pieces.shape[horizontal], pieces.shape[vertical]];
  const distance = Math.ceil(reach * side);
  const near = new Uint8Array(side ** 2);
  for (let row = 0; row < rows; row++) {
    const pixels = shadow.subarray(row * columns, (row + 1) * columns);
    const top = Math.max(0, first[vertical] + row - distance);
    const bottom = Math.min(side, first[vertical] + row + distance + 1);
    for (let start = pixels.indexOf(1); start >= 0;) {
      const zero = pixels.indexOf(0, start);
      const end = zero < 0 ? columns : zero;
      const left = Math.max(0, first[horizontal] + start - distance);
      const right = Math.min(side, first[horizontal] + end + distance);
      for (let r = top; r < bottom; r++) near.fill(1, r * side + left, r * side + right);
      start = pixels.indexOf(1, end);
    }
  }
  return near;
}
