import type { GreyPicture } from "./picture2.ts";

/**
 * A picture with one pixel in place of `factor` x `factor`, their mean; what is left over at the
 * right and at the bottom makes narrower blocks of its own.
 */
export function shrink({ width, height, grey }: GreyPicture, factor: number): GreyPicture {
  if (factor === 1) return { width, height, grey };
  const [columns, rows] = [Math.ceil(width / factor), Math.ceil(height / factor)];
  const sums = new Float32Array(columns * rows);
  const counts = new Uint16Array(columns * rows);
  for (let y = 0; y < height; y++) {
    const row = columns * Math.floor(y / factor);
    for (let x = 0; x < width; x++) {
      const at = row + Math.floor(x / factor);
      sums[at] += grey[x + width * y];
      counts[at]++;
    }
  }
  return {
    width: columns,
    height: rows,
    grey: Uint8Array.from(sums, (sum, at) => Math.round(sum / counts[at])),
  };
}
