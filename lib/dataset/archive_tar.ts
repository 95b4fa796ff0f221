import { type Archive, archiveFault, type ArchiveMember, readAt, readStretch } from "./archive.ts";

const blockBytes = 512;
/** Longest record of extended attributes that is read. */
const maxAttributeBytes = 1 << 20;

/**
 * Opens an uncompressed tar file (POSIX ustar with pax headers, or GNU with long names).
 *
 * @throws UserError when it is damaged or cut off, or has members that are neither files nor folders
 */
export async function openTar(path: string): Promise<Archive> {
  const file = await Deno.open(path);
  try {
    return { members: await listMembers(file, path), close: () => file.close() };
  } catch (error) {
    file.close();
    throw error;
  }
}

/** What extended headers say of the member that follows them. */
interface Overrides {
  readonly name?: string;
  readonly bytes?: number;
}

async function listMembers(file: Deno.FsFile, path: string): Promise<ArchiveMember[]> {
  const members: ArchiveMember[] = [];
  const { size } = await file.stat();
  let overrides: Overrides = {};
  for (let at = 0;;) {
    const header = await readAt(file, at, blockBytes);
    if (header.length < blockBytes || header.every((byte) => byte === 0)) {
      if (members.length > 0 && header.length === blockBytes) return members;
      throw archiveFault(path, "a tar file must end in a block of zeros", `cut off at byte ${at}`);
    }
    checkHeader(header, path, at);
    const type = String.fromCharCode(header[156]);
    const start = at + blockBytes;
    const bytes = overrides.bytes ?? readNumber(header.subarray(124, 136));
    if (!(Number.isSafeInteger(bytes) && bytes >= 0 && start + bytes <= size)) {
      throw archiveFault(path, "its members must lie in it", `cut off in byte ${size}`);
    }
    at = start + Math.ceil(bytes / blockBytes) * blockBytes;
    if (type === "x" || type === "L") {
      overrides = { ...overrides, ...await readOverrides(file, start, bytes, type, path) };
      continue;
    }
    if (type === "g") continue;
    const name = overrides.name ?? readName(header);
    overrides = {};
    members.push(toMember(file, path, { name, type, start, bytes }));
  }
}

function toMember(
  file: Deno.FsFile,
  path: string,
  { name, type, start, bytes }: { name: string; type: string; start: number; bytes: number },
): ArchiveMember {
  const isFolder = type === "5" || (type === "\0" && name.endsWith("/"));
  if (!isFolder && !["0", "\0", "7"].includes(type)) {
    const kind = type === "1" || type === "2" ? "a link" : `type ${JSON.stringify(type)}`;
    throw archiveFault(path, "its members must be files and folders", `${name}, ${kind}`);
  }
  return {
    name,
    kind: isFolder ? "folder" : "file",
    bytes: isFolder ? 0 : bytes,
    read: () => readStretch(file, start, bytes),
  };
}

function checkHeader(header: Uint8Array, path: string, at: number): void {
  let sum = 0;
  // The checksum's own field counts as spaces.
  for (let i = 0; i < blockBytes; i++) sum += i >= 148 && i < 156 ? 32 : header[i];
  if (sum === readNumber(header.subarray(148, 156))) return;
  throw archiveFault(path, "the checksums of its headers must be right", `wrong at byte ${at}`);
}

/** Octal digits, or for large values a binary number marked by the highest bit (GNU). */
function readNumber(field: Uint8Array): number {
  if ((field[0] & 0x80) === 0) return parseInt(readText(field).trim() || "0", 8);
  return field.subarray(1).reduce((value, byte) => value * 256 + byte, field[0] & 0x7f);
}

function readText(field: Uint8Array): string {
  const end = field.indexOf(0);
  return new TextDecoder().decode(end < 0 ? field : field.subarray(0, end));
}

function readName(header: Uint8Array): string {
  const name = readText(header.subarray(0, 100));
  const isPosix = readText(header.subarray(257, 263)) === "ustar";
  const prefix = isPosix ? readText(header.subarray(345, 500)) : "";
  return prefix === "" ? name : `${prefix}/${name}`;
}

async function readOverrides(
  file: Deno.FsFile,
  start: number,
  bytes: number,
  type: "x" | "L",
  path: string,
): Promise<Overrides> {
  if (bytes > maxAttributeBytes) {
    throw archiveFault(path, `a name has at most ${maxAttributeBytes} bytes`, String(bytes));
  }
  const content = await readAt(file, start, bytes);
  return type === "L" ? { name: readText(content) } : readPax(content);
}

/** Records of the form "LENGTH KEY=VALUE\n", LENGTH counting the whole record. */
function readPax(content: Uint8Array): Overrides {
  let overrides: Overrides = {};
  for (let at = 0; at < content.length;) {
    const space = content.indexOf(32, at);
    const length = Number(readText(content.subarray(at, space)));
    if (space < 0 || !(length > space - at)) break;
    const [key, value] = readText(content.subarray(space + 1, at + length - 1)).split(/=(.*)/s);
    if (key === "path") overrides = { ...overrides, name: value };
    if (key === "size") overrides = { ...overrides, bytes: Number(value) };
    at += length;
  }
  return overrides;
}
