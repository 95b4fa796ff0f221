import { assertRejects } from "@std/assert";
import { UserError } from "../lib/errors.ts";
import { lockFolder } from "../lib/folder_lock.ts";
import { inTemporaryFolder } from "./temporary_folder.ts";

Deno.test("a folder is held by one at a time", () =>
  inTemporaryFolder(async (folder) => {
    {
      using _held = await lockFolder(folder, "train");
      const error = await assertRejects(() => lockFolder(folder, "train"), UserError);
      if (!error.message.includes(`cannot train ${folder}`)) throw error;
    }
    using _again = await lockFolder(folder, "train");
  }));

Deno.test("a folder that is let go of at once is not refused", () =>
  inTemporaryFolder(async (folder) => {
    const held = await lockFolder(folder, "train");
    setTimeout(() => held[Symbol.dispose](), 60);
    using _next = await lockFolder(folder, "train");
  }));

Deno.test("one that waits is not refused, however long the folder is held", () =>
  inTemporaryFolder(async (folder) => {
    const held = await lockFolder(folder, "prepare into");
    setTimeout(() => held[Symbol.dispose](), 700);
    using _next = await lockFolder(folder, "prepare into", true);
  }));
