/** What a finished program left. */
export interface ProgramResult {
  readonly success: boolean;
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** How {@link runProgram} runs a program. */
export interface ProgramOptions {
  readonly cwd?: string;
  readonly env?: Record<string, string>;
  readonly input?: string;
  /** The program is ended after this long; its result is then not a success. */
  readonly timeoutMs?: number;
}

/** Runs a program to its end and keeps what it printed; undefined where there is no such program. */
export async function runProgram(
  name: string,
  args: readonly string[],
  { cwd, env, input, timeoutMs }: ProgramOptions = {},
): Promise<ProgramResult | undefined> {
  try {
    const child = new Deno.Command(name, {
      args: [...args],
      cwd,
      env,
      stdin: input === undefined ? "null" : "piped",
      stdout: "piped",
      stderr: "piped",
      signal: timeoutMs === undefined ? undefined : AbortSignal.timeout(timeoutMs),
    }).spawn();
    if (input !== undefined) {
      const writer = child.stdin.getWriter();
      await writer.write(new TextEncoder().encode(input)).catch(() => {});
      await writer.close().catch(() => {});
    }
    const { success, code, stdout, stderr } = await child.output();
    const decoder = new TextDecoder();
    return {
      success,
      code,
      stdout: decoder.decode(stdout),
      stderr: decoder.decode(stderr),
    };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
