import { dirname } from "node:path";
import { makeFolder, writing } from "../files.ts";
import { attend } from "../runtime/child.ts";

/** How {@linkcode runChild} starts a process. */
export interface RunChildOptions {
  readonly args: readonly string[];
  /** Where its output goes, at the end of what is there; this process's own streams unless given. */
  readonly logPath?: string;
  /** Once aborted, the child is asked to save and to stop. */
  readonly stop?: AbortSignal;
}

/** Runs this very Deno with arguments and returns its exit code; signals are passed on to it. */
export async function runChild({ args, logPath, stop }: RunChildOptions): Promise<number> {
  const output = logPath === undefined ? "inherit" : "piped";
  const command = new Deno.Command(Deno.execPath(), {
    args: [...args],
    stdin: "inherit",
    stdout: output,
    stderr: output,
  });
  let logged: Promise<void> | undefined;
  const code = await attend(command, {
    stop,
    onStart: (child) => {
      if (logPath !== undefined) logged = writeLog(child, logPath);
    },
  });
  await logged;
  return code;
}

async function writeLog(child: Deno.ChildProcess, path: string): Promise<void> {
  await makeFolder(dirname(path));
  using file = await writing(path, () => Deno.open(path, { append: true, create: true }));
  const copy = async (stream: ReadableStream<Uint8Array>) => {
    for await (const chunk of stream) {
      for (let done = 0; done < chunk.length;) done += await file.write(chunk.subarray(done));
    }
  };
  await Promise.all([copy(child.stdout), copy(child.stderr)]);
}
