import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { inTemporaryFolder } from "../temporary_folder.ts";
import { epochRecord, untrainedRun, writeEpochs, writeModel } from "../report/run_folders.ts";
import { outcomeOf, startVerb } from "./run_verb.ts";

/** Starts `tasks/<verb>.ts`. */
function start(verb: string, ...args: string[]): Deno.ChildProcess {
  return startVerb(verb, args);
}

/** An epoch that ends now. */
function freshEpoch(epoch: number) {
  return epochRecord(epoch, { endedAt: new Date().toISOString() });
}

Deno.test("watch prints once, and follows a growing run to its end with a line an epoch", async () => {
  await inTemporaryFolder(async (dir) => {
    const run = await untrainedRun(`${dir}/run`);
    await writeEpochs(run, "segmentor", [freshEpoch(1)]);
    const phase = ["--phase", "segmentor"];
    const once = await outcomeOf(start("watch", "--run", run.folder, "--once", ...phase));
    assertEquals(once.code, 0, once.stderr);
    assertMatch(once.stdout, /^segmentor +█{8}░{8} {2}1\/2 +0\.7500/m);
    assert(!once.stdout.includes("\x1b"), "no redrawing where nothing can be redrawn");

    const child = start("watch", "--run", run.folder, ...phase);
    const following = outcomeOf(child);
    await writeEpochs(run, "segmentor", [freshEpoch(2)]);
    await writeModel(run, "segmentor");
    const { code, stdout, stderr } = await following;
    assertEquals(code, 0, stderr);
    assertEquals(stdout.match(/^segmentor epoch (\d)\/2 /gm), [
      "segmentor epoch 1/2 ",
      "segmentor epoch 2/2 ",
    ]);
    assertMatch(stdout, /Complete, after 0:04 of training\.\n$/);
  });
});

Deno.test("to stop watching is no failure; a folder without a run is", async () => {
  await inTemporaryFolder(async (dir) => {
    const run = await untrainedRun(`${dir}/run`);
    await writeEpochs(run, "segmentor", [freshEpoch(1)]);
    const child = start("watch", "--run", run.folder);
    let printed = "";
    for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
      printed += text;
      // Its last line before it waits: from then on it listens.
      if (/last sign of life .*\n/.test(text)) child.kill("SIGINT");
    }
    assertMatch(printed, /^segmentor epoch 1/);
    await child.stderr.cancel();
    assertEquals((await child.status).code, 0);
    const { code, stderr } = await outcomeOf(start("watch", "--run", dir));
    assertEquals(code, 1);
    assertStringIncludes(stderr, "run.json");
  });
});

Deno.test("report writes its page, says when it replaces one, and spares other files", async () => {
  await inTemporaryFolder(async (dir) => {
    const run = await untrainedRun(`${dir}/run`);
    const first = await outcomeOf(start("report", "--run", run.folder));
    assertEquals([first.code, first.stdout], [0, `${run.folder}/report.html\n`], first.stderr);
    const again = await outcomeOf(start("report", "--run", run.folder));
    assertEquals(again.stdout, `${run.folder}/report.html (replaces an older report)\n`);
    const record = `${run.folder}/run.json`;
    const before = await Deno.readTextFile(record);
    const wrong = await outcomeOf(start("report", "--run", run.folder, "--output", record));
    assertEquals(wrong.code, 1);
    assertStringIncludes(wrong.stderr, "only a report may be replaced");
    assertEquals(await Deno.readTextFile(record), before);
  });
});
