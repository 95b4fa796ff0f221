import { assertEquals } from "@std/assert";

Deno.test("ROISEG_DATA_DIR moves the data folder, and nothing else", async () => {
  const paths = JSON.stringify(new URL("../lib/paths.ts", import.meta.url).href);
  const read = async (env: Record<string, string>) => {
    const { stdout } = await new Deno.Command(Deno.execPath(), {
      args: [
        "eval",
        `import { dataFolder, projectRoot, runsFolder } from ${paths};
        console.log(JSON.stringify([projectRoot, dataFolder, runsFolder]));`,
      ],
      cwd: Deno.cwd(),
      env,
    }).output();
    return JSON.parse(new TextDecoder().decode(stdout));
  };
  const [root, data, runs] = await read({ ROISEG_DATA_DIR: "" });
  assertEquals([data, runs], [`${root}/data`, `${root}/data/runs`]);
  assertEquals(await read({ ROISEG_DATA_DIR: "/some/where" }), [
    root,
    "/some/where",
    "/some/where/runs",
  ]);
  assertEquals((await read({ ROISEG_DATA_DIR: "here" }))[1], `${Deno.cwd()}/here`);
});
