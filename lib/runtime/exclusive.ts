import { dirname } from "node:path";

/**
 * Runs `work` while no other process runs one under the same lock file. The system drops the lock
 * with its process, so that a crashed owner never blocks the next.
 *
 * @param onWait Called once when another process holds the lock.
 */
export async function exclusively<T>(
  lockPath: string,
  work: () => Promise<T>,
  onWait: () => void,
): Promise<T> {
  await Deno.mkdir(dirname(lockPath), { recursive: true });
  using file = await Deno.open(lockPath, { create: true, write: true });
  if (!await file.tryLock(true)) {
    onWait();
    await file.lock(true);
  }
  try {
    return await work();
  } finally {
    await file.unlock();
  }
}
