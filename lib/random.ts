/**
 * A seeded generator of pseudo-random numbers (sfc32), forked by name.
 *
 * A fork depends on its parent's seed and its own name only, never on how many numbers were drawn
 * before: adding a draw in one place changes nothing elsewhere, and an interrupted training goes on
 * exactly, since every epoch and sample draws from a fork of its own.
 */
export class Random {
  readonly #seed: string;
  readonly #state: Uint32Array;

  /** @param seed any string or number; equal seeds give equal sequences */
  constructor(seed: string | number) {
    this.#seed = String(seed);
    this.#state = seedState(this.#seed);
    for (let i = 0; i < 15; i++) this.nextUint32();
  }

  /** What makes an equal generator, as it was before any number was drawn. */
  get seed(): string {
    return this.#seed;
  }

  /** An independent generator, named: "split", "shuffle", "init". */
  fork(name: string | number): Random {
    return new Random(`${this.#seed}/${name}`);
  }

  /** Uniform integer in 0 .. 2^32 - 1. */
  nextUint32(): number {
    const s = this.#state;
    const sum = (s[0] + s[1] + s[3]) >>> 0;
    s[3] = (s[3] + 1) >>> 0;
    s[0] = s[1] ^ (s[1] >>> 9);
    s[1] = (s[2] + (s[2] << 3)) >>> 0;
    s[2] = ((s[2] << 21) | (s[2] >>> 11)) >>> 0;
    s[2] = (s[2] + sum) >>> 0;
    return sum;
  }

  /** Fills an array with what as many calls of {@linkcode nextUint32} would give. */
  fillUint32(target: Uint32Array): void {
    // Signed, which the compiler of this script keeps in registers; the bits are the same.
    let [a, b, c, d] = Int32Array.from(this.#state);
    for (let i = 0; i < target.length; i++) {
      const sum = (a + b + d) | 0;
      d = (d + 1) | 0;
      a = b ^ (b >>> 9);
      b = (c + (c << 3)) | 0;
      c = (((c << 21) | (c >>> 11)) + sum) | 0;
      target[i] = sum;
    }
    this.#state.set([a, b, c, d]);
  }

  /** Uniform in [0, 1). */
  next(): number {
    return this.nextUint32() / 4294967296;
  }

  /** Uniform in [low, high). */
  uniform(low: number, high: number): number {
    return low + (high - low) * this.next();
  }

  /** Uniform integer in 0 .. count - 1. */
  integer(count: number): number {
    return Math.floor(this.next() * count);
  }

  /** Normal with the given mean and standard deviation (Box-Muller). */
  normal(mean = 0, standardDeviation = 1): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.next()));
    return mean + standardDeviation * radius * Math.cos(2 * Math.PI * this.next());
  }

  /** True with the given probability. */
  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** A shuffled copy (Fisher-Yates). */
  shuffle<T>(items: readonly T[]): T[] {
    const shuffled = [...items];
    for (let i = shuffled.length - 1; i > 0; i--) {
      const j = this.integer(i + 1);
      [shuffled[i], shuffled[j]] = [shuffled[j], shuffled[i]];
    }
    return shuffled;
  }
}

/** Four 32-bit words from a text: cyrb128, in the public domain. */
function seedState(text: string): Uint32Array {
  let [a, b, c, d] = [1779033703, 3144134277, 1013904242, 2773480762];
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    a = b ^ Math.imul(a ^ code, 597399067);
    b = c ^ Math.imul(b ^ code, 2869860233);
    c = d ^ Math.imul(c ^ code, 951274213);
    d = a ^ Math.imul(d ^ code, 2716044179);
  }
  a = Math.imul(c ^ (a >>> 18), 597399067);
  b = Math.imul(d ^ (b >>> 22), 2869860233);
  c = Math.imul(a ^ (c >>> 17), 951274213);
  d = Math.imul(b ^ (d >>> 19), 2716044179);
  return Uint32Array.from([a ^ b ^ c ^ d, b ^ a, c ^ a, d ^ a]);
}
