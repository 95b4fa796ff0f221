/** How a test server behaves. */
export interface ServerPlan {
  /** Content by path. */
  files: Record<string, Uint8Array<ArrayBuffer> | string>;
  /** For each request in turn, the bytes after which the connection breaks; undefined: whole. */
  breakAfter?: (number | undefined)[];
  /** For each request in turn, a status to answer with instead. */
  statuses?: (number | undefined)[];
  /** Answer as if it knew no ranges. */
  noRanges?: boolean;
  etag?: string;
}

/** What a request asked for. */
export interface SeenRequest {
  readonly path: string;
  readonly range: string | null;
  readonly ifRange: string | null;
}

/** Runs a test against an HTTP server on this machine that keeps to a plan and logs requests. */
export async function withServer(
  plan: ServerPlan,
  test: (origin: string, seen: SeenRequest[]) => Promise<void>,
): Promise<void> {
  const seen: SeenRequest[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    const path = new URL(request.url).pathname;
    const range = request.headers.get("Range");
    const ifRange = request.headers.get("If-Range");
    const turn = seen.push({ path, range, ifRange }) - 1;
    return answer(plan, turn, path, range, ifRange);
  });
  try {
    await test(`http://127.0.0.1:${server.addr.port}`, seen);
  } finally {
    await server.shutdown();
  }
}

function answer(
  plan: ServerPlan,
  turn: number,
  path: string,
  range: string | null,
  ifRange: string | null,
): Response {
  const status = plan.statuses?.[turn];
  if (status !== undefined) return new Response("no", { status });
  const content = plan.files[path];
  if (content === undefined) return new Response("no", { status: 404 });
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  const from = Number(range?.match(/^bytes=(\d+)-$/)?.[1] ?? 0);
  const isSame = ifRange === null || ifRange === plan.etag;
  const isPart = range !== null && !plan.noRanges && isSame;
  const headers: Record<string, string> = plan.etag === undefined ? {} : { ETag: plan.etag };
  if (isPart && from >= bytes.length) {
    headers["Content-Range"] = `bytes */${bytes.length}`;
    return new Response(null, { status: 416, headers });
  }
  const sent = isPart ? bytes.subarray(from) : bytes;
  headers["Content-Length"] = String(sent.length);
  if (isPart) headers["Content-Range"] = `bytes ${from}-${bytes.length - 1}/${bytes.length}`;
  const body = breakingBody(sent, plan.breakAfter?.[turn]);
  return new Response(body, { status: isPart ? 206 : 200, headers });
}

/** Sends the bytes in pieces and breaks the connection after some of them. */
function breakingBody(bytes: Uint8Array, breakAfter = Infinity): ReadableStream<Uint8Array> {
  const pieceBytes = 10_000;
  let at = 0;
  return new ReadableStream({
    async pull(controller) {
      // Lets the piece before arrive; an end at once would discard it.
      await new Promise((resolve) => setTimeout(resolve, 2));
      // Fewer bytes than declared: the server then breaks the connection.
      if (at >= Math.min(breakAfter, bytes.length)) return controller.close();
      controller.enqueue(bytes.slice(at, at += pieceBytes));
    },
  });
}
