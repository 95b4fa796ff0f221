import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { UserError } from "../../lib/errors.ts";
import { crc32c } from "../../lib/training/crc32c.ts";
import {
  appendHistory,
  cutHistory,
  type EpochRecord,
  epochScalars,
  readHistory,
} from "../../lib/training/history.ts";
import { jsonDifference } from "../../lib/training/json_difference.ts";
import { frameRecord, TensorboardWriter } from "../../lib/training/tensorboard.ts";
import { inTemporaryFolder } from "../temporary_folder.ts";

function record(phase: string, epoch: number): EpochRecord {
  return {
    phase,
    epoch,
    step: epoch * 7,
    learningRate: 1e-3 / epoch,
    loss: { dice: 0.25, crossEntropy: 0.125, total: 0.375 },
    gradientNorm: 2,
    validation: epoch % 2 === 0 ? { score: 0.5, metrics: { hd95Mm: Infinity, nsd: NaN } } : null,
    seconds: 1.5,
    endedAt: "2024-05-06T07:08:09.000Z",
  };
}

Deno.test("history: what is appended is read back, infinities and NaN too", async () => {
  await inTemporaryFolder(async (folder) => {
    const path = join(folder, "run", "history.jsonl");
    assertEquals(await readHistory(path), []);
    const records = [1, 2, 3].map((epoch) => record("segmentor", epoch));
    for (const one of records) await appendHistory(path, one);
    assertEquals(await readHistory(path), records);
    assertEquals((await Deno.readTextFile(path)).trimEnd().split("\n").length, 3);
  });
});

Deno.test("history: cutting removes later epochs of the phase and a line cut off by a crash", async () => {
  await inTemporaryFolder(async (folder) => {
    const path = join(folder, "history.jsonl");
    await cutHistory(path, "segmentor", 0);
    for (const phase of ["detector", "segmentor"]) {
      for (const epoch of [1, 2, 3]) await appendHistory(path, record(phase, epoch));
    }
    await Deno.writeTextFile(path, '{"phase":"segm', { append: true });
    assertEquals((await readHistory(path)).length, 6);
    await cutHistory(path, "segmentor", 1);
    await Deno.writeTextFile(path, `{"pha\n${await Deno.readTextFile(path)}`);
    await assertRejects(() => cutHistory(path, "segmentor", 0), UserError, "line 1");
    await Deno.writeTextFile(path, (await Deno.readTextFile(path)).slice(6));
    const left = (await readHistory(path)).map(({ phase, epoch }) => `${phase} ${epoch}`);
    assertEquals(left, ["detector 1", "detector 2", "detector 3", "segmentor 1"]);
  });
});

Deno.test("crc32c: the check values of RFC 3720, section B.4", () => {
  assertEquals(crc32c(new Uint8Array(32)), 0x8a9136aa);
  assertEquals(crc32c(new Uint8Array(32).fill(0xff)), 0x62a8ab43);
  assertEquals(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i)), 0x46dd794e);
  assertEquals(crc32c(new TextEncoder().encode("123456789")), 0xe3069283);
});

/** The content of each record of a TFRecord file, after checking both checksums. */
function readRecords(file: Uint8Array): Uint8Array[] {
  const view = new DataView(file.buffer, file.byteOffset);
  const unmask = (masked: number) => {
    const rotated = (masked - 0xa282ead8) >>> 0;
    return ((rotated >>> 17) | (rotated << 15)) >>> 0;
  };
  const records: Uint8Array[] = [];
  for (let at = 0; at < file.length;) {
    const length = Number(view.getBigUint64(at, true));
    assertEquals(unmask(view.getUint32(at + 8, true)), crc32c(file.subarray(at, at + 8)));
    const content = file.subarray(at + 12, at + 12 + length);
    assertEquals(unmask(view.getUint32(at + 12 + length, true)), crc32c(content));
    records.push(content);
    at += 16 + length;
  }
  return records;
}

type Field = number | Uint8Array;

/** The fields of a protocol buffer message, by number. */
function parseMessage(content: Uint8Array): Map<number, Field[]> {
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
  const fields = new Map<number, Field[]>();
  let at = 0;
  const varint = () => {
    let value = 0;
    for (let factor = 1;; factor *= 128) {
      const byte = content[at++];
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
    }
  };
  while (at < content.length) {
    const key = varint();
    let value: Field;
    if ((key & 7) === 0) value = varint();
    else if ((key & 7) === 1) [value, at] = [view.getFloat64(at, true), at + 8];
    else if ((key & 7) === 5) [value, at] = [view.getFloat32(at, true), at + 4];
    else {
      const length = varint();
      [value, at] = [content.subarray(at, at + length), at + length];
    }
    fields.set(key >> 3, [...fields.get(key >> 3) ?? [], value]);
  }
  return fields;
}

Deno.test("TensorBoard: version, session start, then scalars, with right checksums", async () => {
  await inTemporaryFolder(async (folder) => {
    const at = new Date("2024-05-06T07:08:09.250Z");
    {
      using writer = await TensorboardWriter.open(join(folder, "new"), at, 301);
      await writer.scalars(70_000, at, epochScalars(record("segmentor", 2)));
    }
    const [file] = [...Deno.readDirSync(join(folder, "new"))];
    assertEquals(file.name, "events.out.tfevents.1714979289.250.deno");
    const events = readRecords(await Deno.readFile(join(folder, "new", file.name)))
      .map(parseMessage);
    assertEquals(events.length, 3);
    const text = (field: Field) => new TextDecoder().decode(field as Uint8Array);
    assertEquals(events[0].get(1), [at.getTime() / 1000]);
    assertEquals(text(events[0].get(3)![0]), "brain.Event:2");
    assertEquals(events[1].get(2), [301]);
    assertEquals(parseMessage(events[1].get(7)![0] as Uint8Array).get(1), [1]);
    assertEquals(events[2].get(2), [70_000]);
    const values = parseMessage(events[2].get(5)![0] as Uint8Array).get(1)!
      .map((value) => parseMessage(value as Uint8Array))
      .map((fields) => [text(fields.get(1)![0]), fields.get(2)![0]]);
    assertEquals(Object.fromEntries(values), {
      "loss/dice": 0.25,
      "loss/crossEntropy": 0.125,
      "loss/total": 0.375,
      learning_rate: Math.fround(5e-4),
      gradient_norm: 2,
      "validation/score": 0.5,
      "validation/hd95Mm": Infinity,
      "validation/nsd": NaN,
    });
  });
});

Deno.test("TensorBoard: a framed record is 16 bytes longer than its content", () => {
  const content = Uint8Array.of(1, 2, 3);
  const framed = frameRecord(content);
  assertEquals(framed.length, 19);
  assertEquals(readRecords(framed), [content]);
});

Deno.test("differences: nested keys, lists, and keys of one side only", () => {
  const before = { a: { b: 1, c: [1, 2] }, gone: null, same: "x", empty: {} };
  const now = { a: { b: 2, c: [1, 2, 3] }, same: "x", empty: {}, fresh: true };
  assertEquals(jsonDifference(before, now), [
    { key: "a.b", before: "1", now: "2" },
    { key: "gone", before: "null", now: undefined },
    { key: "a.c.2", before: undefined, now: "3" },
    { key: "fresh", before: undefined, now: "true" },
  ]);
  assert(jsonDifference(before, structuredClone(before)).length === 0);
});
