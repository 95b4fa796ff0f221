import { basename } from "node:path";
import { UserError } from "../errors.ts";

/** How the name of a NIfTI file ends; an .img belongs to its .hdr. */
export const niftiEnding = /\.(nii|nii\.gz|hdr|hdr\.gz)$/i;

/** How the names of all files end that hold, or belong to, a NIfTI image. */
export const anyNiftiEnding = /\.(nii|hdr|img)(\.gz)?$/i;

/** The name of a case from that of its file: without folders and the endings of NIfTI. */
export function caseId(path: string): string {
  return basename(path.replaceAll("\\", "/")).replace(anyNiftiEnding, "").normalize("NFC");
}

/** How nnU-Net's files of a channel end, before the ending of NIfTI: "_0001". */
export function channelEnding(channel: number): string {
  return `_${String(channel).padStart(4, "0")}`;
}

/** The name of a file without the channel that nnU-Net's layout puts at its end, if there is one. */
export function withoutChannel(name: string): string {
  return name.replace(/_\d{4}$/, "");
}

/** The names of the NIfTI files in a folder; the system's errors as they are. */
export async function niftiNames(folder: string): Promise<string[]> {
  const names: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    // Names that start with a dot are what macOS leaves beside the real files.
    if (!isDirectory && !name.startsWith(".") && niftiEnding.test(name)) names.push(name);
  }
  return names;
}

/**
 * The NIfTI files of a folder by the name of their case; none where there is no such folder.
 *
 * @throws {UserError} when two files are of one case, or the folder is none or cannot be read
 */
export async function niftiFiles(folder: string): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  try {
    for (const name of await niftiNames(folder)) {
      const [id, path] = [caseId(name), `${folder}/${name}`];
      const other = files.get(id);
      if (other !== undefined) throw twinFiles(other, path);
      files.set(id, path);
    }
  } catch (error) {
    if (error instanceof UserError) throw error;
    if (error instanceof Deno.errors.NotFound) return files;
    const isFile = error instanceof Deno.errors.NotADirectory;
    throw new UserError({
      what: `cannot list ${folder}`,
      rule: "it must be a folder that can be read",
      seen: isFile ? "a file" : error instanceof Error ? error.message : String(error),
      remedy: isFile ? "Give the folder that it lies in" : "Check it and its permissions",
    });
  }
  return files;
}

/** Names may be told apart by their ending only, or by how an accent is written. */
function twinFiles(one: string, other: string): UserError {
  const [first, second] = [one, other].sort();
  return new UserError({
    what: `cannot tell which of two files is the case ${caseId(one)}`,
    rule: "a folder must hold one file of each case",
    seen: `${first} and ${second}`,
    remedy: "Rename or remove one of them",
  });
}
