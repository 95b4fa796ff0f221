import { largestComponent } from "../volume/components.ts";
import { projectMask, type ViewName, viewNames } from "../volume/projection.ts";

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
 * (Laurentini 1994, doi:10.1109/34.273735); the largest piece of it is taken for the organ, and in
 * each view everything is blanked that lies beyond the shadow of that piece by more than 1/16 of the
 * picture. Walls inside the shadow's surroundings stay where the view alone has them.
 *
 * @param edge of the pictures in pixels
 * @returns the pictures as they are where there is no such voxel
 */
export function keepHull(silhouettes: Silhouettes, edge: number): Silhouettes {
  const factor = Math.ceil(edge / hullEdge);
  const side = Math.ceil(edge / factor);
  const shadows = castHull(silhouettes, { edge, factor, side });
  if (shadows === null) return silhouettes;
  const kept = (view: ViewName) => {
    const allowed = dilate(shadows[view], side, Math.ceil(reach * side));
    return silhouettes[view].map((p, pixel) => {
      const [row, column] = [Math.floor(pixel / edge), pixel % edge];
      return allowed[Math.floor(row / factor) * side + Math.floor(column / factor)] === 0 ? 0 : p;
    });
  };
  return { xy: kept("xy"), yz: kept("yz"), xz: kept("xz") };
}

interface Grids {
  readonly edge: number;
  /** Pixels of a picture along an edge of a voxel of the hull. */
  readonly factor: number;
  readonly side: number;
}

/** The shadows of the hull's largest piece, `[side, side]`; `null` when the hull is empty. */
function castHull(silhouettes: Silhouettes, grids: Grids): Record<ViewName, Uint8Array> | null {
  const { side } = grids;
  const [xy, yz, xz] = viewNames.map((view) => possiblePixels(silhouettes[view], grids));
  const data = new Uint8Array(side ** 3);
  let voxel = 0;
  for (let z = 0; z < side; z++) {
    for (let y = 0; y < side; y++) {
      const isSeen = yz[z * side + y];
      for (let x = 0; x < side; x++) data[voxel++] = isSeen & xy[y * side + x] & xz[z * side + x];
    }
  }
  const hull = { shape: [side, side, side], affine: [], data } as const;
  const piece = largestComponent(hull);
  if (!piece.data.includes(1)) return null;
  return {
    xy: projectMask(piece, "xy"),
    yz: projectMask(piece, "yz"),
    xz: projectMask(piece, "xz"),
  };
}

/** 1 where any pixel within a voxel's shadow may be the organ's. */
function possiblePixels(picture: Float32Array, { edge, factor, side }: Grids): Uint8Array {
  const pixels = new Uint8Array(side ** 2);
  for (let pixel = 0; pixel < picture.length; pixel++) {
    if (!(picture[pixel] >= possible)) continue;
    const [row, column] = [Math.floor(pixel / edge), pixel % edge];
    pixels[Math.floor(row / factor) * side + Math.floor(column / factor)] = 1;
  }
  return pixels;
}

/** The pixels that have one of the picture's within `distance` rows and columns. */
function dilate(picture: Uint8Array, side: number, distance: number): Uint8Array {
  const result = new Uint8Array(picture.length);
  picture.forEach((value, pixel) => {
    if (value === 0) return;
    const [row, column] = [Math.floor(pixel / side), pixel % side];
    const [left, right] = [Math.max(0, column - distance), Math.min(side, column + distance + 1)];
    const last = Math.min(side - 1, row + distance);
    for (let r = Math.max(0, row - distance); r <= last; r++) {
      result.fill(1, r * side + left, r * side + right);
    }
  });
  return result;
}
