import { type MediaBundle, sendMedia } from "./media.ts";

/** Time between two updates: redrawing more often than a reader looks only costs time. */
const updateMs = 500;

/**
 * An output that is replaced in place. An update that comes too soon after another waits, and is
 * passed over when a later one comes meanwhile; the last one is always shown.
 */
export class LiveOutput {
  readonly #id = crypto.randomUUID();
  #isShown = false;
  #next: (() => Promise<MediaBundle>) | undefined;
  #sending: Promise<void> = Promise.resolve();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #sentAtMs = -Infinity;

  /** @param make makes the output when its turn has come */
  update(make: () => Promise<MediaBundle>): void {
    this.#next = make;
    if (this.#timer !== undefined) return;
    const wait = Math.max(0, this.#sentAtMs + updateMs - performance.now());
    this.#timer = setTimeout(() => this.#send(), wait);
  }

  /**
   * Shows what still waits, and returns when it is there.
   *
   * @throws what making or showing an output threw, now or before
   */
  async flush(): Promise<void> {
    this.#send();
    await this.#sending;
  }

  #send(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const make = this.#next;
    if (make === undefined) return;
    this.#next = undefined;
    this.#sentAtMs = performance.now();
    this.#sending = this.#sending.then(async () => {
      await sendMedia(await make(), { id: this.#id, replace: this.#isShown });
      this.#isShown = true;
    });
    // A failure is reported by flush; until then it must not end the kernel.
    this.#sending.catch(() => {});
  }
}
