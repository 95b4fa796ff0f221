/** Bytes that arrive in chunks, taken in portions of the reader's choice. */
export class ByteSource {
  #chunks: AsyncIterator<Uint8Array>;
  #rest: Uint8Array = new Uint8Array(0);

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** The next 1 .. `limit` bytes, whatever is at hand, without a copy; `null` at the end. */
  async next(limit = Infinity): Promise<Uint8Array | null> {
    while (this.#rest.length === 0) {
      const { done, value } = await this.#chunks.next();
      if (done) return null;
      this.#rest = value;
    }
    const length = Math.min(limit, this.#rest.length);
    const taken = this.#rest.subarray(0, length);
    this.#rest = this.#rest.subarray(length);
    return taken;
  }

  /** Exactly `length` bytes in a buffer of their own; fewer only where the bytes end. */
  async take(length: number): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = new Uint8Array(length);
    let filled = 0;
    while (filled < length) {
      const part = await this.next(length - filled);
      if (part === null) return bytes.subarray(0, filled);
      bytes.set(part, filled);
      filled += part.length;
    }
    return bytes;
  }

  /** Passes over up to `length` bytes; returns how many there were. */
  async skip(length: number): Promise<number> {
    let skipped = 0;
    while (skipped < length) {
      const part = await this.next(length - skipped);
      if (part === null) break;
      skipped += part.length;
    }
    return skipped;
  }

  /** Gives back the end of what {@linkcode ByteSource.next} returned last. */
  unread(bytes: Uint8Array): void {
    if (this.#rest.length === 0) {
      this.#rest = bytes;
      return;
    }
    const joined = new Uint8Array(bytes.length + this.#rest.length);
    joined.set(bytes);
    joined.set(this.#rest, bytes.length);
    this.#rest = joined;
  }

  /** Ends the reading early and lets the origin of the bytes clean up. */
  async close(): Promise<void> {
    await this.#chunks.return?.();
  }
}

/**
 * The bytes of an open file from its current position, in chunks of at most `chunkBytes`. The next
 * chunk is read while the caller has one, which is good until the next is asked for.
 */
export async function* fileChunks(
  file: Deno.FsFile,
  chunkBytes: number,
): AsyncGenerator<Uint8Array> {
  const buffers = [new Uint8Array(chunkBytes), new Uint8Array(chunkBytes)];
  const read = async (buffer: Uint8Array) => {
    const count = await file.read(buffer);
    return count === null ? null : buffer.subarray(0, count);
  };
  let next = read(buffers[0]);
  try {
    for (let turn = 1;; turn++) {
      const chunk = await next;
      if (chunk === null) return;
      next = read(buffers[turn % 2]);
      next.catch(() => {}); // it is reported where it is awaited
      yield chunk;
    }
  } finally {
    await next.catch(() => {});
  }
}
