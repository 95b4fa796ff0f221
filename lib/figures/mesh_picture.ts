import type { Canvas, Frame, Point } from "./canvas.ts";
import type { Colour } from "./palette.ts";
import type { Mesh } from "./surface_nets.ts";

type Vector = readonly [number, number, number];

/** A surface and how it looks. */
export interface ShownMesh {
  readonly mesh: Mesh;
  readonly colour: Colour;
  /** 0 .. 1 */
  readonly opacity: number;
}

/** Where a view without perspective puts places in space. */
export interface View {
  /** The pixel of a place in mm. */
  readonly pixel: (place: Vector) => Point;
  /** The pixels that a direction in space moves by, at the scale of 1 pixel a unit. */
  readonly direction: (direction: Vector) => Point;
  /** How near a place is to the eye, in mm. */
  readonly nearness: (place: Vector) => number;
  /** From the surface to the eye, of length 1. */
  readonly toEye: Vector;
}

/** A view of a box in mm from a direction, z upwards, as large as fits into a part of a canvas. */
export function viewOf(min: Vector, max: Vector, eye: Vector, frame: Frame): View {
  const toEye = unit(eye);
  const right = unit([-toEye[1], toEye[0], 0]);
  const up = cross(toEye, right);
  const middle: Vector = [0, 1, 2].map((axis) => (min[axis] + max[axis]) / 2) as [
    number,
    number,
    number,
  ];
  const corners = boxCorners(min, max).map((corner) => subtract(corner, middle));
  const [reachX, reachY] = [right, up].map((axis) =>
    Math.max(1e-6, ...corners.map((corner) => Math.abs(dot(corner, axis))))
  );
  const [width, height] = [frame.right - frame.left, frame.bottom - frame.top];
  const scale = Math.min(width / (2 * reachX), height / (2 * reachY));
  const direction = (vector: Vector): Point => [dot(vector, right), -dot(vector, up)];
  return {
    toEye,
    direction,
    nearness: (place) => dot(place, toEye),
    pixel: (place) => {
      const [x, y] = direction(subtract(place, middle));
      return [
        (frame.left + frame.right) / 2 + x * scale,
        (frame.top + frame.bottom) / 2 + y * scale,
      ];
    },
  };
}

/** The eight corners of a box; bit 0 of a place in the list is x, bit 1 y, bit 2 z. */
export function boxCorners(min: Vector, max: Vector): Vector[] {
  return Array.from({ length: 8 }, (_, corner) => [
    corner & 1 ? max[0] : min[0],
    corner & 2 ? max[1] : min[1],
    corner & 4 ? max[2] : min[2],
  ]);
}

/** Samples a pixel along each side, so that edges are smooth. */
const SAMPLES = 2;

/**
 * Draws surfaces with a depth buffer, lit from above the eye's shoulder: opaque ones first, then
 * the foremost layer of each translucent one, the farthest first.
 */
export function drawMeshes(canvas: Canvas, view: View, meshes: readonly ShownMesh[]): void {
  const size = canvas.width * canvas.height * SAMPLES ** 2;
  const solid = new Float32Array(size).fill(-Infinity);
  for (const shown of sortedForDrawing(meshes, view)) {
    const depth = shown.opacity < 1 ? solid.slice() : solid;
    const light = new Float32Array(size).fill(NaN);
    rasterise(canvas, view, shown.mesh, depth, light);
    paint(canvas, light, shown);
  }
}

function sortedForDrawing(meshes: readonly ShownMesh[], view: View): ShownMesh[] {
  const order = ({ mesh: { positions }, opacity }: ShownMesh) => {
    if (opacity === 1) return -Infinity;
    let nearest = -1e9;
    for (let i = 0; i < positions.length; i += 3) {
      nearest = Math.max(nearest, view.nearness(vectorAt(positions, i)));
    }
    return nearest;
  };
  return meshes.map((mesh) => ({ mesh, at: order(mesh) })).sort((a, b) => a.at < b.at ? -1 : 1)
    .map(({ mesh }) => mesh);
}

/** Writes depth and light of the triangles that are nearer than what was drawn before. */
function rasterise(
  canvas: Canvas,
  view: View,
  { positions, triangles }: Mesh,
  depth: Float32Array,
  light: Float32Array,
): void {
  const count = positions.length / 3;
  const lit = vertexLight(positions, triangles, view);
  const [xs, ys, zs] = [new Float32Array(count), new Float32Array(count), new Float32Array(count)];
  for (let i = 0; i < count; i++) {
    const place = vectorAt(positions, 3 * i);
    const [x, y] = view.pixel(place);
    [xs[i], ys[i], zs[i]] = [x * SAMPLES, y * SAMPLES, view.nearness(place)];
  }
  const [width, height] = [canvas.width * SAMPLES, canvas.height * SAMPLES];
  for (let t = 0; t < triangles.length; t += 3) {
    const [a, b, c] = [triangles[t], triangles[t + 1], triangles[t + 2]];
    const area = (xs[b] - xs[a]) * (ys[c] - ys[a]) - (xs[c] - xs[a]) * (ys[b] - ys[a]);
    if (area === 0) continue;
    const left = Math.max(0, Math.floor(Math.min(xs[a], xs[b], xs[c])));
    const right = Math.min(width - 1, Math.ceil(Math.max(xs[a], xs[b], xs[c])));
    const top = Math.max(0, Math.floor(Math.min(ys[a], ys[b], ys[c])));
    const bottom = Math.min(height - 1, Math.ceil(Math.max(ys[a], ys[b], ys[c])));
    for (let y = top; y <= bottom; y++) {
      for (let x = left; x <= right; x++) {
        const [px, py] = [x + 0.5, y + 0.5];
        const u = ((xs[b] - px) * (ys[c] - py) - (xs[c] - px) * (ys[b] - py)) / area;
        const v = ((xs[c] - px) * (ys[a] - py) - (xs[a] - px) * (ys[c] - py)) / area;
        const w = 1 - u - v;
        if (u < 0 || v < 0 || w < 0) continue;
        const near = u * zs[a] + v * zs[b] + w * zs[c];
        const at = x + width * y;
        if (near <= depth[at]) continue;
        depth[at] = near;
        light[at] = u * lit[a] + v * lit[b] + w * lit[c];
      }
    }
  }
}

/** Light of each vertex in 0 .. 1.2: some from everywhere, most from a lamp, a little gloss. */
function vertexLight(positions: Float32Array, triangles: Uint32Array, view: View): Float32Array {
  const normals = new Float32Array(positions.length);
  for (let t = 0; t < triangles.length; t += 3) {
    const [a, b, c] = [0, 1, 2].map((i) => vectorAt(positions, 3 * triangles[t + i]));
    const normal = cross(subtract(b, a), subtract(c, a));
    for (let i = 0; i < 3; i++) {
      for (let axis = 0; axis < 3; axis++) normals[3 * triangles[t + i] + axis] += normal[axis];
    }
  }
  const lamp = unit([view.toEye[0] - 0.4, view.toEye[1], view.toEye[2] + 0.6]);
  return Float32Array.from({ length: positions.length / 3 }, (_, i) => {
    const toLamp = Math.max(0, dot(unit(vectorAt(normals, 3 * i)), lamp));
    return 0.4 + 0.62 * toLamp + 0.15 * toLamp ** 20;
  });
}

/** Mixes a surface's lit samples into the canvas. */
function paint(canvas: Canvas, light: Float32Array, { colour, opacity }: ShownMesh): void {
  const width = canvas.width * SAMPLES;
  for (let y = 0; y < canvas.height; y++) {
    for (let x = 0; x < canvas.width; x++) {
      let [sum, count] = [0, 0];
      for (let part = 0; part < SAMPLES ** 2; part++) {
        const [partX, partY] = [part % SAMPLES, Math.floor(part / SAMPLES)];
        const value = light[x * SAMPLES + partX + width * (y * SAMPLES + partY)];
        if (Number.isNaN(value)) continue;
        sum += value;
        count++;
      }
      if (count === 0) continue;
      canvas.blend(x, y, lightened(colour, sum / count), opacity * count / SAMPLES ** 2);
    }
  }
}

/** The colour under a light: darker below 1, towards white above. */
function lightened(colour: Colour, light: number): Colour {
  const shade = (value: number) =>
    light <= 1 ? value * light : value + (255 - value) * Math.min(1, light - 1);
  return [shade(colour[0]), shade(colour[1]), shade(colour[2])];
}

function vectorAt(values: Float32Array, at: number): Vector {
  return [values[at], values[at + 1], values[at + 2]];
}

function subtract(a: Vector, b: Vector): Vector {
  return [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
}

function dot(a: Vector, b: Vector): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

function cross(a: Vector, b: Vector): Vector {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}

function unit(vector: Vector): Vector {
  const length = Math.hypot(...vector) || 1;
  return [vector[0] / length, vector[1] / length, vector[2] / length];
}
