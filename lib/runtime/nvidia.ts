/** What is known of an NVIDIA GPU without loading its driver. */
export interface NvidiaDriver {
  /** The driver's own version line, or "" where it gives none. */
  readonly version: string;
}

/**
 * The NVIDIA driver of this machine, or undefined where there is none or no GPU device is visible.
 * Reads two files of the Linux kernel, so that it costs nothing on every start.
 */
export function findNvidiaDriver(): NvidiaDriver | undefined {
  if (Deno.build.os !== "linux") return undefined;
  try {
    Deno.statSync("/dev/nvidiactl");
  } catch {
    return undefined;
  }
  try {
    const [version = ""] = Deno.readTextFileSync("/proc/driver/nvidia/version").split("\n");
    return { version };
  } catch {
    return { version: "" };
  }
}
