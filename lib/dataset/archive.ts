import { UserError } from "../errors.ts";

/** A file or folder in an archive. */
export interface ArchiveMember {
  /** As stored in the archive. */
  readonly name: string;
  readonly kind: "file" | "folder";
  readonly bytes: number;
  /** The content, inflated; throws a UserError in the end when its checksum is wrong. */
  readonly read: () => AsyncIterable<Uint8Array>;
}

/** An open archive. */
export interface Archive {
  readonly members: readonly ArchiveMember[];
  readonly close: () => void;
}

/**
 * Where a member may be written, relative to the folder that it is unpacked into, with slashes.
 *
 * @throws UserError when its name would lead out of that folder, on any system
 */
export function memberPath(name: string, archive: string): string {
  const parts = name.split("/").filter((part) => part !== "" && part !== ".");
  const isSafe = parts.length > 0 && !name.startsWith("/") && !parts.includes("..") &&
    // deno-lint-ignore no-control-regex
    !/[\\\x00-\x1f]/.test(name) && !/^[a-z]:/i.test(name);
  if (!isSafe) {
    const rule = "the names of its members must be relative and stay below the folder";
    throw archiveFault(archive, rule, JSON.stringify(name));
  }
  return parts.join("/");
}

/** An error of an archive that is not to be unpacked. */
export function archiveFault(archive: string, rule: string, seen: string): UserError {
  return new UserError({
    what: `cannot unpack ${archive}`,
    rule,
    seen,
    remedy: "Delete it and download it again; if that does not help, do not trust it",
  });
}

/** Reads exactly `bytes` bytes at a place of a file; fewer only where the file ends. */
export async function readAt(file: Deno.FsFile, at: number, bytes: number): Promise<Uint8Array> {
  const result = new Uint8Array(bytes);
  await file.seek(at, Deno.SeekMode.Start);
  let filled = 0;
  while (filled < bytes) {
    const read = await file.read(result.subarray(filled));
    if (read === null) break;
    filled += read;
  }
  return result.subarray(0, filled);
}

const chunkBytes = 1 << 20;

/** The bytes of a stretch of a file; ends early where the file does. */
export async function* readStretch(
  file: Deno.FsFile,
  at: number,
  bytes: number,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  for (let done = 0; done < bytes;) {
    const chunk = new Uint8Array(Math.min(chunkBytes, bytes - done));
    await file.seek(at + done, Deno.SeekMode.Start);
    const read = await file.read(chunk);
    if (read === null) return;
    done += read;
    yield chunk.subarray(0, read);
  }
}
