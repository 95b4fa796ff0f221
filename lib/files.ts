import { dirname } from "node:path";
import { UserError } from "./errors.ts";

/** How the names of {@linkcode passingPath} end. */
export const passingName = /\.[0-9a-f]{8}\.partial$/;

/** A name for what is being made, until it is complete and gets that of `path`. */
export function passingPath(path: string): string {
  return `${path}.${crypto.randomUUID().slice(0, 8)}.partial`;
}

/**
 * Writes a file so that a reader sees either its old content or its new, never a part: into a
 * temporary file beside it, flushed to disk, then renamed over it. Parent folders are made.
 *
 * @throws UserError as {@linkcode writing}
 */
export async function writeAtomic(path: string, content: Uint8Array | string): Promise<void> {
  const temporary = passingPath(path);
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  await writing(path, async () => {
    await Deno.mkdir(dirname(path), { recursive: true });
    try {
      await writeAndFlush(temporary, bytes);
      await Deno.rename(temporary, path);
    } catch (error) {
      await Deno.remove(temporary).catch(() => {});
      throw error;
    }
  });
}

/**
 * Refuses to write where something is: nothing is overwritten.
 *
 * @throws UserError when the path is there
 */
export async function refuseExisting(path: string, remedy: string): Promise<void> {
  if (!await exists(path)) return;
  throw new UserError({
    what: `cannot write ${path}`,
    rule: "a result must not be there already",
    remedy,
  });
}

async function writeAndFlush(path: string, bytes: Uint8Array): Promise<void> {
  using file = await Deno.open(path, { write: true, createNew: true });
  for (let offset = 0; offset < bytes.length;) {
    offset += await file.write(bytes.subarray(offset));
  }
  await file.syncData();
}

/**
 * Makes a folder, with those above it, where it is missing.
 *
 * @throws UserError as {@linkcode writing}
 */
export async function makeFolder(path: string): Promise<void> {
  await writing(path, () => Deno.mkdir(path, { recursive: true }));
}

/**
 * {@linkcode makeFolder}, and tries whether files can be written into it: for results that take
 * long to compute.
 *
 * @throws UserError as {@linkcode writing}
 */
export async function makeWritableFolder(path: string): Promise<void> {
  await makeFolder(path);
  await writing(path, async () => {
    await Deno.remove(await Deno.makeTempFile({ dir: path, suffix: ".partial" }));
  });
}

/**
 * Runs what writes to a path.
 *
 * @throws UserError when the system refuses: a folder closed to writing, a file in the place of a
 *   folder, a full disk; other errors of `write` as they are
 */
export async function writing<Result>(
  path: string,
  write: () => Promise<Result>,
): Promise<Result> {
  try {
    return await write();
  } catch (error) {
    throw systemFault(`cannot write ${path}`, error);
  }
}

/**
 * What a folder holds.
 *
 * @throws UserError when the system refuses, or it is none
 */
export async function listFolder(path: string): Promise<Deno.DirEntry[]> {
  try {
    return await Array.fromAsync(Deno.readDir(path));
  } catch (error) {
    throw systemFault(`cannot list ${path}`, error);
  }
}

/** True when something is at the path. */
export async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch (error) {
    const { NotADirectory, NotFound } = Deno.errors;
    // Below a file, where a folder should be, there is nothing either.
    if (error instanceof NotFound || error instanceof NotADirectory) return false;
    throw systemFault(`cannot look for ${path}`, error);
  }
}

/** That the system refused something, with its reason: "refused (Permission denied)". */
export function refusalOf({ message }: Error): string {
  return `refused (${message.split(" (os error")[0]})`;
}

/** What the system refuses as an error of use; any other error as it is. */
function systemFault(what: string, error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const code = "code" in error ? error.code : undefined;
  if (typeof code !== "string" && !(error instanceof Deno.errors.NotCapable)) return error;
  const fault = (rule: string, seen: string, remedy: string) =>
    new UserError({ what, rule, seen, remedy }, { cause: error });
  switch (code) {
    case "EEXIST":
    case "ENOTDIR":
      return fault(
        "its path must lead through folders",
        "blocked by a file",
        "Name another place, or move that file away",
      );
    case "EISDIR":
      return fault("it must be a file", "a folder", "Name a file");
    case "ENOSPC":
    case "EDQUOT":
      return fault("the disk must have room", "full", "Make room, or name another place");
  }
  return fault(
    "the system must allow it",
    refusalOf(error),
    "Name another place, or change its permissions",
  );
}
