import { dirname } from "node:path";
import { passingPath } from "../files.ts";
import { bindingPath } from "./native_files.ts";

/** Makes this checkout's npm package use a build's binding: a link, replaced in one step. */
export async function linkBinding(binding: string): Promise<void> {
  await Deno.mkdir(dirname(bindingPath), { recursive: true });
  const temporary = passingPath(bindingPath);
  await Deno.symlink(binding, temporary);
  await Deno.rename(temporary, bindingPath);
}
