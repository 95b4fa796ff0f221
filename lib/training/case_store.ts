import { type LabelledImage, loadCube, loadScan, type PreparedDataset } from "../dataset/case.ts";
import type { VolumeSample } from "./augment_volume.ts";
import { makeSample, type SampleRequest } from "./training_sample.ts";

/** Of the volumes that are kept. */
export const defaultStoreBytes = 4e9;

/** The prepared cases of a run, read when they are asked for and kept while they fit in memory. */
export class CaseStore {
  readonly #prepared: PreparedDataset;
  readonly #maxBytes: number;
  /** Least recently used first. */
  readonly #kept = new Map<string, { pair: Promise<LabelledImage>; bytes: number }>();
  #bytes = 0;

  /** @param maxBytes of the volumes that are kept */
  constructor(prepared: PreparedDataset, maxBytes = defaultStoreBytes) {
    this.#prepared = prepared;
    this.#maxBytes = maxBytes;
  }

  /** The whole scan resized to a cube. */
  async cube(id: string): Promise<LabelledImage> {
    return await this.#get(`cube/${id}`, () => loadCube(this.#prepared, id));
  }

  /** The scan in its own grid. */
  async scan(id: string): Promise<LabelledImage> {
    return await this.#get(`scan/${id}`, () => loadScan(this.#prepared, id));
  }

  /** The case in the space that the sample is cut from, cut. */
  async sample(request: SampleRequest): Promise<VolumeSample> {
    return makeSample(await this[request.space](request.id), request);
  }

  async #get(key: string, load: () => Promise<LabelledImage>): Promise<LabelledImage> {
    const known = this.#kept.get(key);
    if (known) {
      this.#kept.delete(key);
      this.#kept.set(key, known);
      return await known.pair;
    }
    const entry = { pair: load(), bytes: 0 };
    this.#kept.set(key, entry);
    try {
      const { image, labels } = await entry.pair;
      entry.bytes = image.data.byteLength + labels.data.byteLength;
    } catch (error) {
      this.#kept.delete(key);
      throw error;
    }
    this.#bytes += entry.bytes;
    this.#forgetOldest(key);
    return await entry.pair;
  }

  #forgetOldest(newest: string): void {
    for (const [key, { bytes }] of this.#kept) {
      if (this.#bytes <= this.#maxBytes) return;
      if (key === newest || bytes === 0) continue;
      this.#kept.delete(key);
      this.#bytes -= bytes;
    }
  }
}
