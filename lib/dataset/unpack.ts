import { dirname } from "node:path";
import { type Archive, archiveFault, type ArchiveMember, memberPath } from "./archive.ts";
import { openTar } from "./archive_tar.ts";
import { openZip } from "./archive_zip.ts";
import { requireSpace, type SpaceProbe } from "../disk_space.ts";
import { makeFolder, writing } from "../files.ts";

/** How an archive is unpacked. */
export interface UnpackOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (doneBytes: number, totalBytes: number) => void;
  /** Free bytes on a folder's disk; asked of the system unless given. */
  readonly freeBytes?: SpaceProbe;
}

/**
 * Unpacks a .zip or .tar file into a folder. The whole list of members is checked before anything
 * is written: a name that leads out of the folder, a link, a device, two names alike, or more bytes
 * than the disk has room for refuse the archive. Files that macOS leaves in archives are left out.
 *
 * @throws UserError for such an archive, and for a damaged one
 */
export async function unpack(
  path: string,
  dir: string,
  { signal, onProgress, freeBytes }: UnpackOptions = {},
): Promise<void> {
  const archive = await openArchive(path);
  try {
    const members = placeMembers(archive, path);
    const total = members.reduce((sum, { member }) => sum + member.bytes, 0);
    await makeFolder(dir);
    await requireSpace(dir, total, `cannot unpack ${path}`, { probe: freeBytes });
    let done = 0;
    onProgress?.(done, total);
    for (const { member, target } of members) {
      const place = `${dir}/${target}`;
      await makeFolder(member.kind === "folder" ? place : dirname(place));
      if (member.kind === "folder") continue;
      using file = await writing(place, () => Deno.open(place, { write: true, createNew: true }));
      let written = 0;
      for await (const chunk of member.read()) {
        signal?.throwIfAborted();
        for (let offset = 0; offset < chunk.length;) {
          const rest = chunk.subarray(offset);
          offset += await writing(place, () => file.write(rest));
        }
        written += chunk.length;
        onProgress?.(done + written, total);
      }
      if (written !== member.bytes) {
        throw archiveFault(path, `${member.name} must have ${member.bytes} bytes`, `${written}`);
      }
      done += written;
    }
  } finally {
    archive.close();
  }
}

async function openArchive(path: string): Promise<Archive> {
  if (/\.zip$/i.test(path)) return await openZip(path);
  if (/\.tar$/i.test(path)) return await openTar(path);
  throw archiveFault(path, "its name must end in .zip or .tar", path);
}

interface PlacedMember {
  readonly member: ArchiveMember;
  readonly target: string;
}

function placeMembers({ members }: Archive, path: string): PlacedMember[] {
  const placed: PlacedMember[] = [];
  const files = new Map<string, string>();
  for (const member of members) {
    const isRootFolder = member.kind === "folder" && /^(\.?\/?)*$/.test(member.name);
    if (isRootFolder) continue;
    const target = memberPath(member.name, path);
    if (isLeftByMacos(target)) continue;
    if (member.kind === "file") {
      const key = target.normalize("NFC").toLowerCase();
      const twin = files.get(key);
      if (twin !== undefined) {
        throw archiveFault(path, "its files must not differ in upper and lower case only", target);
      }
      files.set(key, target);
    }
    placed.push({ member, target });
  }
  return placed;
}

function isLeftByMacos(target: string): boolean {
  const parts = target.split("/");
  return parts[0] === "__MACOSX" || parts.at(-1) === ".DS_Store" || /^\._/.test(parts.at(-1) ?? "");
}
