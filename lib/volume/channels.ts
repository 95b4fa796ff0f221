/** Planes of equal length as one array, in which the values of a place lie side by side. */
export function interleave(planes: readonly Float32Array[]): Float32Array {
  if (planes.length === 1) return planes[0];
  const mixed = new Float32Array(planes.length * planes[0].length);
  planes.forEach((plane, channel) => {
    for (let i = 0; i < plane.length; i++) mixed[i * planes.length + channel] = plane[i];
  });
  return mixed;
}

/** The reverse of {@linkcode interleave}. */
export function deinterleave(mixed: Float32Array, count: number): Float32Array[] {
  if (count === 1) return [mixed];
  return Array.from({ length: count }, (_, channel) => {
    const plane = new Float32Array(mixed.length / count);
    for (let i = 0; i < plane.length; i++) plane[i] = mixed[i * count + channel];
    return plane;
  });
}
