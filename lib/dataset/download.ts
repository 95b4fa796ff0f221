import { UserError } from "../errors.ts";
import { exists, makeFolder } from "../files.ts";
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
 * @throws UserError when the source cannot be had, is damaged or not to be trusted, or the disk has
 *   too little room
 */
export async function downloadDataset(
  source: DataSource,
  dir: string,
  options: DownloadOptions = {},
): Promise<string> {
  const target = `${dir}/${source.name}`;
  if (await exists(target)) {
    if (await exists(`${target}/dataset.json`)) return target;
    throw new UserError({
      what: `cannot download ${source.name}`,
      rule: `${target} must not exist, or be the data set with its dataset.json`,
      seen: "another folder",
      remedy: "Move it away, or give another --out",
    });
  }
  await makeFolder(dir);
  const { onProgress, keepArchive = false, ...fetching } = options;
  const remote = await resolveArchive(source, options.signal);
  const archive = `${dir}/${remote.name}`;
  await fetchFile(remote, archive, {
    ...fetching,
    // The members are compressed already: unpacked, they take about the archive's size again.
    reserve: 1,
    onProgress: (done, total) => onProgress?.("download", done, total),
  });
  const unpacking = `${target}.partial`;
  await Deno.remove(unpacking, { recursive: true }).catch(ignoreMissing);
  await unpack(archive, unpacking, {
    signal: options.signal,
    freeBytes: options.freeBytes,
    onProgress: (done, total) => onProgress?.("unpack", done, total),
  });
  await Deno.rename(await innermost(unpacking), target);
  await Deno.remove(unpacking, { recursive: true }).catch(ignoreMissing);
  if (!keepArchive) await Deno.remove(archive);
  return target;
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
