import { join } from "node:path";
import { writeAtomic } from "../files.ts";
import { cacheFolder } from "../runtime/cache_folder.ts";

/** The name of the kernel in the notebooks' metadata. */
export const kernelName = "deno";

/**
 * Writes how Jupyter starts this very Deno as a kernel, outside the user's own Jupyter folders.
 *
 * @returns a folder for JUPYTER_PATH
 */
export async function writeKernelspec(deno: string = Deno.execPath()): Promise<string> {
  const kernelspec = {
    argv: [deno, "jupyter", "--kernel", "--conn", "{connection_file}"],
    display_name: "Deno",
    language: "typescript",
  };
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(deno));
  const folder = join(cacheFolder(), "kernels", new Uint8Array(digest).slice(0, 4).toHex());
  const path = join(folder, "kernels", kernelName, "kernel.json");
  await writeAtomic(path, JSON.stringify(kernelspec, null, 2) + "\n");
  return folder;
}

/** The value of JUPYTER_PATH with some folders before those that the user gave. */
export function jupyterPath(...folders: readonly string[]): string {
  const own = Deno.env.get("JUPYTER_PATH");
  return [...folders, ...(own ? [own] : [])].join(":");
}
