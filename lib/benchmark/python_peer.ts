import { fileURLToPath } from "node:url";
import { UserError } from "../errors.ts";

const serverPath = fileURLToPath(new URL("./peer_server.py", import.meta.url));

/** The Python packages that comparisons are made with. */
export const peerPackages: readonly string[] = ["torch", "nibabel", "scipy"];

/** A request to `peer_server.py`: the name of one of its methods, and its arguments. */
export interface PeerRequest {
  readonly do: string;
  readonly [argument: string]: unknown;
}

/** Versions of Python and of its packages, by name; a package that is missing has none. */
export type PeerVersions = Readonly<Record<string, string>>;

/**
 * The Python program that does the same work with PyTorch, nibabel and SciPy: a process that lives
 * as long as the benchmark and answers one request at a time.
 */
export class PythonPeer {
  readonly versions: PeerVersions;
  readonly #process: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  readonly #lines: AsyncIterator<string>;

  private constructor(process: Deno.ChildProcess, lines: AsyncIterator<string>) {
    this.#process = process;
    this.#input = process.stdin.getWriter();
    this.#lines = lines;
    this.versions = {};
  }

  /**
   * Starts the program.
   *
   * @param command the Python to run
   * @param threads how many threads PyTorch may use
   * @throws UserError when the command does not run, or is a Python without NumPy
   */
  static async start(command: string, threads: number): Promise<PythonPeer> {
    const fault = (seen: string) =>
      new UserError({
        what: "cannot compare with the Python programs",
        rule: `${command} must run and have NumPy`,
        seen,
        remedy: "Give a Python that has torch, nibabel and scipy with --python",
      });
    let process: Deno.ChildProcess;
    try {
      process = new Deno.Command(command, {
        args: ["-u", serverPath],
        env: { OMP_NUM_THREADS: String(threads), PYTHONDONTWRITEBYTECODE: "1" },
        stdin: "piped",
        stdout: "piped",
        stderr: "null",
      }).spawn();
    } catch (error) {
      throw fault(error instanceof Error ? `refused (${error.message})` : "refused");
    }
    const peer = new PythonPeer(process, textLines(process.stdout));
    try {
      const versions = await peer.ask<PeerVersions>({ do: "about", threads });
      return Object.assign(peer, { versions });
    } catch (error) {
      await peer.stop();
      throw fault(error instanceof Error ? error.message : String(error));
    }
  }

  /**
   * The answer to a request.
   *
   * @throws Error with the program's own message when it fails or has ended
   */
  async ask<Answer>(request: PeerRequest): Promise<Answer> {
    await this.#input.write(new TextEncoder().encode(JSON.stringify(request) + "\n"));
    const { value, done } = await this.#lines.next();
    if (done) throw new Error("the Python program has ended");
    const answer = JSON.parse(value);
    if (typeof answer?.error === "string") throw new Error(answer.error);
    return answer;
  }

  /** Ends the program. */
  async stop(): Promise<void> {
    await this.#input.close().catch(() => {});
    await this.#process.status;
  }
}

async function* textLines(bytes: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  let rest = "";
  const decoder = new TextDecoder();
  for await (const chunk of bytes) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
}
