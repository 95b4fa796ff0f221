import { assert, assertEquals, assertRejects } from "@std/assert";
import { UserError } from "../../lib/errors.ts";
import { ByteSource } from "../../lib/volume/byte_source.ts";
import { gunzip } from "../../lib/volume/gunzip.ts";
import { concat, gzipped } from "./nifti_file.ts";
import { pattern } from "./reference.ts";

const content = Uint8Array.from(pattern([31, 7, 5]));
const members = concat(gzipped(content.subarray(0, 400)), gzipped(content.subarray(400)));

async function* chunksOf(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield await bytes.subarray(at, at + size);
}

async function inflate(bytes: Uint8Array, chunkSize: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const part of gunzip(chunksOf(bytes, chunkSize), "cannot read it")) {
    parts.push(part.slice());
  }
  return concat(...parts);
}

Deno.test("gunzip() does not depend on how the bytes arrive", async () => {
  // Sizes that divide the file put the end of a member's data, too, at the end of a chunk.
  for (let size = 1; size <= members.length; size += size < 40 ? 1 : 37) {
    assertEquals(await inflate(members, size), content, `chunks of ${size}`);
  }
  for (let end = 380; end < 430; end++) {
    const source = gunzip(
      (async function* () {
        yield await members.subarray(0, end);
        yield members.subarray(end);
      })(),
      "cannot read it",
    );
    assertEquals(await new ByteSource(source).take(2000), content, `split at ${end}`);
  }
});

Deno.test("gunzip() finds every truncation, unless it falls between two members", async () => {
  const boundary = gzipped(content.subarray(0, 400)).length;
  for (let length = 0; length < members.length; length++) {
    // Fewer bytes than a header after a whole member are taken for garbage, as gzip(1) does.
    if (length >= boundary && length < boundary + 10) {
      assertEquals(await inflate(members.subarray(0, length), 50), content.subarray(0, 400));
      continue;
    }
    await assertRejects(
      () => inflate(members.subarray(0, length), 50),
      UserError,
      "cannot read it",
    );
  }
});

Deno.test("gunzip() that is left early lets the origin of its bytes clean up", async () => {
  let isClosed = false;
  const origin = (async function* () {
    try {
      yield* chunksOf(members, 64);
    } finally {
      isClosed = true;
    }
  })();
  const source = new ByteSource(gunzip(origin, "cannot read it"));
  assertEquals(await source.take(5), content.slice(0, 5));
  await source.close();
  assert(isClosed);
});

Deno.test("a ByteSource takes, skips, gives back and ends", async () => {
  const source = new ByteSource(chunksOf(Uint8Array.of(1, 2, 3, 4, 5, 6, 7), 3));
  assertEquals([...await source.take(4)], [1, 2, 3, 4]);
  source.unread(Uint8Array.of(3, 4));
  assertEquals([...(await source.next(3))!], [3, 4, 5]);
  assertEquals(await source.skip(1), 1);
  assertEquals([...await source.take(9)], [7]);
  assertEquals(await source.next(), null);
  assertEquals(await source.skip(1), 0);
});
