/** How the notebooks behave in Jupyter, seen through a real kernel. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { exists } from "../../lib/files.ts";
import { projectRoot } from "../../lib/paths.ts";
import type { Figure } from "../../lib/figures/figure.ts";
import { inProjectFolder, kernelTest, runCells, type StepResult, textOf } from "./kernel.ts";

const openCourse = `
import { courseSettings, environmentTable, newRun, openCourse } from "../../lib/notebook/course.ts";
import { showMarkdown } from "../../lib/notebook/show.ts";
import { trainLive } from "../../lib/notebook/train_live.ts";
const written = { data: "phantom", organ: "spleen", preset: "focus" } as const;
const opened = await openCourse(courseSettings(written));
const { segmentor, ...others } = opened.config.phases;
const phases = { ...others, segmentor: { ...segmentor, epochs: 10_000 } };
const course = { ...opened, config: { ...opened.config, phases } };
const run = await newRun(course, "stop");
await showMarkdown(environmentTable());`;

kernelTest(
  "Stop ends a training gracefully, with the model kept, and the kernel goes on",
  async (environment) => {
    await inProjectFolder(async (folder) => {
      const train = 'const parts = await trainLive(run, course.prepared, ["segmentor"]);';
      const [opened, trained, after, resumed, stray] = await runCells(environment, folder, [
        { code: openCourse },
        { code: train, stopAt: "2 of 10000" },
        { code: "await showMarkdown(`${parts[0].result.stopped} ${parts[0].result.epochs > 0}`);" },
        { code: train, stopAt: "of 10000" },
        {
          code: `await showMarkdown("waiting");
await new Promise((resolve) => setTimeout(resolve, 1000));
await showMarkdown("still here");`,
          stopAt: "waiting",
        },
      ]);
      assertEquals(opened.status, "ok", textOf(opened));
      assertStringIncludes(textOf(opened), "| device | ");
      assertStringIncludes(textOf(opened), `| Deno | ${Deno.version.deno} |`);
      assertEquals([trained.status, trained.alive], ["ok", true], textOf(trained));
      assertStringIncludes(textOf(trained), "Stopped. The model so far is kept in notebook-stop-1");
      // Loss and score, each replaced in place, and a sentence.
      assertEquals(new Set(trained.outputs.map(({ transient }) => transient?.display_id)).size, 3);
      assertEquals(textOf(after), "true true");
      const phase = `${folder}/data/runs/notebook-stop-1/segmentor`;
      assert(await exists(`${phase}/model.safetensors`));
      assert(await exists(`${phase}/checkpoint.safetensors`));
      assertStringIncludes(textOf(resumed), "Stopped.");
      assertEquals(firstEpochs(resumed), new Set([1]), "the curves begin where they began before");
      assertEquals([stray.status, stray.alive], ["ok", true]);
      assertStringIncludes(textOf(stray), "still here");
    });
  },
);

kernelTest(
  "a native backend that is missing explains itself in one sentence",
  async (environment) => {
    await inProjectFolder(async (folder) => {
      await copyWithoutNative(`${folder}/copy`);
      const [result] = await runCells(environment, `${folder}/copy/notebooks`, [
        { code: 'import { environmentTable } from "../lib/notebook/course.ts";' },
      ]);
      assertEquals([result.status, result.alive], ["error", true]);
      assertEquals(result.outputs.map(({ evalue }) => evalue), [
        "cannot load TensorFlow: its native library must be set up once in this checkout. " +
        "Run `deno task setup`",
      ]);
    });
  },
);

/** Where the curves of a step's figures begin. */
function firstEpochs({ outputs }: StepResult): Set<number> {
  return new Set(outputs.flatMap(({ data }) => {
    const figure = data?.["application/vnd.plotly.v1+json"] as unknown as Figure | undefined;
    return figure === undefined ? [] : (figure.data[0].x as number[])[0];
  }));
}

/** A checkout that was not set up: the packages are there, but not what set-up puts into them. */
async function copyWithoutNative(target: string): Promise<void> {
  await Deno.mkdir(`${target}/notebooks`, { recursive: true });
  await copyFolder(`${projectRoot}/lib`, `${target}/lib`);
  await Deno.copyFile(`${projectRoot}/deno.json`, `${target}/deno.json`);
  await Deno.symlink(`${projectRoot}/node_modules`, `${target}/node_modules`);
  const path = `${target}/lib/runtime/native_files.ts`;
  const text = await Deno.readTextFile(path);
  await Deno.writeTextFile(path, text.replace("lib/napi-v8/", "lib/napi-v8-not-set-up/"));
}

async function copyFolder(source: string, target: string): Promise<void> {
  await Deno.mkdir(target, { recursive: true });
  for await (const { name, isDirectory } of Deno.readDir(source)) {
    if (isDirectory) await copyFolder(`${source}/${name}`, `${target}/${name}`);
    else await Deno.copyFile(`${source}/${name}`, `${target}/${name}`);
  }
}
