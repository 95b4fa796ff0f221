/** Exit code of a program that was interrupted: 128 plus the number of SIGINT. */
export const interruptedExitCode = 130;

/** What {@linkcode Interrupt} needs of the system; tests give their own. */
export interface SignalSource {
  readonly addSignalListener: typeof Deno.addSignalListener;
  readonly removeSignalListener: typeof Deno.removeSignalListener;
  exit(code: number): void;
}

type InterruptSignal = "SIGINT" | "SIGTERM";

/**
 * Signals of a kind this close together are one: a cluster's manager signals every process of a job
 * (SIGTERM), a terminal every process of its foreground group (SIGINT), and a launcher passes its own
 * on. A second press of Ctrl-C comes later.
 */
const sameSignalMs: Readonly<Record<InterruptSignal, number>> = { SIGINT: 300, SIGTERM: 2000 };

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
  readonly #nowMs: () => number;
  readonly #listeners: readonly (readonly [InterruptSignal, () => void])[];

  /** @param nowMs a clock that never goes back */
  constructor(
    system: SignalSource = Deno,
    os: string = Deno.build.os,
    nowMs: () => number = () => performance.now(),
  ) {
    this.#system = system;
    this.#nowMs = nowMs;
    // Windows knows no SIGTERM.
    const names: InterruptSignal[] = os === "windows" ? ["SIGINT"] : ["SIGINT", "SIGTERM"];
    this.#listeners = names.map((name) => [name, this.#listenerFor(name)]);
    for (const [name, listener] of this.#listeners) system.addSignalListener(name, listener);
  }

  /** Aborted once a signal came. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Stops listening. */
  [Symbol.dispose](): void {
    for (const [name, listener] of this.#listeners) {
      this.#system.removeSignalListener(name, listener);
    }
  }

  #listenerFor(name: InterruptSignal): () => void {
    let beforeMs = -Infinity;
    return () => {
      const nowMs = this.#nowMs();
      if (nowMs - beforeMs <= sameSignalMs[name]) return;
      beforeMs = nowMs;
      if (this.signal.aborted) this.#system.exit(interruptedExitCode);
      this.#controller.abort();
    };
  }
}
