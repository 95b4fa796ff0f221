import type { Triple } from "../volume/volume.ts";

/** A surface of triangles. */
export interface Mesh {
  /** Three coordinates a vertex, in mm. */
  readonly positions: Float32Array;
  /** Three vertices a triangle, anticlockwise as seen from outside. */
  readonly triangles: Uint32Array;
}

/** Samples on a grid, in the order of a volume (x fastest). */
export interface Field {
  /** Samples along x, y, z. */
  readonly shape: Triple;
  readonly data: ArrayLike<number>;
}

/**
 * The closed surface where a field passes 1/2, by surface nets (S. Gibson, "Constrained Elastic
 * Surface Nets", MICCAI 1998): one vertex in every cube of eight neighbouring samples that the
 * surface passes, and two triangles across every edge between neighbouring samples that it cuts.
 * A vertex begins at the mean of its cube's cuts and is then drawn towards its neighbours and back
 * a little further (G. Taubin, "A Signal Processing Approach to Fair Surface Design", SIGGRAPH
 * 1995), but not out of its cube: that takes the steps out of a mask's surface and keeps its volume.
 *
 * What lies outside the field is 0, so that the surface is closed there too. An edge belongs to two
 * triangles, or to four where two regions touch along it.
 *
 * @param spacingMm distance of samples; sample i lies at (i + 0.5) * spacingMm
 * @param relaxations how often each vertex moves to and fro
 */
export function surfaceNets(field: Field, spacingMm: Triple, relaxations = 8): Mesh {
  const net = netOf(field);
  const triangles = trianglesOf(field, net);
  for (let i = 0; i < relaxations; i++) {
    relax(net, triangles, 0.5);
    relax(net, triangles, -0.53);
  }
  const positions = Float32Array.from(
    net.places,
    (place, i) => (place + 0.5) * spacingMm[i % 3],
  );
  return { positions, triangles };
}

/** The surface's value of the field. */
const LEVEL = 0.5;

interface Net {
  /** For each cube, x fastest, its vertex or -1. Cube (0, 0, 0) begins at sample (-1, -1, -1). */
  readonly vertexOfCube: Int32Array;
  readonly cubes: Triple;
  /** Three coordinates a vertex, in samples. */
  readonly places: Float32Array;
  /** The least corner of each vertex's cube, three coordinates a vertex. */
  readonly corners: Float32Array;
}

function netOf(field: Field): Net {
  const cubes: Triple = [field.shape[0] + 1, field.shape[1] + 1, field.shape[2] + 1];
  const vertexOfCube = new Int32Array(cubes[0] * cubes[1] * cubes[2]).fill(-1);
  const places: number[] = [];
  const corners: number[] = [];
  const values = new Float64Array(8);
  forEachCube(cubes, (x, y, z, cube) => {
    let inside = 0;
    for (let corner = 0; corner < 8; corner++) {
      values[corner] = sample(field, x + (corner & 1), y + (corner >> 1 & 1), z + (corner >> 2));
      if (values[corner] > LEVEL) inside++;
    }
    if (inside === 0 || inside === 8) return;
    vertexOfCube[cube] = places.length / 3;
    const cut = meanCut(values);
    places.push(x + cut[0], y + cut[1], z + cut[2]);
    corners.push(x, y, z);
  });
  return {
    vertexOfCube,
    cubes,
    places: Float32Array.from(places),
    corners: Float32Array.from(corners),
  };
}

function trianglesOf(field: Field, { vertexOfCube, cubes }: Net): Uint32Array {
  const steps = [1, cubes[0], cubes[0] * cubes[1]];
  const triangles: number[] = [];
  forEachCube(cubes, (x, y, z, cube) => {
    if (vertexOfCube[cube] < 0) return;
    const isInside = sample(field, x, y, z) > LEVEL;
    for (let axis = 0; axis < 3; axis++) {
      const next = sample(field, x + +(axis === 0), y + +(axis === 1), z + +(axis === 2));
      if (next > LEVEL === isInside) continue;
      // The four cubes around the edge, in turn as seen against the axis.
      const [u, v] = [steps[(axis + 1) % 3], steps[(axis + 2) % 3]];
      const a = vertexOfCube[cube];
      const b = vertexOfCube[cube - u];
      const c = vertexOfCube[cube - u - v];
      const d = vertexOfCube[cube - v];
      if (isInside) triangles.push(a, b, c, a, c, d);
      else triangles.push(a, c, b, a, d, c);
    }
  });
  return Uint32Array.from(triangles);
}

/** Moves every vertex by a share of the way to its neighbours' mean, as far as its cube allows. */
function relax({ places, corners }: Net, triangles: Uint32Array, share: number): void {
  const sums = new Float32Array(places.length);
  const counts = new Uint16Array(places.length / 3);
  for (let i = 0; i < triangles.length; i++) {
    const from = triangles[i];
    const to = triangles[i % 3 === 2 ? i - 2 : i + 1];
    for (let axis = 0; axis < 3; axis++) sums[3 * to + axis] += places[3 * from + axis];
    counts[to]++;
  }
  for (let i = 0; i < places.length; i++) {
    const mean = sums[i] / counts[Math.floor(i / 3)];
    const moved = places[i] + share * (mean - places[i]);
    places[i] = Math.min(corners[i] + 1, Math.max(corners[i], moved));
  }
}

function forEachCube(
  cubes: Triple,
  visit: (x: number, y: number, z: number, cube: number) => void,
): void {
  let cube = 0;
  for (let z = -1; z < cubes[2] - 1; z++) {
    for (let y = -1; y < cubes[1] - 1; y++) {
      for (let x = -1; x < cubes[0] - 1; x++) visit(x, y, z, cube++);
    }
  }
}

function sample({ shape, data }: Field, x: number, y: number, z: number): number {
  const isOutside = x < 0 || y < 0 || z < 0 || x >= shape[0] || y >= shape[1] || z >= shape[2];
  return isOutside ? 0 : data[x + shape[0] * (y + shape[1] * z)];
}

/** The twelve edges of a cube as pairs of corners; bit 0 of a corner is x, bit 1 y, bit 2 z. */
const cubeEdges = [1, 2, 4].flatMap((axis) =>
  [0, 1, 2, 3, 4, 5, 6, 7].filter((corner) => (corner & axis) === 0)
    .map((corner): [number, number] => [corner, corner | axis])
);

/** The mean of the places where the surface cuts the cube's edges, in 0 .. 1 along each axis. */
function meanCut(values: Float64Array): Triple {
  const sum: [number, number, number] = [0, 0, 0];
  let count = 0;
  for (const [from, to] of cubeEdges) {
    if (values[from] > LEVEL === values[to] > LEVEL) continue;
    const share = (LEVEL - values[from]) / (values[to] - values[from]);
    for (let axis = 0; axis < 3; axis++) {
      const bit = 1 << axis;
      sum[axis] += ((from ^ to) & bit) === 0 ? (from & bit) >> axis : share;
    }
    count++;
  }
  return [sum[0] / count, sum[1] / count, sum[2] / count];
}
