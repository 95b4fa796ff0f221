import { createHash, type Hash } from "node:crypto";
import { readSafetensors } from "../nn/safetensors.ts";

/** SHA-256 of the tensors of some .safetensors files, whatever their metadata; their order counts. */
export async function weightsDigest(paths: readonly string[]): Promise<string> {
  const hash = createHash("sha256");
  for (const path of paths) hashTensors(hash, (await readSafetensors(path)).tensors);
  return hash.digest("hex");
}

/** Adds names and values of tensors to a digest. */
export function hashTensors(
  hash: Hash,
  tensors: ReadonlyMap<string, { readonly data: ArrayBufferView }>,
): void {
  for (const [name, { data }] of tensors) {
    hash.update(name).update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
}
