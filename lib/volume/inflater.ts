import { createInflateRaw } from "node:zlib";
import type { ByteSource } from "./byte_source.ts";
import { type NativeLibrary, nativeLibrary } from "./native_library.ts";

/** What came of a portion of a deflate stream. */
export interface Inflated {
  /** Good until the portion after the next one is begun, or the inflater is closed. */
  readonly chunks: readonly Uint8Array[];
  /** Where the stream has ended: the bytes behind it. */
  readonly unused: Uint8Array | null;
  /** Why the stream cannot go on. */
  readonly fault: string | undefined;
}

/** A deflate stream (RFC 1951) that is inflated a portion at a time. */
export interface Inflater {
  /**
   * Takes the next bytes, if needed, and begins to inflate. The result is a promise inside an object
   * so that it is not waited for here.
   *
   * @returns null when more bytes are needed and there are none
   */
  begin(source: ByteSource): Promise<{ readonly result: Promise<Inflated> } | null>;
  /** Frees the memory; to be called once no portion is under way. */
  close(): void;
}

/** Compiled code on a thread of its own where it is built, else zlib on this one. */
export function createInflater(): Inflater {
  const native = nativeLibrary();
  return native === null ? new ZlibInflater() : new NativeInflater(native);
}

/** Inflates by Node's zlib, which occupies the thread that calls it. */
export class ZlibInflater implements Inflater {
  static readonly #inputBytes = 65536;
  static readonly #outputBytes = 262144;
  readonly #zlib = createInflateRaw({ chunkSize: ZlibInflater.#outputBytes });
  #chunks: Uint8Array[] = [];
  #fault: string | undefined;
  #fed = 0;

  constructor() {
    this.#zlib.on("data", (chunk: Uint8Array) => this.#chunks.push(chunk));
    this.#zlib.on("error", (error: Error) => this.#fault = error.message);
  }

  async begin(source: ByteSource): Promise<{ readonly result: Promise<Inflated> } | null> {
    const input = await source.next(ZlibInflater.#inputBytes);
    return input && { result: this.#inflate(input) };
  }

  close(): void {
    this.#zlib.destroy();
  }

  async #inflate(input: Uint8Array): Promise<Inflated> {
    await new Promise<void>((resolve) => this.#zlib.write(input, () => resolve()));
    this.#fed += input.length;
    const left = this.#fed - this.#zlib.bytesWritten;
    const unused = left > 0 ? input.subarray(input.length - left) : null;
    return { chunks: this.#chunks.splice(0), unused, fault: this.#fault };
  }
}

/** What a step of the compiled inflater ends with; as in `native/inflate.h`. */
const status = { more: 0, needsInput: 1, end: 2, damaged: 3 } as const;

/** Inflates by `native/inflate.h`. */
export class NativeInflater implements Inflater {
  readonly #native: NativeLibrary["inflater"];
  readonly #stream: Deno.PointerValue;
  /** One view of each for all steps: V8 takes a view for memory of its own, and cleans up the more. */
  readonly #portions: readonly [Uint8Array, Uint8Array];
  #turn = 1;
  #input: Uint8Array = new Uint8Array(0);
  #needsInput = true;

  constructor({ inflater }: NativeLibrary) {
    this.#native = inflater;
    this.#stream = inflater.create();
    this.#portions = inflater.portions(this.#stream);
  }

  async begin(source: ByteSource): Promise<{ readonly result: Promise<Inflated> } | null> {
    if (this.#needsInput) {
      const input = await source.next();
      if (input === null) return null;
      this.#input = input;
      this.#native.feed(this.#stream, input as Uint8Array<ArrayBuffer>);
    }
    return { result: this.#step() };
  }

  close(): void {
    this.#native.delete(this.#stream);
  }

  async #step(): Promise<Inflated> {
    const ended = await this.#native.step(this.#stream);
    this.#needsInput = ended === status.needsInput;
    const unused = ended === status.end
      ? this.#input.subarray(this.#input.length - this.#native.unused(this.#stream))
      : null;
    this.#turn = 1 - this.#turn;
    const size = this.#native.portionSize(this.#stream);
    return {
      chunks: size === 0 ? [] : [this.#portions[this.#turn].subarray(0, size)],
      unused,
      fault: ended === status.damaged ? "invalid codes" : undefined,
    };
  }
}
