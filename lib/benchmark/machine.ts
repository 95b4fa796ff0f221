import { availableParallelism, cpus } from "node:os";
import { deviceName, nativeVersion } from "../tf.ts";
import { nativeLibrary } from "../volume/native_library.ts";

/** What the figures were measured on. */
export interface Machine {
  readonly processor: string;
  /** Processors that the system lists. */
  readonly cores: number;
  /** Threads on which TensorFlow computes an op, and PyTorch beside it. */
  readonly threads: number;
  readonly memoryGb: number;
  /** Processes that wanted to run, on average over the minute before the benchmark. */
  readonly loadBefore: number;
  /** "linux x86_64". */
  readonly system: string;
  /** "CPU" or "CUDA GPU". */
  readonly device: string;
  /** Whether the compiled inner loops of lib/volume are in use. */
  readonly nativeVolumes: boolean;
  /** Of Deno, TensorFlow and, where they are there, of Python and its packages. */
  readonly versions: Readonly<Record<string, string>>;
}

/** What the environment variable of TensorFlow says, else all that this process may use. */
export function threadsOfOps(): number {
  return Number(Deno.env.get("TF_NUM_INTRAOP_THREADS")) || availableParallelism();
}

/** This machine and what runs on it; to be asked before the benchmark, which is a load itself. */
export function describeMachine(peerVersions: Readonly<Record<string, string>> = {}): Machine {
  const processors = cpus();
  return {
    processor: processors[0]?.model.trim() ?? "unknown",
    cores: processors.length,
    threads: threadsOfOps(),
    memoryGb: Math.round(Deno.systemMemoryInfo().total / 1e9),
    loadBefore: Deno.loadavg()[0],
    system: `${Deno.build.os} ${Deno.build.arch}`,
    device: deviceName(),
    nativeVolumes: nativeLibrary() !== null,
    versions: { deno: Deno.version.deno, tensorflow: nativeVersion(), ...peerVersions },
  };
}
