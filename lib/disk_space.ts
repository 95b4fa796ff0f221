import { statfs } from "node:fs/promises";
import { UserError } from "./errors.ts";

/** Tells the free bytes on the disk of an existing folder. */
export type SpaceProbe = (folder: string) => Promise<number>;

const freeBytesOf: SpaceProbe = async (folder) => {
  const { bavail, bsize } = await statfs(folder);
  return Number(bavail) * Number(bsize);
};

/**
 * @param folder an existing folder
 * @throws UserError with `what` and `remedy` where the folder's disk has less than `bytes` left
 */
export async function requireSpace(
  folder: string,
  bytes: number,
  what: string,
  { probe = freeBytesOf, remedy = "Free some space, or give a folder on another disk" }: {
    readonly probe?: SpaceProbe;
    readonly remedy?: string;
  } = {},
): Promise<void> {
  const free = await probe(folder);
  if (free >= bytes) return;
  const gigabytes = (count: number) => `${(count / 1e9).toFixed(2)} GB`;
  throw new UserError({
    what,
    rule: `the disk of ${folder} must have ${gigabytes(bytes)} free`,
    seen: gigabytes(free),
    remedy,
  });
}
