import { deviceName } from "../tf.ts";

/**
 * The GPU memory in bytes that the driver says this process holds, or all processes together where
 * the driver does not know it by its number, as in a container. TensorFlow gives nothing back before
 * the process ends, so this is the most that it has held.
 *
 * @returns `undefined` where TensorFlow computes on no GPU, or `nvidia-smi` does not answer
 */
export async function gpuBytes(): Promise<number | undefined> {
  if (deviceName() === "CPU") return undefined;
  const ofProcesses = await ask("--query-compute-apps=pid,used_memory");
  const own = ofProcesses === undefined ? undefined : mebibytesOf(ofProcesses, Deno.pid);
  const mebibytes = own ?? totalMebibytes(await ask("--query-gpu=memory.used") ?? "");
  return mebibytes === undefined ? undefined : mebibytes * 2 ** 20;
}

/** The memory of a process in `nvidia-smi`'s lines "pid, MiB"; a process may use several GPUs. */
export function mebibytesOf(lines: string, pid: number): number | undefined {
  return sum(
    rowsOf(lines).filter(([process]) => process === pid).map(([, mebibytes]) => mebibytes),
  );
}

/** The sum of `nvidia-smi`'s lines "MiB", one for each GPU. */
export function totalMebibytes(lines: string): number | undefined {
  return sum(rowsOf(lines).map(([mebibytes]) => mebibytes));
}

/** Cells that are no numbers, "[N/A]" for instance, are left out by {@linkcode sum}. */
function rowsOf(lines: string): number[][] {
  return lines.split("\n").filter((line) => line.trim() !== "")
    .map((line) => line.split(",").map(Number));
}

function sum(values: readonly number[]): number | undefined {
  const known = values.filter((value) => Number.isFinite(value));
  return known.length === 0 ? undefined : known.reduce((total, value) => total + value, 0);
}

async function ask(query: string): Promise<string | undefined> {
  try {
    const { success, stdout } = await new Deno.Command("nvidia-smi", {
      args: [query, "--format=csv,noheader,nounits"],
      stderr: "null",
    }).output();
    return success ? new TextDecoder().decode(stdout) : undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
