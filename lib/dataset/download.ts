import { UserError } from "../errors.ts";
import { exists, makeFolder } from "../files.ts";
import { lockFolder } from "../folder_lock.ts";
import { type DataSource, resolveArchive } from "./data_sources.ts";
import { fetchFile, type FetchOptions } from "./fetch_file.ts";
import { unpack } from "./unpack.ts";

/** How a data set is downloaded. */
export interface DownloadOptions
  extends Pick<FetchOptions, "signal" | "attempts" | "retryDelayMs" | "stallMs" | "freeBytes"> {
  /** Keep the archive after unpacking. */
  readonly keepArchive?: boolean;
  readonly onProgress?: (
    step: "download" | "unpack",
    doneBytes: number,
    totalBytes: number | null,
  ) => void;
}

/**
 * Downloads a public data set and unpacks it to `DIR/NAME`, which appears when it is complete. An
 * interrupted download goes on where it stopped. A folder that is there already is left alone.
 *
 * @returns the data set's folder
 * @throws UserError when the source cannot be had, is damaged or not to be trusted, the disk has too
 *   little room, or another process is downloading the same data set there
 */
export async function downloadDataset(
  source: DataSource,
  dir: string,
  options: DownloadOptions = {},
): Promise<string> {
  const target = `${dir}/${source.name}`;
  if (await isComplete(source, target)) return target;
  const passing = `${target}.partial`;
  using _lock = await makeAndLock(passing);
  // Another process may have completed it between that look and the lock.
  if (!await isComplete(source, target)) await bring(source, { dir, target, passing }, options);
  // With the lock's file: whoever locks it from now on finds the data set complete.
  await Deno.remove(passing, { recursive: true }).catch(ignoreMissing);
  return target;
}

/** Whoever held the folder removes it when done, perhaps between its making and its locking here. */
async function makeAndLock(folder: string): Promise<Disposable> {
  while (true) {
    await makeFolder(folder);
    try {
      return await lockFolder(folder, "download into");
    } catch (error) {
      const isGone = error instanceof UserError && error.cause instanceof Deno.errors.NotFound;
      if (!isGone) throw error;
    }
  }
}

/** @throws UserError when another folder is in the data set's place */
async function isComplete(source: DataSource, target: string): Promise<boolean> {
  if (!await exists(target)) return false;
  if (await exists(`${target}/dataset.json`)) return true;
  throw new UserError({
    what: `cannot download ${source.name}`,
    rule: `${target} must not exist, or be the data set with its dataset.json`,
    seen: "another folder",
    remedy: "Move it away, or give another --output",
  });
}

/** Where a data set goes: its archive to `dir`, its unpacked files by way of `passing` to `target`. */
interface Places {
  readonly dir: string;
  readonly target: string;
  readonly passing: string;
}

async function bring(
  source: DataSource,
  { dir, target, passing }: Places,
  { onProgress, keepArchive = false, ...fetching }: DownloadOptions,
): Promise<void> {
  const remote = await resolveArchive(source, fetching.signal);
  const archive = `${dir}/${remote.name}`;
  await fetchFile(remote, archive, {
    ...fetching,
    // The members are compressed already: unpacked, they take about the archive's size again.
    reserve: 1,
    onProgress: (done, total) => onProgress?.("download", done, total),
  });
  const unpacked = `${passing}/unpacked`;
  await Deno.remove(unpacked, { recursive: true }).catch(ignoreMissing);
  await unpack(archive, unpacked, {
    signal: fetching.signal,
    freeBytes: fetching.freeBytes,
    onProgress: (done, total) => onProgress?.("unpack", done, total),
  });
  await Deno.rename(await innermost(unpacked), target);
  if (!keepArchive) await Deno.remove(archive);
}

/** The folder that holds dataset.json: the one given, or the only folder in it, and so on. */
async function innermost(folder: string): Promise<string> {
  const entries = await Array.fromAsync(Deno.readDir(folder));
  const [only] = entries;
  if (entries.length !== 1 || !only.isDirectory) return folder;
  return await innermost(`${folder}/${only.name}`);
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}
