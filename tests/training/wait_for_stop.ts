/** Waits, for a minute at most, until a signal asks it to stop; then ends as an interrupted task. */
import { Interrupt, interruptedExitCode } from "../../lib/training/interrupt.ts";

using interrupt = new Interrupt();
console.log("ready");
for (let turn = 0; turn < 6000 && !interrupt.signal.aborted; turn++) {
  await new Promise((resolve) => setTimeout(resolve, 10));
}
console.log("saved");
Deno.exit(interruptedExitCode);
