import { dirname } from "node:path";
import { UserError } from "../errors.ts";
import { exists, makeFolder, writing } from "../files.ts";
import { requireSpace, type SpaceProbe } from "../disk_space.ts";
import { hashFile } from "./hash_file.ts";

/** A file to be had by HTTP. */
export interface RemoteFile {
  readonly url: string;
  /** Its name on the disk. */
  readonly name: string;
  /** Its size, where known beforehand. */
  readonly bytes: number | null;
  /** MD5 digest in hexadecimal. */
  readonly md5: string | null;
}

/** How a file is fetched. */
export interface FetchOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (doneBytes: number, totalBytes: number | null) => void;
  /** What must stay free on the disk beside the file, as a multiple of the file's size. */
  readonly reserve?: number;
  /** Attempts in a row that may bring nothing. */
  readonly attempts?: number;
  /** Wait after the first fruitless attempt; doubled after each. */
  readonly retryDelayMs?: number;
  /** A connection that brings nothing for this long is given up. */
  readonly stallMs?: number;
  /** Free bytes on a folder's disk; asked of the system unless given. */
  readonly freeBytes?: SpaceProbe;
}

/** An attempt that a further one may mend. */
class Interruption extends Error {}

/**
 * Fetches a file. What has arrived is kept in `PATH.partial`, and the next attempt, of this call or
 * a later process, asks for the rest only (RFC 9110, section 14), provided that the server's file
 * is still the same. The file gets its name when its size and checksum are right. A file that is
 * there already with the right checksum is left alone.
 *
 * @throws UserError when the server refuses, the connection fails again and again, the disk has too
 *   little room, the checksum is wrong, or another process is fetching the same file
 */
export async function fetchFile(
  remote: RemoteFile,
  path: string,
  options: FetchOptions = {},
): Promise<void> {
  if (await isComplete(path, remote)) return;
  await makeFolder(dirname(path));
  const partial = `${path}.partial`;
  using file = await openLocked(partial, remote);
  const { attempts = 6, retryDelayMs = 1000, signal } = options;
  for (let fruitless = 0;;) {
    const before = (await file.stat()).size;
    try {
      await fetchRest(remote, file, partial, options);
      break;
    } catch (error) {
      signal?.throwIfAborted();
      if (!(error instanceof Interruption)) throw error;
      fruitless = (await file.stat()).size > before ? 0 : fruitless + 1;
      if (fruitless >= attempts) throw givenUp(remote, error.message, attempts);
      await wait(retryDelayMs * 2 ** fruitless, signal);
    }
  }
  await file.syncData();
  if (remote.md5 !== null) {
    const md5 = await hashFile(partial, "md5");
    if (md5 !== remote.md5) {
      await removePartial(partial);
      throw new UserError({
        what: `cannot use ${remote.url}`,
        rule: `its MD5 checksum must be ${remote.md5}`,
        seen: md5,
        remedy: "It was damaged on its way and has been deleted: download it again",
      });
    }
  }
  await Deno.rename(partial, path);
  await removePartial(partial);
}

async function isComplete(path: string, { md5, bytes }: RemoteFile): Promise<boolean> {
  if (!await exists(path)) return false;
  if (md5 !== null) return await hashFile(path, "md5") === md5;
  return bytes === null || (await Deno.stat(path)).size === bytes;
}

async function openLocked(partial: string, { url }: RemoteFile): Promise<Deno.FsFile> {
  const file = await writing(
    partial,
    () => Deno.open(partial, { read: true, write: true, create: true }),
  );
  if (await file.tryLock(true)) return file;
  file.close();
  throw new UserError({
    what: `cannot download ${url}`,
    rule: "one process at a time may write its file",
    seen: `in use (${partial})`,
    remedy: "Wait for the other download to end",
  });
}

/** The mark of the server's version of the file, beside the part of it that has arrived. */
function tagPath(partial: string): string {
  return `${partial}.etag`;
}

async function removePartial(partial: string): Promise<void> {
  for (const path of [partial, tagPath(partial)]) {
    await Deno.remove(path).catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    });
  }
}

/** One attempt: asks for what is missing and writes it. */
async function fetchRest(
  remote: RemoteFile,
  file: Deno.FsFile,
  partial: string,
  options: FetchOptions,
): Promise<void> {
  const stall = new StallGuard(options.stallMs ?? 60_000, options.signal);
  try {
    let offset = (await file.stat()).size;
    const tag = await Deno.readTextFile(tagPath(partial)).catch(() => "");
    const response = await stall.watch(request(remote.url, offset, tag, stall.signal));
    if (response.status === 416 && offset > 0) {
      await response.body?.cancel();
      if (totalOf(response) === offset) return;
      await file.truncate(0);
      throw new Interruption("the server has another file now");
    }
    if (response.status === 200 || startOf(response) !== offset) {
      if (response.status === 206) {
        await response.body?.cancel();
        await file.truncate(0);
        throw new Interruption("the server sent another part than asked for");
      }
      offset = 0;
      await file.truncate(0);
    }
    const total = totalOf(response) ?? remote.bytes;
    if (total !== null) {
      const needed = total - offset + (options.reserve ?? 0) * total;
      const what = `cannot download ${remote.url}`;
      await requireSpace(dirname(partial), needed, what, { probe: options.freeBytes });
    }
    await writing(partial, () => Deno.writeTextFile(tagPath(partial), strongTag(response)));
    await file.seek(offset, Deno.SeekMode.Start);
    options.onProgress?.(offset, total);
    const reader = response.body?.getReader();
    for (;;) {
      const chunk = await stall.watch(reader?.read() ?? Promise.resolve({ done: true } as const));
      if (chunk.done || chunk.value === undefined) break;
      for (let at = 0; at < chunk.value.length;) {
        const rest = chunk.value.subarray(at);
        at += await writing(partial, () => file.write(rest));
      }
      offset += chunk.value.length;
      options.onProgress?.(offset, total);
    }
    if (total !== null && offset < total) {
      throw new Interruption(`the connection ended after ${offset} of ${total} bytes`);
    }
  } finally {
    stall.end();
  }
}

async function request(
  url: string,
  offset: number,
  tag: string,
  signal: AbortSignal,
): Promise<Response> {
  const headers: Record<string, string> = { "Accept-Encoding": "identity" };
  if (offset > 0) {
    headers.Range = `bytes=${offset}-`;
    if (tag !== "") headers["If-Range"] = tag;
  }
  const response = await fetch(url, { headers, signal });
  if ([200, 206].includes(response.status)) return response;
  if (response.status === 416 && offset > 0) return response;
  await response.body?.cancel();
  const status = `${response.status} ${response.statusText}`.trim();
  if (response.status >= 500 || response.status === 408 || response.status === 429) {
    throw new Interruption(`the server answers ${status}`);
  }
  throw new UserError({
    what: `cannot download ${url}`,
    rule: "the server must have the file",
    seen: `refused (${status})`,
    remedy: "Look at the data set's page for where it is now",
  });
}

/** The first byte of a part that the server sends; NaN where it does not say. */
function startOf(response: Response): number {
  return Number(response.headers.get("Content-Range")?.match(/^bytes (\d+)-/)?.[1]);
}

/** The size of the whole file, or null where the server does not say. */
function totalOf(response: Response): number | null {
  const whole = response.headers.get("Content-Range")?.match(/\/(\d+)$/)?.[1] ??
    (response.status === 200 ? response.headers.get("Content-Length") : null);
  return whole === null || whole === undefined ? null : Number(whole);
}

/** A weak tag does not say that the bytes are the same, so it is none. */
function strongTag(response: Response): string {
  const tag = response.headers.get("ETag") ?? "";
  return tag.startsWith("W/") ? "" : tag;
}

/** Turns failures of the network, and its silence, into interruptions. */
class StallGuard {
  readonly #abort = new AbortController();
  readonly #ms: number;
  readonly #outer: AbortSignal | undefined;
  readonly #onOuter = () => this.#abort.abort();

  constructor(ms: number, outer: AbortSignal | undefined) {
    this.#ms = ms;
    this.#outer = outer;
    outer?.addEventListener("abort", this.#onOuter);
    if (outer?.aborted) this.#abort.abort();
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  async watch<T>(step: Promise<T>): Promise<T> {
    const timer = setTimeout(() => this.#abort.abort(), this.#ms);
    try {
      return await step;
    } catch (error) {
      if (error instanceof UserError || error instanceof Interruption) throw error;
      const reason = this.#abort.signal.aborted
        ? `nothing came for ${this.#ms / 1000} s`
        : error instanceof Error
        ? error.message
        : String(error);
      throw new Interruption(reason, { cause: error });
    } finally {
      clearTimeout(timer);
    }
  }

  end(): void {
    this.#outer?.removeEventListener("abort", this.#onOuter);
    this.#abort.abort();
  }
}

function givenUp({ url }: RemoteFile, reason: string, attempts: number): UserError {
  return new UserError({
    what: `cannot download ${url}`,
    rule: `one of ${attempts} attempts in a row must bring something`,
    seen: `in vain: ${reason}`,
    remedy: "Check the network and run it again; it continues where it stopped",
  });
}

function wait(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    }, ms);
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}
