import { crc32 } from "node:zlib";
import { UserError } from "../errors.ts";
import { ByteSource } from "./byte_source.ts";
import { createInflater } from "./inflater.ts";

/** Most bytes that one byte of a deflate stream can stand for, rounded up (zlib's technical notes). */
export const maxInflation = 1032;

const flagHeaderCrc = 2;
const flagExtra = 4;
const flagName = 8;
const flagComment = 16;

/**
 * The content of a gzip file (RFC 1952), inflated as a stream: all its members, each checked
 * against its CRC-32 and length. Bytes after the last member that start no further one are ignored,
 * as gzip(1) does. At most 130 MiB are held at a time, however far the data inflates.
 *
 * Raw deflate is used, and the members are walked here, because the gzip mode of zlib loses the
 * data of the last member when anything follows it. A chunk is good until the next one is asked for.
 *
 * @param what what cannot be done when this fails: "cannot read scan.nii.gz"
 * @throws UserError when the file is truncated or damaged
 */
export async function* gunzip(
  compressed: AsyncIterable<Uint8Array>,
  what: string,
): AsyncGenerator<Uint8Array> {
  const source = new ByteSource(compressed);
  try {
    for (let member = 0; await readMemberHeader(source, member, what); member++) {
      yield* inflateMember(source, what);
    }
  } finally {
    await source.close();
  }
}

/** True when the bytes start like a gzip member. */
export function looksGzipped(bytes: Uint8Array): boolean {
  return bytes.length >= 2 && bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/** Passes over a member's header; false when what follows the earlier members is not a member. */
async function readMemberHeader(
  source: ByteSource,
  member: number,
  what: string,
): Promise<boolean> {
  const fixed = await source.take(10);
  const isMember = fixed.length === 10 && looksGzipped(fixed) && fixed[2] === 8 && fixed[3] < 32;
  if (!isMember) {
    if (member > 0) return false;
    throw damaged(what, "a gzip file starts with a ten-byte header of method 8 (deflate)");
  }
  const flags = fixed[3];
  if (flags & flagExtra) {
    const length = await source.take(2);
    if (length.length < 2) throw truncated(what);
    await source.skip(length[0] + 256 * length[1]);
  }
  if (flags & flagName) await skipText(source, what);
  if (flags & flagComment) await skipText(source, what);
  if (flags & flagHeaderCrc) await source.skip(2);
  return true;
}

async function skipText(source: ByteSource, what: string): Promise<void> {
  while (true) {
    const byte = await source.next(1);
    if (byte === null) throw truncated(what);
    if (byte[0] === 0) return;
  }
}

async function* inflateMember(source: ByteSource, what: string): AsyncGenerator<Uint8Array> {
  const inflater = createInflater();
  let [checksum, length] = [0, 0];
  let step: Awaited<ReturnType<typeof inflater.begin>> = null;
  try {
    step = await inflater.begin(source);
    while (true) {
      if (step === null) throw truncated(what);
      const { chunks, unused, fault } = await step.result;
      const isLast = unused !== null || fault !== undefined;
      // Inflating goes on, on another thread, while the caller has the chunks.
      if (!isLast) step = await inflater.begin(source);
      for (const chunk of chunks) {
        checksum = crc32(chunk, checksum);
        length = (length + chunk.length) % 2 ** 32;
        yield chunk;
      }
      if (fault) throw damaged(what, "its compressed data must be a deflate stream", fault);
      if (unused !== null) {
        source.unread(unused);
        break;
      }
    }
  } finally {
    await step?.result;
    inflater.close();
  }
  const trailer = await source.take(8);
  if (trailer.length < 8) throw truncated(what);
  const view = new DataView(trailer.buffer);
  if (view.getUint32(0, true) !== checksum >>> 0 || view.getUint32(4, true) !== length) {
    throw damaged(
      what,
      "the checksum and length stored in the gzip file must be those of its data",
    );
  }
}

function truncated(what: string): UserError {
  return new UserError({
    what,
    rule: "a gzip file must be complete",
    seen: "cut off before its end",
    remedy: "Copy or download the file again",
  });
}

function damaged(what: string, rule: string, cause?: string): UserError {
  return new UserError({
    what,
    rule,
    seen: cause === undefined ? "damaged" : `damaged (${cause})`,
    remedy: "Copy or download the file again",
  });
}
