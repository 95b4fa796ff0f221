import { join } from "node:path";
import { makeFolder, writing } from "../files.ts";
import { crc32c } from "./crc32c.ts";

/**
 * Writes scalars as a TensorBoard event file: records framed as in TFRecord files, each an `Event`
 * message of TensorFlow's `event.proto`.
 */
export class TensorboardWriter implements Disposable {
  readonly #path: string;
  readonly #file: Deno.FsFile;

  private constructor(path: string, file: Deno.FsFile) {
    this.#path = path;
    this.#file = file;
  }

  /**
   * Starts a new event file in a folder, which is made when it is missing.
   *
   * @param startedAt names the file, so that TensorBoard reads it after older ones
   * @param firstStep TensorBoard forgets what older files of the folder say from this step on:
   *   where a resumed training begins
   * @throws {UserError} when the system refuses to write, as `scalars` does
   */
  static async open(
    folder: string,
    startedAt: Date,
    firstStep: number,
  ): Promise<TensorboardWriter> {
    await makeFolder(folder);
    const stamp = (startedAt.getTime() / 1000).toFixed(3).padStart(14, "0");
    const path = join(folder, `events.out.tfevents.${stamp}.deno`);
    const writer = new TensorboardWriter(
      path,
      await writing(path, () => Deno.open(path, { create: true, append: true })),
    );
    const time = double(1, startedAt.getTime() / 1000);
    await writer.#write(message(time, text(3, "brain.Event:2")));
    const sessionStart = message(varint(1, 1));
    await writer.#write(message(time, varint(2, firstStep), bytes(7, sessionStart)));
    return writer;
  }

  /** Adds values that belong to one step, by tag: "loss/dice". */
  async scalars(
    step: number,
    at: Date,
    values: Readonly<Record<string, number>>,
  ): Promise<void> {
    const summary = Object.entries(values)
      .map(([tag, value]) => bytes(1, message(text(1, tag), float(2, value))));
    const time = double(1, at.getTime() / 1000);
    await this.#write(message(time, varint(2, step), bytes(5, message(...summary))));
  }

  /** Closes the file. */
  [Symbol.dispose](): void {
    this.#file.close();
  }

  async #write(event: Uint8Array): Promise<void> {
    const record = frameRecord(event);
    await writing(this.#path, async () => {
      for (let offset = 0; offset < record.length;) {
        offset += await this.#file.write(record.subarray(offset));
      }
    });
  }
}

/** A TFRecord: length, masked checksum of the length, content, masked checksum of the content. */
export function frameRecord(content: Uint8Array): Uint8Array {
  const record = new Uint8Array(8 + 4 + content.length + 4);
  const view = new DataView(record.buffer);
  view.setBigUint64(0, BigInt(content.length), true);
  view.setUint32(8, maskedChecksum(record.subarray(0, 8)), true);
  record.set(content, 12);
  view.setUint32(12 + content.length, maskedChecksum(content), true);
  return record;
}

/** A checksum that may be stored inside what is checked again: rotated, with a constant added. */
function maskedChecksum(content: Uint8Array): number {
  const crc = crc32c(content);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

// Protocol buffers: a message is its fields' bytes one after the other.

const wireTypes = { varint: 0, fixed64: 1, lengthDelimited: 2, fixed32: 5 } as const;

function message(...fields: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(fields.reduce((sum, field) => sum + field.length, 0));
  let offset = 0;
  for (const field of fields) {
    whole.set(field, offset);
    offset += field.length;
  }
  return whole;
}

function key(field: number, wireType: number): Uint8Array {
  return Uint8Array.of((field << 3) | wireType);
}

function varint(field: number, value: number): Uint8Array {
  return message(key(field, wireTypes.varint), encodeVarint(value));
}

function encodeVarint(value: number): Uint8Array {
  const encoded: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) encoded.push((rest % 0x80) | 0x80);
  return Uint8Array.from([...encoded, rest]);
}

function double(field: number, value: number): Uint8Array {
  const content = new Uint8Array(8);
  new DataView(content.buffer).setFloat64(0, value, true);
  return message(key(field, wireTypes.fixed64), content);
}

function float(field: number, value: number): Uint8Array {
  const content = new Uint8Array(4);
  new DataView(content.buffer).setFloat32(0, value, true);
  return message(key(field, wireTypes.fixed32), content);
}

function bytes(field: number, content: Uint8Array): Uint8Array {
  return message(key(field, wireTypes.lengthDelimited), encodeVarint(content.length), content);
}

function text(field: number, value: string): Uint8Array {
  return bytes(field, new TextEncoder().encode(value));
}
