import { createHash } from "node:crypto";

const chunkBytes = 1 << 20;

/** The digest of a file's bytes in hexadecimal, without holding the file in memory. */
export function hashFile(path: string, algorithm: "sha256" | "md5"): Promise<string> {
  return hashFiles([path], algorithm);
}

/** The digest of the bytes of some files, one after the other: {@linkcode hashFile}. */
export async function hashFiles(
  paths: readonly string[],
  algorithm: "sha256" | "md5",
): Promise<string> {
  const hash = createHash(algorithm);
  const chunk = new Uint8Array(chunkBytes);
  for (const path of paths) {
    using file = await Deno.open(path);
    for (let read = await file.read(chunk); read !== null; read = await file.read(chunk)) {
      hash.update(chunk.subarray(0, read));
    }
  }
  return hash.digest("hex");
}
