import { assertEquals } from "@std/assert";
import { gpuBytes, mebibytesOf, totalMebibytes } from "../../lib/evaluation/gpu_memory.ts";
import { deviceName } from "../../lib/tf.ts";

Deno.test("a process's memory is added up over the GPUs that it uses", () => {
  const lines = "41, 100\n42, 300\n42, 20\n43, [N/A]\n";
  assertEquals(mebibytesOf(lines, 42), 320);
  assertEquals(mebibytesOf(lines, 43), undefined);
  assertEquals(mebibytesOf(lines, 44), undefined);
  assertEquals(mebibytesOf("", 42), undefined);
});

Deno.test("all processes together", () => {
  assertEquals(totalMebibytes("512\n"), 512);
  assertEquals(totalMebibytes("512\n1024\n"), 1536);
  assertEquals(totalMebibytes(""), undefined);
});

Deno.test("without a GPU there is no figure, not 0", async () => {
  if (deviceName() === "CPU") assertEquals(await gpuBytes(), undefined);
});
