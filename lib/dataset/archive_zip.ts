import { crc32 } from "node:zlib";
import { type Archive, archiveFault, type ArchiveMember, readAt, readStretch } from "./archive.ts";

const signatures = {
  local: 0x04034b50,
  central: 0x02014b50,
  end: 0x06054b50,
  end64: 0x06064b50,
  locator64: 0x07064b50,
};
const endBytes = 22;
const locatorBytes = 20;
const maxCommentBytes = 65535;
/** Largest list of members that is read: that of more than a million files. */
const maxDirectoryBytes = 1 << 27;
/** Says in 32 bits that the value is in the 64-bit extra field. */
const elsewhere = 0xffffffff;
const unixFileTypes = { mask: 0xf000, none: 0, file: 0x8000, folder: 0x4000 };

/**
 * Opens a zip file, also of the 64-bit kind; stored and deflated members.
 *
 * @throws UserError when it is damaged or cut off, encrypted, or has links or devices in it
 */
export async function openZip(path: string): Promise<Archive> {
  const file = await Deno.open(path);
  try {
    return { members: await listMembers(file, path), close: () => file.close() };
  } catch (error) {
    file.close();
    throw error;
  }
}

async function listMembers(file: Deno.FsFile, path: string): Promise<ArchiveMember[]> {
  const { count, at, bytes } = await findDirectory(file, path);
  const directory = await readAt(file, at, bytes);
  const view = new DataView(directory.buffer, directory.byteOffset, directory.length);
  const members: ArchiveMember[] = [];
  let offset = 0;
  for (let i = 0; i < count; i++) {
    if (offset + 46 > view.byteLength || view.getUint32(offset, true) !== signatures.central) {
      throw damaged(path, `damaged at member ${i + 1} of ${count}`);
    }
    const nameBytes = view.getUint16(offset + 28, true);
    const extraBytes = view.getUint16(offset + 30, true);
    const end = offset + 46 + nameBytes + extraBytes + view.getUint16(offset + 32, true);
    if (end > view.byteLength) throw damaged(path, `damaged at member ${i + 1} of ${count}`);
    const entry = readEntry(view, offset, nameBytes, extraBytes);
    members.push(toMember(file, path, entry));
    offset = end;
  }
  return members;
}

/** Where the list of members is: the last record of the file points to it. */
async function findDirectory(
  file: Deno.FsFile,
  path: string,
): Promise<{ count: number; at: number; bytes: number }> {
  const { size } = await file.stat();
  const tailStart = Math.max(0, size - endBytes - maxCommentBytes - locatorBytes);
  const tail = await readAt(file, tailStart, size - tailStart);
  const view = new DataView(tail.buffer, tail.byteOffset, tail.length);
  let end = tail.length - endBytes;
  while (end >= 0 && view.getUint32(end, true) !== signatures.end) end--;
  if (end < 0) throw damaged(path, "without one: cut off, or not a zip file");
  let count = view.getUint16(end + 10, true);
  let bytes = view.getUint32(end + 12, true);
  let at = view.getUint32(end + 16, true);
  const locator = end - locatorBytes;
  if (locator >= 0 && view.getUint32(locator, true) === signatures.locator64) {
    const record = await readAt(file, Number(view.getBigUint64(locator + 8, true)), 56);
    const wide = new DataView(record.buffer, record.byteOffset, record.length);
    if (record.length < 56 || wide.getUint32(0, true) !== signatures.end64) {
      throw damaged(path, "damaged in its 64-bit record");
    }
    count = Number(wide.getBigUint64(32, true));
    bytes = Number(wide.getBigUint64(40, true));
    at = Number(wide.getBigUint64(48, true));
  }
  if (!(at + bytes <= size && bytes <= maxDirectoryBytes)) throw damaged(path, "damaged");
  return { count, at, bytes };
}

function damaged(path: string, seen: string): Error {
  return archiveFault(path, "a zip file must end in a list of its members", seen);
}

/** An entry of the list of members. */
interface Entry {
  readonly name: string;
  readonly flags: number;
  readonly method: number;
  readonly crc: number;
  readonly compressedBytes: number;
  readonly bytes: number;
  readonly localHeaderAt: number;
  /** Unix file mode; 0 where the archive was not made on Unix. */
  readonly mode: number;
}

function readEntry(view: DataView, at: number, nameBytes: number, extraBytes: number): Entry {
  const name = new Uint8Array(view.buffer, view.byteOffset + at + 46, nameBytes);
  const isUnix = view.getUint8(at + 5) === 3;
  const narrow = {
    bytes: view.getUint32(at + 24, true),
    compressedBytes: view.getUint32(at + 20, true),
    localHeaderAt: view.getUint32(at + 42, true),
  };
  return {
    name: new TextDecoder().decode(name),
    flags: view.getUint16(at + 8, true),
    method: view.getUint16(at + 10, true),
    crc: view.getUint32(at + 16, true),
    mode: isUnix ? view.getUint32(at + 38, true) >>> 16 : 0,
    ...readWide(view, at + 46 + nameBytes, extraBytes, narrow),
  };
}

/** Takes from the 64-bit extra field, in its order, the values that do not fit their 32 bits. */
function readWide<Sizes extends Record<string, number>>(
  view: DataView,
  start: number,
  extraBytes: number,
  narrow: Sizes,
): Sizes {
  const end = start + extraBytes;
  for (let at = start; at + 4 <= end;) {
    const [id, length] = [view.getUint16(at, true), view.getUint16(at + 2, true)];
    if (id === 1 && at + 4 + length <= end) {
      let next = at + 4;
      return Object.fromEntries(
        Object.entries(narrow).map(([key, value]) => {
          if (value !== elsewhere || next + 8 > at + 4 + length) return [key, value];
          next += 8;
          return [key, Number(view.getBigUint64(next - 8, true))];
        }),
      ) as Sizes;
    }
    at += 4 + length;
  }
  return narrow;
}

function toMember(file: Deno.FsFile, path: string, entry: Entry): ArchiveMember {
  const { name, mode, method, flags } = entry;
  const type = mode & unixFileTypes.mask;
  const isFolder = name.endsWith("/");
  const { none, file: plain, folder } = unixFileTypes;
  if (type !== none && type !== (isFolder ? folder : plain)) {
    throw archiveFault(path, "its members must be files and folders", `${name}, a link or device`);
  }
  if ((flags & 1) !== 0 || (method !== 0 && method !== 8)) {
    const seen = (flags & 1) !== 0 ? `${name}, encrypted` : `${name}, by method ${method}`;
    throw archiveFault(path, "its members must be stored or deflated", seen);
  }
  return {
    name,
    kind: isFolder ? "folder" : "file",
    bytes: isFolder ? 0 : entry.bytes,
    read: () => readMember(file, path, entry),
  };
}

async function* readMember(
  file: Deno.FsFile,
  path: string,
  entry: Entry,
): AsyncGenerator<Uint8Array> {
  const fault = (seen: string) =>
    archiveFault(path, `${entry.name} must be as its list of members says`, seen);
  const header = await readAt(file, entry.localHeaderAt, 30);
  const view = new DataView(header.buffer, header.byteOffset, header.length);
  if (header.length < 30 || view.getUint32(0, true) !== signatures.local) throw fault("damaged");
  const start = entry.localHeaderAt + 30 + view.getUint16(26, true) + view.getUint16(28, true);
  const stored = readStretch(file, start, entry.compressedBytes);
  const content: AsyncIterable<Uint8Array> = entry.method === 0
    ? stored
    : ReadableStream.from(stored).pipeThrough(new DecompressionStream("deflate-raw"));
  let [bytes, crc] = [0, 0];
  try {
    for await (const chunk of content) {
      bytes += chunk.length;
      if (bytes > entry.bytes) throw fault(`larger than ${entry.bytes} bytes`);
      crc = crc32(chunk, crc);
      yield chunk;
    }
  } catch (error) {
    if (error instanceof TypeError) throw fault(`damaged (${error.message})`);
    throw error;
  }
  if (bytes < entry.bytes) throw fault(`cut off after ${bytes} of ${entry.bytes} bytes`);
  if (crc !== entry.crc) throw fault("damaged: its checksum is wrong");
}
