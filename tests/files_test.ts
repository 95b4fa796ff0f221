import { assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { UserError } from "../lib/errors.ts";
import { exists, makeFolder, makeWritableFolder, writeAtomic, writing } from "../lib/files.ts";
import { inTemporaryFolder } from "./temporary_folder.ts";

Deno.test("writeAtomic() makes folders, replaces a file and leaves nothing else behind", () =>
  inTemporaryFolder(async (folder) => {
    const path = join(folder, "a b", "ü.json");
    await writeAtomic(path, "one");
    await writeAtomic(path, new TextEncoder().encode("two"));
    assertEquals(await Deno.readTextFile(path), "two");
    assertEquals([...Deno.readDirSync(join(folder, "a b"))].map((entry) => entry.name), ["ü.json"]);
  }));

Deno.test("writeAtomic() keeps the old file when it fails", () =>
  inTemporaryFolder(async (folder) => {
    const path = join(folder, "target");
    await Deno.mkdir(join(path, "occupied"), { recursive: true });
    await assertRejects(
      () => writeAtomic(path, "new"),
      UserError,
      `cannot write ${path}: it must be`,
    );
    assertEquals(await exists(join(path, "occupied")), true);
  }));

Deno.test("exists() tells files and folders from nothing", () =>
  inTemporaryFolder(async (folder) => {
    assertEquals(await exists(folder), true);
    assertEquals(await exists(join(folder, "nothing")), false);
    await Deno.writeTextFile(join(folder, "file"), "");
    assertEquals(await exists(join(folder, "file", "below")), false);
  }));

Deno.test("a file in the place of a folder is an error of use", () =>
  inTemporaryFolder(async (folder) => {
    const file = join(folder, "file");
    await Deno.writeTextFile(file, "kept");
    const below = join(file, "below");
    for (
      const [path, write] of [
        [file, makeFolder],
        [below, makeFolder],
        [file, makeWritableFolder],
        [below, (path: string) => writeAtomic(path, "new")],
      ] as const
    ) {
      const what = `cannot write ${path}: its path must lead through folders`;
      await assertRejects(() => write(path), UserError, what);
    }
    assertEquals(await Deno.readTextFile(file), "kept");
  }));

Deno.test("makeWritableFolder() leaves an empty folder", () =>
  inTemporaryFolder(async (folder) => {
    await makeWritableFolder(join(folder, "a", "b"));
    assertEquals([...Deno.readDirSync(join(folder, "a", "b"))], []);
  }));

Deno.test({
  name: "a folder that nobody can write to is an error of use",
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    await assertRejects(() => makeFolder("/proc/new"), UserError, "cannot write /proc/new: ");
    await assertRejects(() => makeWritableFolder("/proc"), UserError, "cannot write /proc: ");
    await assertRejects(() => writeAtomic("/proc/new", ""), UserError, "cannot write /proc/new: ");
  },
});

Deno.test("writing() tells a full disk, and leaves other errors alone", async () => {
  const full = Object.assign(new Error("No space left (os error 28)"), { code: "ENOSPC" });
  const rule = "the disk must have room, but it is full";
  await assertRejects(() => writing("out", () => Promise.reject(full)), UserError, rule);
  const own = new TypeError("a fault of the program");
  await assertRejects(() => writing("out", () => Promise.reject(own)), TypeError, own.message);
});
