const signalNumbers: Readonly<Record<string, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGABRT: 6,
  SIGKILL: 9,
  SIGSEGV: 11,
  SIGTERM: 15,
};

/** {@linkcode runForeground} for this very Deno. */
export async function runDeno(
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<number> {
  return await runForeground(Deno.execPath(), args, env);
}

/**
 * Runs a program with arguments on this process's own streams and returns its exit code, by the
 * shell's rule 128 + n where signal n ended it. Meanwhile SIGTERM and SIGINT are the child's to
 * handle.
 *
 * @param interruptBy the signal that a SIGINT from no terminal is passed on as
 */
export async function runForeground(
  program: string,
  args: readonly string[],
  env: Record<string, string> = {},
  interruptBy: Deno.Signal = "SIGINT",
): Promise<number> {
  const command = new Deno.Command(program, {
    args: [...args],
    env,
    stdin: "inherit",
    stdout: "inherit",
    stderr: "inherit",
  });
  return await attend(command, { interruptBy });
}

/** How {@linkcode attend} treats a child. */
export interface AttendOptions {
  /** The signal that a SIGINT from no terminal is passed on as; SIGINT unless given. */
  readonly interruptBy?: Deno.Signal;
  /** Once aborted, the child gets a SIGTERM. */
  readonly stop?: AbortSignal;
  /** Is given the child, for its streams. */
  readonly onStart?: (child: Deno.ChildProcess) => void;
}

/** Exit code of a process that SIGTERM ended before it could answer. */
export const terminatedExitCode = 128 + 15;

/**
 * Starts a child, waits for it and returns its exit code, by the shell's rule 128 + n where signal n
 * ended it. Meanwhile, and from before its start, SIGTERM and SIGINT are the child's to handle; it
 * must share this process's standard input, by which a terminal's Ctrl-C is told from another
 * program's SIGINT.
 */
export async function attend(
  command: Deno.Command,
  { interruptBy = "SIGINT", stop, onStart }: AttendOptions = {},
): Promise<number> {
  let child: Deno.ChildProcess | undefined;
  const pass = (signal: Deno.Signal) => {
    try {
      child?.kill(signal);
    } catch {
      // It has ended; its status is on its way.
    }
  };
  const onTerminate = () => pass("SIGTERM");
  // A terminal's Ctrl-C reaches the whole process group; passing it on would be a second one.
  const onInterrupt = () => {
    if (!Deno.stdin.isTerminal()) pass(interruptBy);
  };
  Deno.addSignalListener("SIGTERM", onTerminate);
  Deno.addSignalListener("SIGINT", onInterrupt);
  stop?.addEventListener("abort", onTerminate);
  try {
    child = command.spawn();
    if (stop?.aborted) onTerminate();
    onStart?.(child);
    const { code, signal } = await child.status;
    return signal === null ? code : 128 + (signalNumbers[signal] ?? 0);
  } finally {
    Deno.removeSignalListener("SIGTERM", onTerminate);
    Deno.removeSignalListener("SIGINT", onInterrupt);
    stop?.removeEventListener("abort", onTerminate);
  }
}
