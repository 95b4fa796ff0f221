/** Exit code of a program that was interrupted: 128 plus the number of SIGINT. */
export const interruptedExitCode = 130;

/** What {@linkcode Interrupt} needs of the system; tests give their own. */
export interface SignalSource {
  readonly addSignalListener: typeof Deno.addSignalListener;
  readonly removeSignalListener: typeof Deno.removeSignalListener;
  exit(code: number): void;
}

/**
 * SIGTERMs this close together are one: a cluster's manager signals every process of a job, and a
 * launcher passes its own on.
 */
const sameTermMs = 2000;

/**
 * Turns Ctrl-C and SIGTERM into a wish to stop, so that a long job can save its state first. A
 * second signal ends the program at once. Disposing gives the signals their usual meaning back.
 *
 * @example
 * ```ts ignore
 * using interrupt = new Interrupt();
 * const result = await fit(task, { ...options, stop: interrupt.signal });
 * if (result.stopped) Deno.exit(interruptedExitCode);
 * ```
 */
export class Interrupt implements Disposable {
  readonly #controller = new AbortController();
  readonly #system: SignalSource;
  readonly #signals: readonly Deno.Signal[];
  #termAtMs = -Infinity;
  readonly #onInterrupt = (): void => {
    if (this.signal.aborted) this.#system.exit(interruptedExitCode);
    this.#controller.abort();
  };
  readonly #onTerminate = (): void => {
    const [before, now] = [this.#termAtMs, performance.now()];
    this.#termAtMs = now;
    if (now - before > sameTermMs) this.#onInterrupt();
  };

  constructor(system: SignalSource = Deno, os: string = Deno.build.os) {
    this.#system = system;
    // Windows knows no SIGTERM.
    this.#signals = os === "windows" ? ["SIGINT"] : ["SIGINT", "SIGTERM"];
    for (const name of this.#signals) system.addSignalListener(name, this.#handlerOf(name));
  }

  /** Aborted once a signal came. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Stops listening. */
  [Symbol.dispose](): void {
    for (const name of this.#signals) {
      this.#system.removeSignalListener(name, this.#handlerOf(name));
    }
  }

  #handlerOf(name: Deno.Signal): () => void {
    return name === "SIGTERM" ? this.#onTerminate : this.#onInterrupt;
  }
}
