import { assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { exists, writeAtomic } from "../lib/files.ts";

Deno.test("writeAtomic() makes folders, replaces a file and leaves nothing else behind", async () => {
  const folder = await Deno.makeTempDir();
  const path = join(folder, "a b", "ü.json");
  await writeAtomic(path, "one");
  await writeAtomic(path, new TextEncoder().encode("two"));
  assertEquals(await Deno.readTextFile(path), "two");
  assertEquals([...Deno.readDirSync(join(folder, "a b"))].map((entry) => entry.name), ["ü.json"]);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("writeAtomic() keeps the old file when it fails", async () => {
  const folder = await Deno.makeTempDir();
  const path = join(folder, "target");
  await Deno.mkdir(join(path, "occupied"), { recursive: true });
  await assertRejects(() => writeAtomic(path, "new"));
  assertEquals(await exists(join(path, "occupied")), true);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("exists() tells files and folders from nothing", async () => {
  const folder = await Deno.makeTempDir();
  assertEquals(await exists(folder), true);
  assertEquals(await exists(join(folder, "nothing")), false);
  await Deno.remove(folder, { recursive: true });
});
