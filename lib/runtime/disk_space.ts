import { statfs } from "node:fs/promises";
import { UserError } from "../errors.ts";

/**
 * @param folder An existing folder.
 * @throws UserError where the folder's disk has less than `neededBytes` left.
 */
export async function requireDiskSpace(folder: string, neededBytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  const freeBytes = Number(bavail) * Number(bsize);
  if (freeBytes >= neededBytes) return;
  const gigabytes = (bytes: number) => `${(bytes / 1e9).toFixed(1)} GB`;
  throw new UserError({
    what: `cannot set up TensorFlow in ${folder}`,
    rule: `its disk must have ${gigabytes(neededBytes)} free`,
    seen: gigabytes(freeBytes),
    remedy: "Free some space, or name another folder in ROISEG_CACHE_DIR",
  });
}
