import { assert, assertEquals } from "@std/assert";
import { exclusively } from "../../lib/runtime/exclusive.ts";
import { inTemporaryFolder } from "../temporary_folder.ts";

const module = new URL("../../lib/runtime/exclusive.ts", import.meta.url).href;

/** Starts a process that takes the lock, says so, and keeps it until it is killed. */
async function startOwner(lock: string): Promise<Deno.ChildProcess> {
  const code = `import { exclusively } from ${JSON.stringify(module)};
    await exclusively(${JSON.stringify(lock)}, async () => {
      console.log("locked");
      await new Promise((resolve) => setTimeout(resolve, 60_000));
    }, () => {});`;
  const owner = new Deno.Command(Deno.execPath(), {
    args: ["eval", code],
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const reader = owner.stdout.getReader();
  await reader.read();
  await reader.cancel();
  return owner;
}

Deno.test("exclusively() waits for the owner and outlives its crash", () =>
  inTemporaryFolder(async (folder) => {
    const lock = `${folder}/deep/lock`;
    const owner = await startOwner(lock);
    let waited = false;
    const work = exclusively(lock, () => Promise.resolve("done"), () => {
      waited = true;
      owner.kill("SIGKILL");
    });
    assertEquals(await work, "done");
    assert(waited);
    await owner.status;
  }));

Deno.test("exclusively() lets go when the work fails", () =>
  inTemporaryFolder(async (folder) => {
    const lock = `${folder}/lock`;
    const failed = exclusively(lock, () => Promise.reject(new Error("no")), () => {});
    assertEquals(await failed.catch((error) => error.message), "no");
    assertEquals(await exclusively(lock, () => Promise.resolve(1), () => {}), 1);
  }));
