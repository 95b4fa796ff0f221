import { boundingBoxVoxels } from "../volume/box.ts";
import type { Triple } from "../volume/volume.ts";
import { type Field, type Mesh, surfaceNets } from "./surface_nets.ts";

/** A mask in the order of a volume, without a place in space. */
export interface SpacedMask {
  /** x fastest; not 0 inside. */
  readonly mask: Uint8Array;
  /** Voxels along x, y, z. */
  readonly shape: Triple;
  readonly spacingMm: Triple;
}

/**
 * The surface of a mask in mm from the volume's corner, with at most `vertexLimit` vertices: where
 * the voxels would give more, blocks of them are averaged first, of nearly equal edges in mm.
 * An empty mask has an empty surface.
 */
export function maskSurface(spaced: SpacedMask, vertexLimit: number): Mesh {
  const { field, cornerMm, spacingMm } = cropped(spaced);
  let factors: Triple = [1, 1, 1];
  for (;;) {
    const blocks = blockMeans(field, factors);
    const spacing = spacingMm.map((mm, axis) => mm * factors[axis]) as [number, number, number];
    if (facesOf(blocks) <= 1.5 * vertexLimit) {
      const { positions, triangles } = surfaceNets(blocks, spacing);
      if (positions.length <= 3 * vertexLimit) {
        return { positions: positions.map((at, i) => at + cornerMm[i % 3]), triangles };
      }
    }
    const finest = spacing.indexOf(Math.min(...spacing));
    factors = factors.map((factor, axis) => factor + +(axis === finest)) as typeof spacing;
  }
}

/** The part of a mask that holds its inside. */
function cropped(
  { mask, shape, spacingMm }: SpacedMask,
): { field: Field; cornerMm: Triple; spacingMm: Triple } {
  const { min, max } = boundingBoxVoxels({ shape, data: mask }) ??
    { min: [0, 0, 0], max: [1, 1, 1] };
  const [width, height, depth] = [max[0] - min[0], max[1] - min[1], max[2] - min[2]];
  const data = new Float32Array(width * height * depth);
  let at = 0;
  for (let z = min[2]; z < max[2]; z++) {
    for (let y = min[1]; y < max[1]; y++) {
      const row = shape[0] * (y + shape[1] * z);
      for (let x = min[0]; x < max[0]; x++) data[at++] = mask[row + x] === 0 ? 0 : 1;
    }
  }
  return {
    field: { shape: [width, height, depth], data },
    cornerMm: [min[0] * spacingMm[0], min[1] * spacingMm[1], min[2] * spacingMm[2]],
    spacingMm,
  };
}

/** Means of blocks of samples; a block that reaches over the border takes 0 there. */
function blockMeans({ shape, data }: Field, factors: Triple): Field {
  const [width, height, depth] = shape.map((edge, axis) => Math.ceil(edge / factors[axis]));
  const means = new Float32Array(width * height * depth);
  const share = 1 / (factors[0] * factors[1] * factors[2]);
  let at = 0;
  for (let z = 0; z < shape[2]; z++) {
    for (let y = 0; y < shape[1]; y++) {
      const row = width * (Math.floor(y / factors[1]) + height * Math.floor(z / factors[2]));
      for (let x = 0; x < shape[0]; x++) {
        means[row + Math.floor(x / factors[0])] += share * data[at++];
      }
    }
  }
  return { shape: [width, height, depth], data: means };
}

/** Faces between inside and outside, about as many as the surface has vertices. */
function facesOf({ shape: [width, height, depth], data }: Field): number {
  let faces = 0;
  const plane = width * height;
  let at = 0;
  for (let z = 0; z < depth; z++) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++, at++) {
        if (!(data[at] > 0.5)) continue;
        if (x === 0 || !(data[at - 1] > 0.5)) faces++;
        if (x === width - 1 || !(data[at + 1] > 0.5)) faces++;
        if (y === 0 || !(data[at - width] > 0.5)) faces++;
        if (y === height - 1 || !(data[at + width] > 0.5)) faces++;
        if (z === 0 || !(data[at - plane] > 0.5)) faces++;
        if (z === depth - 1 || !(data[at + plane] > 0.5)) faces++;
      }
    }
  }
  return faces;
}
