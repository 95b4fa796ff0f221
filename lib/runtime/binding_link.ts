import { dirname } from "node:path";
import { bindingPath } from "./native_files.ts";

/** Makes this checkout's npm package use a build's binding: a link, replaced in one step. */
export async function linkBinding(binding: string): Promise<void> {
  await Deno.mkdir(dirname(bindingPath), { recursive: true });
  const temporary = `${bindingPath}.${crypto.randomUUID().slice(0, 8)}`;
  await Deno.symlink(binding, temporary);
  await Deno.rename(temporary, bindingPath);
}
