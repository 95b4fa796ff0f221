import type { EpochRecord } from "../training/history.ts";
import { parseNumbers } from "../training/json_numbers.ts";

const lineEnd = 10;

/**
 * The records of a history file that another program writes, read bit by bit: what was read once is
 * not read again, unless the file was replaced, as a resumed training does when it cuts it.
 */
export class HistoryTail {
  readonly #path: string;
  #records: EpochRecord[] = [];
  /** Bytes of complete lines that were read. */
  #offset = 0;
  #inode: number | null = null;

  /** @param path of a file that need not be there yet */
  constructor(path: string) {
    this.#path = path;
  }

  /**
   * All records so far, epochs rising; none while there is no file. A line counts once its end is
   * written. Of an epoch that was trained again only the last record is kept, and none after it.
   */
  async read(): Promise<readonly EpochRecord[]> {
    using file = await openIfThere(this.#path);
    if (file === null) {
      this.#restart(null);
      return this.#records;
    }
    const { size, ino } = await file.stat();
    if (ino !== this.#inode || size < this.#offset) this.#restart(ino);
    const bytes = await readFrom(file, this.#offset, size);
    const end = bytes.lastIndexOf(lineEnd) + 1;
    this.#offset += end;
    const lines = new TextDecoder().decode(bytes.subarray(0, end)).split("\n");
    for (const line of lines) this.#take(line);
    return this.#records;
  }

  #restart(inode: number | null): void {
    this.#records = [];
    this.#offset = 0;
    this.#inode = inode;
  }

  #take(line: string): void {
    const record = parseRecord(line);
    if (record === null) return;
    const kept = this.#records.filter(({ epoch }) => epoch < record.epoch);
    this.#records = [...kept, record];
  }
}

async function openIfThere(path: string): Promise<Deno.FsFile | null> {
  try {
    return await Deno.open(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

async function readFrom(file: Deno.FsFile, start: number, end: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(end - start);
  await file.seek(start, Deno.SeekMode.Start);
  let filled = 0;
  while (filled < bytes.length) {
    const count = await file.read(bytes.subarray(filled));
    if (count === null) break;
    filled += count;
  }
  return bytes.subarray(0, filled);
}

/** A record, or `null` for a line that is none: a damaged line costs an epoch of a curve, no more. */
function parseRecord(line: string): EpochRecord | null {
  try {
    const record = parseNumbers(line) as EpochRecord | null;
    return typeof record?.epoch === "number" ? record : null;
  } catch {
    return null;
  }
}
