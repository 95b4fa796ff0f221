/**
 * The largest physical memory in bytes that the process has held since it began, or since
 * {@linkcode resetPeakProcessBytes}. Linux tells it (`VmHWM`); elsewhere this is what the process
 * holds now, which can be less.
 */
export function peakProcessBytes(): number {
  try {
    const status = Deno.readTextFileSync("/proc/self/status");
    const line = /^VmHWM:\s+(\d+) kB$/m.exec(status);
    if (line) return Number(line[1]) * 1024;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return Deno.memoryUsage().rss;
}

/** Lets the peak begin anew, as Linux allows; returns false where that cannot be done. */
export function resetPeakProcessBytes(): boolean {
  try {
    Deno.writeTextFileSync("/proc/self/clear_refs", "5", { create: false });
    return true;
  } catch {
    return false;
  }
}
