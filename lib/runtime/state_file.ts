import { dirname } from "node:path";

/** Writes a small text file whole or not at all, and its folder where it is missing. */
export async function writeAtomic(path: string, text: string): Promise<void> {
  await Deno.mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.${crypto.randomUUID().slice(0, 8)}.partial`;
  await Deno.writeTextFile(temporary, text);
  await Deno.rename(temporary, path);
}
