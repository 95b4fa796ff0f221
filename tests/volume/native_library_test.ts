import { assert, assertEquals } from "@std/assert";
import { volumeSymbols } from "../../lib/volume/native_library.ts";

Deno.test("a call on another thread gets no memory of the script", () => {
  // Deno frees a worker's buffers when the worker ends, also those of a call that still runs.
  const calls = Object.entries(volumeSymbols).filter(([, symbol]) => "nonblocking" in symbol);
  assert(calls.length > 0);
  for (const [name, { parameters }] of calls) {
    assertEquals(parameters.filter((type) => String(type) === "buffer"), [], name);
  }
});
