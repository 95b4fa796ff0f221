import { UserError } from "../errors.ts";
import { ByteSource, fileChunks } from "./byte_source.ts";
import { gunzip, looksGzipped, maxInflation } from "./gunzip.ts";
import { headerBytes, type NiftiHeader, niftiVersion, parseHeader } from "./nifti_header.ts";

const readChunkBytes = 1 << 18;
const pairSuffix = /\.(hdr|img)(\.gz)?$/i;

/** Inflated bytes of an open file. */
export interface OpenedBytes {
  readonly path: string;
  readonly source: ByteSource;
  readonly compressed: boolean;
  /** The most bytes that `source` can hold in all. */
  readonly capacity: number;
  /** To be called once, when all is read or nothing more is wanted. */
  readonly close: () => Promise<void>;
}

/** An open file of which the header has been read. */
export interface OpenedHeader extends OpenedBytes {
  readonly header: NiftiHeader;
}

/**
 * Opens a NIfTI file, or the header of a pair by the name of either, and reads its header.
 *
 * @throws UserError when there is no such file, or it does not start with a sound header
 */
export async function openHeader(pathOfEither: string): Promise<OpenedHeader> {
  const path = headerPath(pathOfEither);
  const opened = await openBytes(path);
  try {
    const start = await opened.source.take(4);
    const version = niftiVersion(start);
    if (version === null) throw notNifti(path, start, opened.compressed);
    opened.source.unread(start);
    const bytes = await opened.source.take(headerBytes[version]);
    if (bytes.length < headerBytes[version]) throw notNifti(path, bytes, opened.compressed);
    const header = parseHeader(bytes, path);
    if (header.isPair && !pairSuffix.test(path)) throw pairInOneFile(path);
    return { ...opened, header };
  } catch (error) {
    await opened.close();
    throw error;
  }
}

/**
 * Opens the voxels of a pair by the name of either of its files.
 *
 * @throws UserError when there is no such file
 */
export async function openVoxels(pathOfEither: string): Promise<OpenedBytes> {
  return await openBytes(imagePath(pathOfEither));
}

/** The files that a NIfTI file consists of by its name: of a pair the header, then the voxels. */
export function filesOfNifti(path: string): readonly string[] {
  return pairSuffix.test(path) ? [headerPath(path), imagePath(path)] : [path];
}

async function openBytes(path: string): Promise<OpenedBytes> {
  const what = `cannot read ${path}`;
  const file = await openFile(path, what);
  try {
    const { size } = await file.stat();
    const magic = new Uint8Array(2);
    const compressed = looksGzipped(magic.subarray(0, await file.read(magic) ?? 0));
    await file.seek(0, Deno.SeekMode.Start);
    const stored = fileChunks(file, readChunkBytes);
    const source = new ByteSource(compressed ? gunzip(stored, what) : stored);
    const close = async () => {
      await source.close();
      file.close();
    };
    return { path, source, compressed, capacity: compressed ? size * maxInflation : size, close };
  } catch (error) {
    file.close();
    throw error;
  }
}

async function openFile(path: string, what: string): Promise<Deno.FsFile> {
  let isFile: boolean;
  try {
    isFile = (await Deno.stat(path)).isFile;
    if (isFile) return await Deno.open(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      const remedy = "Check the path; a .hdr needs its .img beside it, and the reverse";
      throw new UserError({ what, rule: "the file must exist", seen: "missing", remedy });
    }
    throw new UserError({
      what,
      rule: "the system must let it be read",
      seen: error instanceof Error ? `refused (${error.message})` : "refused",
      remedy: "Check its permissions and the disk",
    }, { cause: error });
  }
  throw new UserError({
    what,
    rule: "the path must be a NIfTI file",
    seen: "a folder or a device",
    remedy: "Give the path of a .nii or .nii.gz file",
  });
}

function notNifti(path: string, bytes: Uint8Array, compressed: boolean): UserError {
  const [rule, remedy] = [
    "a NIfTI file starts with a header of 348 or 540 bytes",
    "Give the path of a .nii or .nii.gz file, complete and not of another format",
  ];
  const seen = looksGzipped(bytes) && compressed
    ? "compressed twice"
    : bytes.length < headerBytes[1] && niftiVersion(bytes) !== null
    ? `cut off after ${bytes.length} bytes`
    : bytes.length < 4
    ? `${bytes.length} bytes long`
    : "something else";
  return new UserError({ what: `cannot read ${path}`, rule, seen, remedy });
}

function pairInOneFile(path: string): UserError {
  return new UserError({
    what: `cannot read ${path}`,
    rule: "a header that leaves its voxels to a .img must be in a .hdr",
    seen: 'a file of another name with the magic "ni"',
    remedy: "Rename it to .hdr with its .img beside it, or convert the image again",
  });
}

function headerPath(path: string): string {
  return path.replace(pairSuffix, (_, part: string, gz = "") => matchCase(part, "hdr") + gz);
}

function imagePath(path: string): string {
  return path.replace(pairSuffix, (_, part: string, gz = "") => matchCase(part, "img") + gz);
}

function matchCase(part: string, name: string): string {
  return `.${part === part.toUpperCase() ? name.toUpperCase() : name}`;
}
