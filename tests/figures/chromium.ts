/**
 * A page in headless Chromium, driven by the DevTools protocol
 * (chromedevtools.github.io/devtools-protocol): for tests that look at pages as a reader would.
 */

/** The path of a Chromium on PATH; undefined when there is none. */
export function findChromium(): string | undefined {
  const folders = (Deno.env.get("PATH") ?? "").split(":").filter((folder) => folder !== "");
  const names = ["chromium", "chromium-browser", "google-chrome"];
  return names.flatMap((name) => folders.map((folder) => `${folder}/${name}`)).find(isFile);
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

/** A page that is open. Closing it ends its Chromium. */
export interface BrowserPage extends AsyncDisposable {
  /** Errors on the console and exceptions so far, in their order. */
  readonly errors: readonly string[];
  /** The value of a JavaScript expression in the page, awaited; it must fit into JSON. */
  readonly evaluate: (expression: string) => Promise<unknown>;
  /** A PNG of what is seen, or of the whole page. */
  readonly screenshot: (whole?: boolean) => Promise<Uint8Array>;
}

/** Opens an address and waits until it has loaded. */
export async function openPage(
  address: string,
  [width, height]: readonly [number, number] = [1200, 800],
): Promise<BrowserPage> {
  const program = findChromium();
  if (program === undefined) throw new Error("there is no Chromium on PATH");
  const profile = await Deno.makeTempDir({ prefix: "chromium-" });
  const browser = new Deno.Command(program, {
    args: [...flags, `--user-data-dir=${profile}`, `--window-size=${width},${height}`],
    stdout: "null",
    stderr: "null",
  }).spawn();
  const end = async () => {
    browser.kill("SIGKILL");
    await browser.status;
    await removeFolder(profile);
  };
  try {
    const connection = await Connection.open(await debuggerAddress(profile));
    const page = await loadPage(connection, address);
    return {
      ...page,
      [Symbol.asyncDispose]: async () => {
        await connection.close();
        await end();
      },
    };
  } catch (error) {
    await end();
    throw error;
  }
}

const flags = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--enable-unsafe-swiftshader",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--disable-dev-shm-usage",
  "--hide-scrollbars",
  "--remote-debugging-port=0",
];

/** Chromium writes its debugger's port and path into a file of its profile. */
async function debuggerAddress(profile: string): Promise<string> {
  for (let attempt = 0; attempt < 300; attempt++) {
    const text = await Deno.readTextFile(`${profile}/DevToolsActivePort`).catch(() => "");
    const [port, path] = text.split("\n");
    if (path) return `ws://127.0.0.1:${port}${path}`;
    await pause(100);
  }
  throw new Error("Chromium did not start within 30 s");
}

async function loadPage(
  connection: Connection,
  address: string,
): Promise<Omit<BrowserPage, keyof AsyncDisposable>> {
  const { targetId } = await connection.send("Target.createTarget", { url: "about:blank" });
  const { sessionId } = await connection.send("Target.attachToTarget", { targetId, flatten: true });
  const send = (method: string, values: Message = {}) =>
    connection.send(method, values, String(sessionId));
  const errors: string[] = [];
  const loaded = new Promise<void>((resolve) => {
    connection.listen((method, values) => {
      if (method === "Page.loadEventFired") resolve();
      const error = errorOf(method, values);
      if (error !== undefined) errors.push(error);
    });
  });
  for (const domain of ["Page", "Runtime", "Log"]) await send(`${domain}.enable`);
  await send("Page.navigate", { url: address });
  await loaded;
  return {
    errors,
    evaluate: async (expression) => {
      const { result, exceptionDetails } = await send("Runtime.evaluate", {
        expression,
        awaitPromise: true,
        returnByValue: true,
      });
      if (exceptionDetails) throw new Error(JSON.stringify(exceptionDetails));
      return (result as Message).value;
    },
    screenshot: async (whole = false) => {
      const { data } = await send("Page.captureScreenshot", { captureBeyondViewport: whole });
      return Uint8Array.from(atob(String(data)), (character) => character.charCodeAt(0));
    },
  };
}

/** What an event of the protocol says of an error; undefined when it is none. */
function errorOf(method: string, values: Message): string | undefined {
  const { type, args, entry, exceptionDetails } = values as {
    type?: string;
    args?: Message[];
    entry?: { level: string; text: string };
    exceptionDetails?: { text: string; exception?: { description?: string } };
  };
  if (method === "Runtime.exceptionThrown") {
    return exceptionDetails?.exception?.description ?? exceptionDetails?.text;
  }
  if (method === "Runtime.consoleAPICalled" && type === "error") return JSON.stringify(args);
  if (method === "Log.entryAdded" && entry?.level === "error") return entry.text;
  return undefined;
}

type Message = Record<string, unknown>;

/** The protocol's messages over a WebSocket. */
class Connection {
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, PromiseWithResolvers<Message>>();
  readonly #listeners: ((method: string, values: Message) => void)[] = [];
  #sent = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.onmessage = ({ data }) => this.#receive(JSON.parse(data));
  }

  static async open(address: string): Promise<Connection> {
    const socket = new WebSocket(address);
    await new Promise((resolve, reject) => {
      socket.onopen = resolve;
      socket.onerror = reject;
    });
    return new Connection(socket);
  }

  listen(listener: (method: string, values: Message) => void): void {
    this.#listeners.push(listener);
  }

  send(method: string, params: Message, sessionId?: string): Promise<Message> {
    const id = ++this.#sent;
    const answer = Promise.withResolvers<Message>();
    this.#waiting.set(id, answer);
    this.#socket.send(JSON.stringify({ id, method, params, sessionId }));
    return answer.promise;
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#socket.onclose = resolve);
    this.#socket.close();
    await closed;
  }

  #receive({ id, result, error, method, params }: {
    id?: number;
    result?: Message;
    error?: { message: string };
    method?: string;
    params?: Message;
  }): void {
    if (id === undefined) {
      for (const listener of this.#listeners) listener(method ?? "", params ?? {});
      return;
    }
    if (error) this.#waiting.get(id)?.reject(new Error(error.message));
    else this.#waiting.get(id)?.resolve(result ?? {});
    this.#waiting.delete(id);
  }
}

/** Chromium's helpers may still write for a moment after its end. */
async function removeFolder(path: string): Promise<void> {
  for (let attempt = 0; attempt < 20; attempt++) {
    try {
      return await Deno.remove(path, { recursive: true });
    } catch {
      await pause(100);
    }
  }
}

function pause(durationMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, durationMs));
}
