import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { UserError } from "../../lib/errors.ts";
import {
  parseSafetensors,
  readSafetensors,
  serializeSafetensors,
  writeSafetensors,
} from "../../lib/nn/safetensors.ts";

function file(header: unknown, data: ArrayBuffer | Uint8Array = new Uint8Array()): Uint8Array {
  const text = new TextEncoder().encode(
    typeof header === "string" ? header : JSON.stringify(header),
  );
  const body = data instanceof Uint8Array ? data : new Uint8Array(data);
  const bytes = new Uint8Array(8 + text.length + body.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  bytes.set(body, 8 + text.length);
  return bytes;
}

function one(dtype: string, shape: number[], data: ArrayBuffer): Float32Array | Int32Array {
  const header = { t: { dtype, shape, data_offsets: [0, data.byteLength] } };
  return parseSafetensors(file(header, data), "test").tensors.get("t")!.data;
}

Deno.test("safetensors: what is written is read back, in order, with metadata", async () => {
  const path = await Deno.makeTempFile({ suffix: ".safetensors" });
  const tensors = new Map([
    ["b.weight", { shape: [2, 3], data: Float32Array.of(1, -2.5, 3e-20, 4, NaN, Infinity) }],
    ["a é", { shape: [], data: Int32Array.of(-7) }],
    ["empty", { shape: [0, 4], data: new Float32Array(0) }],
  ]);
  await writeSafetensors(path, tensors, { config: '{"a": "ü"}' });
  const read = await readSafetensors(path);
  assertEquals([...read.tensors.keys()], ["b.weight", "a é", "empty"]);
  for (const [name, { shape, data }] of tensors) {
    assertEquals(read.tensors.get(name)!.shape, shape);
    assertEquals(read.tensors.get(name)!.data, data);
  }
  assertEquals(read.metadata, { config: '{"a": "ü"}' });
  await Deno.remove(path);
});

Deno.test("safetensors: tensors start at a multiple of 8 bytes", () => {
  for (const name of ["a", "ab", "abc", "abcdefgh"]) {
    const bytes = serializeSafetensors(new Map([[name, { shape: [1], data: Float32Array.of(1) }]]));
    assertEquals((bytes.length - 4) % 8, 0);
  }
});

Deno.test("safetensors: every element type is converted", () => {
  assertEquals(one("F64", [2], Float64Array.of(0.5, -3).buffer), Float32Array.of(0.5, -3));
  const halves = Uint16Array.of(0x3c00, 0xc100, 0x0001, 0x7c00, 0x8000, 0x7bff);
  assertEquals(
    one("F16", [6], halves.buffer),
    Float32Array.of(1, -2.5, 2 ** -24, Infinity, -0, 65504),
  );
  assertEquals(one("BF16", [2], Uint16Array.of(0x3f80, 0xc040).buffer), Float32Array.of(1, -3));
  assertEquals(one("I64", [2], BigInt64Array.of(5n, -6n).buffer), Int32Array.of(5, -6));
  assertEquals(one("I16", [2], Int16Array.of(5, -6).buffer), Int32Array.of(5, -6));
  assertEquals(one("I8", [2], Int8Array.of(5, -6).buffer), Int32Array.of(5, -6));
  assertEquals(one("U8", [2], Uint8Array.of(5, 250).buffer), Int32Array.of(5, 250));
  assertEquals(one("BOOL", [2], Uint8Array.of(0, 1).buffer), Int32Array.of(0, 1));
});

Deno.test("safetensors: data of odd alignment is read", () => {
  const header = {
    bytes: { dtype: "U8", shape: [3], data_offsets: [0, 3] },
    floats: { dtype: "F32", shape: [2], data_offsets: [3, 11] },
  };
  const data = new Uint8Array(11);
  data.set(new Uint8Array(Float32Array.of(1.5, -2).buffer), 3);
  const { tensors } = parseSafetensors(file(header, data), "test");
  assertEquals(tensors.get("floats")!.data, Float32Array.of(1.5, -2));
});

Deno.test("safetensors: faults are named", () => {
  const entry = (begin: number, end: number) => ({
    dtype: "F32",
    shape: [(end - begin) / 4],
    data_offsets: [begin, end],
  });
  const huge = file({});
  new DataView(huge.buffer).setBigUint64(0, 1n << 60n, true);
  const cases: [string, Uint8Array, string][] = [
    ["empty", new Uint8Array(0), "8 bytes"],
    ["short prefix", new Uint8Array(5), "8 bytes"],
    ["huge header", huge, "at most 100000000"],
    ["header cut", file({ a: entry(0, 4) }, new Uint8Array(4)).slice(0, 20), "truncated"],
    ["not JSON", file("{not json"), "JSON in UTF-8"],
    ["JSON list", file("[1]"), "JSON object"],
    ["data cut", file({ a: entry(0, 8) }, new Uint8Array(4)), "truncated"],
    ["begin after end", file({ a: { ...entry(0, 4), data_offsets: [4, 0] } }), "[begin, end]"],
    ["negative", file({ a: { ...entry(0, 4), data_offsets: [-4, 0] } }), "[begin, end]"],
    [
      "shape against size",
      file({ a: { ...entry(0, 8), shape: [3] } }, new Uint8Array(8)),
      "12 bytes",
    ],
    [
      "negative shape",
      file({ a: { ...entry(0, 4), shape: [-1] } }, new Uint8Array(4)),
      "from 0 on",
    ],
    ["overlap", file({ a: entry(0, 8), b: entry(4, 12) }, new Uint8Array(12)), "not overlap"],
    ["hole", file({ a: entry(0, 4), b: entry(8, 12) }, new Uint8Array(12)), "without a hole"],
    ["trailing data", file({ a: entry(0, 4) }, new Uint8Array(12)), "cover all"],
    ["type", file({ a: { ...entry(0, 4), dtype: "F8_E4M3" } }, new Uint8Array(4)), "F8_E4M3"],
    ["type of a prototype", file({ a: { ...entry(0, 0), dtype: "toString" } }), "toString"],
    ["metadata", file({ __metadata__: { a: 1 } }), "texts to texts"],
  ];
  for (const [name, bytes, message] of cases) {
    const error = assertThrows(() => parseSafetensors(bytes, "x.safetensors"), UserError, message);
    assertEquals((error as UserError).parts.what.includes("x.safetensors"), true, name);
  }
});

Deno.test("safetensors: an I64 value beyond 32 bits is refused, not wrapped", () => {
  assertThrows(() => one("I64", [1], BigInt64Array.of(1n << 40n).buffer), UserError, "fit 32 bits");
});

Deno.test("safetensors: a missing file is a user error", async () => {
  await assertRejects(() => readSafetensors("/nonexistent/w.safetensors"), UserError, "must exist");
});

Deno.test("safetensors: a shape that does not fit its data is not written", () => {
  const tensors = new Map([["a", { shape: [3], data: new Float32Array(2) }]]);
  assertThrows(() => serializeSafetensors(tensors), RangeError);
});
