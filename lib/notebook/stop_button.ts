/**
 * Jupyter's Stop button. Importing this file keeps a kernel alive when it is pressed: a Deno kernel
 * ends at an interrupt (SIGINT) that nothing listens to.
 */
import { isNotebook } from "./media.ts";

/** What Stop ends: the work of the newest button. */
let current: AbortController | undefined;

/** Jupyter's Stop button for one piece of work. */
export interface StopButton extends Disposable {
  /** Aborted once Stop was pressed. */
  readonly signal: AbortSignal;
}

/**
 * Makes the work of a cell stoppable, in the place of what was stoppable before: only one cell runs
 * at a time.
 *
 * @example
 * ```ts ignore
 * using stop = stopButton();
 * await trainRun(run, prepared, { phases, resume: true, stop: stop.signal });
 * ```
 */
export function stopButton(): StopButton {
  const controller = new AbortController();
  current = controller;
  return {
    signal: controller.signal,
    [Symbol.dispose]: () => {
      if (current === controller) current = undefined;
    },
  };
}

function onInterrupt(): void {
  if (current === undefined) {
    console.log("Nothing here can be stopped midway. Restart the kernel to end a cell.");
  } else if (current.signal.aborted) {
    console.log("It is stopping already, and saves what it has.");
  } else {
    current.abort();
  }
}

if (isNotebook()) Deno.addSignalListener("SIGINT", onInterrupt);
