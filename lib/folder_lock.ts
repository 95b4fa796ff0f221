import { UserError } from "./errors.ts";
import { writing } from "./files.ts";

/**
 * For how long a folder is asked for before it is refused, in ms: a process that is just being started
 * holds the files of the one that starts it until it has become another program.
 */
const patienceMs = 500;

/**
 * Holds a folder for this process; the system lets go of it when the process ends.
 *
 * @param folder that is there
 * @param doing what one process at a time may do there: "prepare into", "train"
 * @param waits for another process that holds it, instead of refusing
 * @throws {UserError} when another process holds it and is not waited for, or it is closed to writing
 */
export async function lockFolder(
  folder: string,
  doing: string,
  waits = false,
): Promise<Disposable> {
  const path = `${folder}/.lock`;
  const file = await writing(path, () => Deno.open(path, { create: true, write: true }));
  if (waits) {
    await file.lock(true);
    return file;
  }
  for (const start = performance.now(); performance.now() - start < patienceMs;) {
    if (await file.tryLock(true)) return file;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  file.close();
  throw new UserError({
    what: `cannot ${doing} ${folder}`,
    rule: `one process at a time may ${doing} a folder`,
    seen: "in use by another",
    remedy: "Wait for it to end",
  });
}
