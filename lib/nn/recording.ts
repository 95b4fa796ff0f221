/** What layers report of themselves while somebody watches; else nothing is kept. */
export class Recording<Entry> {
  #open: Entry[] | null = null;

  /** Whether somebody watches: for layers to whom a report is work. */
  get isOpen(): boolean {
    return this.#open !== null;
  }

  /** Called by a layer that runs. */
  add(entry: Entry): void {
    this.#open?.push(entry);
  }

  /**
   * What is added while `run` runs, in order. Who watches around it is told as well, unless `run`
   * throws.
   */
  during(run: () => void): Entry[] {
    const outer = this.#open;
    const entries: Entry[] = [];
    this.#open = entries;
    try {
      run();
    } finally {
      this.#open = outer;
    }
    outer?.push(...entries);
    return entries;
  }
}
