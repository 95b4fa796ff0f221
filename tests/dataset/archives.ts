import { Buffer } from "node:buffer";
import { crc32, deflateRawSync } from "node:zlib";

/** A member of an archive made for a test. */
export interface TestMember {
  readonly name: string;
  readonly content?: string | Uint8Array;
  /** Unix mode in a zip, 0o100644 unless given; type letter in a tar, "0" unless given. */
  readonly mode?: number;
  readonly type?: string;
  /** Zip: stored rather than deflated. */
  readonly stored?: boolean;
  /** Zip: sizes in the 64-bit extra field. */
  readonly wide?: boolean;
  /** Zip: a wrong checksum; flags. */
  readonly crc?: number;
  readonly flags?: number;
}

function bytesOf({ content = "" }: TestMember): Buffer {
  return Buffer.from(typeof content === "string" ? new TextEncoder().encode(content) : content);
}

/** Writes a zip file byte by byte, so that it can be as wrong as a test wants. */
export function makeZip(members: readonly TestMember[]): Uint8Array<ArrayBuffer> {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const member of members) {
    const content = bytesOf(member);
    const packed = member.stored ? content : deflateRawSync(content);
    const name = Buffer.from(member.name);
    const crc = member.crc ?? crc32(content);
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(member.stored ? 0 : 8, 8);
    local.writeUInt16LE(name.length, 26);
    const extra = Buffer.alloc(member.wide ? 20 : 0);
    if (member.wide) {
      extra.writeUInt16LE(1, 0);
      extra.writeUInt16LE(16, 2);
      extra.writeBigUInt64LE(BigInt(content.length), 4);
      extra.writeBigUInt64LE(BigInt(packed.length), 12);
    }
    const central = Buffer.alloc(46);
    central.writeUInt32LE(0x02014b50, 0);
    central.writeUInt8(3, 5);
    central.writeUInt16LE(member.flags ?? 0, 8);
    central.writeUInt16LE(member.stored ? 0 : 8, 10);
    central.writeUInt32LE(crc, 16);
    central.writeUInt32LE(member.wide ? 0xffffffff : packed.length, 20);
    central.writeUInt32LE(member.wide ? 0xffffffff : content.length, 24);
    central.writeUInt16LE(name.length, 28);
    central.writeUInt16LE(extra.length, 30);
    const isFolder = member.name.endsWith("/");
    central.writeUInt32LE((member.mode ?? (isFolder ? 0o040755 : 0o100644)) * 65536, 38);
    central.writeUInt32LE(at, 42);
    directory.push(central, name, extra);
    parts.push(local, name, packed);
    at += local.length + name.length + packed.length;
  }
  const list = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(members.length, 8);
  end.writeUInt16LE(members.length, 10);
  end.writeUInt32LE(list.length, 12);
  end.writeUInt32LE(at, 16);
  return new Uint8Array(Buffer.concat([...parts, list, end]));
}

/** Writes a tar file (ustar); a name of more than 100 bytes goes into a pax header. */
export function makeTar(members: readonly TestMember[]): Uint8Array<ArrayBuffer> {
  const parts: Buffer[] = [];
  const add = (name: string, type: string, content: Buffer) => {
    const header = Buffer.alloc(512);
    header.write(name.slice(0, 100), 0);
    header.write("0000644\0", 100);
    header.write(content.length.toString(8).padStart(11, "0") + "\0", 124);
    header.write(" ".repeat(8), 148);
    header.write(type, 156);
    header.write("ustar\0" + "00", 257);
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.write(sum.toString(8).padStart(6, "0") + "\0 ", 148);
    parts.push(header, content, Buffer.alloc((512 - content.length % 512) % 512));
  };
  for (const member of members) {
    if (member.name.length > 100) {
      const body = ` path=${member.name}\n`;
      let length = body.length;
      while (String(length).length + body.length !== length) length++;
      add("pax", "x", Buffer.from(`${length}${body}`));
    }
    add(member.name, member.type ?? (member.name.endsWith("/") ? "5" : "0"), bytesOf(member));
  }
  parts.push(Buffer.alloc(1024));
  return new Uint8Array(Buffer.concat(parts));
}
