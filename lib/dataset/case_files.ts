import { basename } from "node:path";

const niftiEnding = /\.(nii|nii\.gz|hdr|hdr\.gz)$/i;

/** The name of a case from that of its file: without folders and the endings of NIfTI. */
export function caseId(path: string): string {
  return basename(path.replaceAll("\\", "/")).replace(niftiEnding, "").normalize("NFC");
}

/** The NIfTI files of a folder by the name of their case; none where there is no such folder. */
export async function niftiFiles(folder: string): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  try {
    for await (const { name, isDirectory } of Deno.readDir(folder)) {
      // Names that start with a dot are what macOS leaves beside the real files.
      if (isDirectory || name.startsWith(".") || !niftiEnding.test(name)) continue;
      files.set(caseId(name), `${folder}/${name}`);
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return files;
}
