import { assert, assertEquals } from "@std/assert";
import { Buffer } from "node:buffer";
import { constants, deflateRawSync, inflateRawSync } from "node:zlib";
import { Random } from "../../lib/random.ts";
import { ByteSource } from "../../lib/volume/byte_source.ts";
import { type Inflater, NativeInflater, ZlibInflater } from "../../lib/volume/inflater.ts";
import { nativeLibrary } from "../../lib/volume/native_library.ts";
import { concat } from "./nifti_file.ts";

const native = nativeLibrary();
const inflaters: Record<string, () => Inflater> = {
  "zlib": () => new ZlibInflater(),
  ...(native ? { "compiled": () => new NativeInflater(native) } : {}),
};

async function* chunksOf(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield await bytes.slice(at, at + size);
}

interface Verdict {
  readonly output: Uint8Array;
  readonly ended: "end" | "cut off" | "damaged";
  /** Bytes of the chunk in which the stream ended that lie behind it. */
  readonly unused: Uint8Array;
}

async function inflate(inflater: Inflater, bytes: Uint8Array, chunkSize: number): Promise<Verdict> {
  const source = new ByteSource(chunksOf(bytes, chunkSize));
  const parts: Uint8Array[] = [];
  const verdict = (ended: Verdict["ended"], unused = new Uint8Array()) => {
    return { output: concat(...parts), ended, unused };
  };
  try {
    while (true) {
      const step = await inflater.begin(source);
      if (step === null) return verdict("cut off");
      const { chunks, unused, fault } = await step.result;
      parts.push(...chunks.map((chunk) => chunk.slice()));
      if (fault !== undefined) return verdict("damaged");
      if (unused !== null) return verdict("end", unused.slice());
    }
  } finally {
    inflater.close();
    await source.close();
  }
}

const random = new Random("deflate");
const noise = Uint8Array.from({ length: 70_000 }, () => random.integer(256));
const voxels = new Uint8Array(
  Int16Array.from({ length: 400_000 }, () => Math.round(random.normal(40, 9))).buffer,
);
const pattern = Uint8Array.from({ length: 900_000 }, (_, i) => (i % 7) * (i % 3 === 0 ? 1 : 2));

/** Streams of every kind of block, and of matches near and far, short and long. */
const streams: Record<string, [content: Uint8Array, deflated: Uint8Array]> = {};
for (
  const [name, content, options] of [
    ["nothing", new Uint8Array(), {}],
    ["a byte", Uint8Array.of(7), {}],
    ["one byte repeated", new Uint8Array(300_000).fill(5), {}],
    ["stored blocks", noise, { level: 0 }],
    ["noise", noise, {}],
    ["fixed codes", pattern.subarray(0, 5000), { strategy: constants.Z_FIXED }],
    ["codes without matches", voxels.subarray(0, 90_000), {
      strategy: constants.Z_HUFFMAN_ONLY,
    }],
    ["runs only", pattern, { strategy: constants.Z_RLE }],
    ["voxels", voxels, {}],
    ["quickly deflated voxels", voxels, { level: 1 }],
    ["a short pattern", pattern, { level: 9 }],
    ["far matches", concat(noise.subarray(0, 32_000), noise.subarray(0, 32_000)), { level: 9 }],
  ] as const
) streams[name] = [content, deflateRawSync(content, options)];

for (const [kind, create] of Object.entries(inflaters)) {
  Deno.test(`${kind}: every kind of stream, in chunks of any size, with something behind it`, async () => {
    const behind = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10);
    for (const [name, [content, deflated]] of Object.entries(streams)) {
      const sizes = deflated.length < 3000 ? [1, 2, 13, 1e9] : [4096, 65_537, 1e9];
      for (const size of sizes) {
        const { output, ended, unused } = await inflate(create(), concat(deflated, behind), size);
        assertEquals(ended, "end", `${name} in chunks of ${size}`);
        assert(Buffer.from(output).equals(content), `${name} in chunks of ${size}`);
        if (size === 1e9) assertEquals(unused, behind, name);
      }
    }
  });

  Deno.test(`${kind}: a stream that is cut off anywhere asks for more`, async () => {
    const [content, deflated] = streams["fixed codes"];
    for (let length = 0; length < deflated.length; length += 3) {
      const { output, ended } = await inflate(create(), deflated.subarray(0, length), 11);
      assertEquals(ended, "cut off", `${length} bytes`);
      assertEquals(output, content.subarray(0, output.length));
    }
  });

  Deno.test(`${kind}: the longest match, wherever it begins at the end of a portion`, async () => {
    const literals = Uint8Array.from({ length: 2 ** 20 + 1000 }, () => random.integer(128));
    for (let trial = 0; trial < 12; trial++) {
      const before = 2 ** 20 - 1 + trial % 4; // bytes in front of it
      const content = literals.slice(Math.floor(trial / 4)).fill(5, before - 1, before + 400);
      const deflated = deflateRawSync(content, { strategy: constants.Z_RLE });
      const { output, ended } = await inflate(create(), concat(deflated, new Uint8Array(8)), 1e9);
      assertEquals(ended, "end");
      assert(Buffer.from(output).equals(content), `trial ${trial}`);
    }
  });

  Deno.test(`${kind}: what no compressor writes is damaged`, async () => {
    const faults: Record<string, number[]> = {
      "a block of type 3": [0b111],
      "a stored length without its complement": [0b001, 4, 0, 4, 0, 1, 2, 3, 4],
      "a match before the start": [0b011, 0b10, 0, 0, 0, 0],
      "more codes than there are": [0b11111101, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
    };
    for (const [name, bytes] of Object.entries(faults)) {
      const padded = Uint8Array.from([...bytes, ...new Array(40).fill(0xff)]);
      assertEquals((await inflate(create(), padded, 1e9)).ended, "damaged", name);
    }
  });
}

Deno.test({
  name: "compiled: damaged streams give what zlib gives, and never more",
  ignore: native === null,
  async fn() {
    const random = new Random("damage");
    const small = [
      deflateRawSync(voxels.subarray(0, 3000)),
      deflateRawSync(pattern.subarray(0, 3000)),
      deflateRawSync(pattern.subarray(0, 700), { strategy: constants.Z_FIXED }),
      deflateRawSync(noise.subarray(0, 700), { level: 0 }),
    ];
    for (let trial = 0; trial < 600; trial++) {
      const bytes = Uint8Array.from(small[trial % small.length]);
      for (let i = 0; i <= trial % 3; i++) {
        bytes[random.integer(trial % 2 ? Math.min(90, bytes.length) : bytes.length)] ^= 1 <<
          random.integer(8);
      }
      const { output, ended } = await inflate(new NativeInflater(native!), bytes, 1 + trial % 997);
      let expected: Uint8Array | undefined;
      try {
        expected = inflateRawSync(bytes);
      } catch {
        assert(ended !== "end", `zlib refuses stream ${trial}`);
        continue;
      }
      assertEquals(ended, "end", `zlib accepts stream ${trial}`);
      assertEquals(output, new Uint8Array(expected));
    }
  },
});
