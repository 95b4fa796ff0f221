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

Deno.test("whether the library is there is asked once, also where it is not", async () => {
  const module = new URL("../../lib/volume/native_library.ts", import.meta.url).href;
  const script = `import { nativeLibrary } from ${JSON.stringify(module)};
    const first = nativeLibrary();
    Deno.env.delete("ROISEG_NATIVE_OPS");
    console.log(JSON.stringify([first, nativeLibrary()]));`;
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", script],
    env: { ROISEG_NATIVE_OPS: "no" },
  }).output();
  const [output, errors] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  assertEquals(output.trim(), "[null,null]", errors);
});
