import { assertEquals } from "@std/assert";

const module = new URL("../../lib/runtime/child.ts", import.meta.url).href;

/** Starts a process whose only work is runDeno(["eval", code]), and waits for its child's "ready". */
async function startParent(code: string): Promise<Deno.ChildProcess> {
  const outer = `import { runDeno } from ${JSON.stringify(module)};
    Deno.exit(await runDeno(["eval", ${JSON.stringify(code)}]));`;
  const parent = new Deno.Command(Deno.execPath(), {
    args: ["eval", outer],
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const reader = parent.stdout.getReader();
  await reader.read();
  await reader.cancel();
  return parent;
}

const wait = "setTimeout(() => {}, 60_000);";

Deno.test("runDeno() passes the exit code through", async () => {
  const parent = await startParent(`console.log("ready"); Deno.exit(130);`);
  assertEquals((await parent.status).code, 130);
});

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  Deno.test(`runDeno() leaves ${signal} to its child`, async () => {
    const parent = await startParent(
      `Deno.addSignalListener("${signal}", () => Deno.exit(7)); console.log("ready"); ${wait}`,
    );
    parent.kill(signal);
    assertEquals((await parent.status).code, 7);
  });
}

Deno.test("runDeno() says by which signal its child ended", async () => {
  const parent = await startParent(`console.log("ready"); Deno.kill(Deno.pid, "SIGKILL"); ${wait}`);
  assertEquals((await parent.status).code, 128 + 9);
});
