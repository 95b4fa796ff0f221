import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { UserError } from "../../lib/errors.ts";
import { courseSettings } from "../../lib/notebook/course.ts";
import { inProjectFolder, kernelTest, runCells, textOf } from "./kernel.ts";

Deno.test("a preset that does not exist is refused", () => {
  assertThrows(
    () => courseSettings({ data: "phantom", organ: "liver", preset: "small" as "tiny" }),
    UserError,
    "the preset is focus, tiny or paper, but it is small",
  );
});

const start = `
import { basename } from "node:path";
import { courseSettings, latestRun, newRun, openCourse } from "../../lib/notebook/course.ts";
import { showMarkdown } from "../../lib/notebook/show.ts";
const written = { data: "phantom", organ: "liver", preset: "focus" } as const;
const course = await openCourse(courseSettings(written));`;

kernelTest(
  "runs of a course are numbered, found again, trained for what is missing, and watched",
  async (environment) => {
    await inProjectFolder(async (folder) => {
      const cells = await runCells(environment, folder, [
        { code: start },
        {
          code: "const { settings, config, organ, prepared } = course;" +
            "await showMarkdown([settings.preset, config.preset, organ.name, " +
            "prepared.entries.length].join());",
        },
        {
          code: 'const runs = [await newRun(course, "a"), await newRun(course, "a")];' +
            "await showMarkdown(runs.map(({ folder }) => basename(folder)).join());" +
            "await showMarkdown(runs[0].record.splitRule);",
        },
        { code: 'const run = await latestRun(course, ["segmentor"]);' },
        {
          code: 'const again = await latestRun(course, ["segmentor"]);' +
            "await showMarkdown([run, again].map(({ folder }) => basename(folder)).join());",
        },
        {
          code: "const other = { ...course, config: { ...config, seed: 1 } };" +
            'const complete = await latestRun(other, ["detector", "segmentor", "finetune"]);' +
            "await showMarkdown(basename(complete.folder));",
        },
        {
          code: "const withEdge = (edge) => ({ ...course, config: { ...config, " +
            "segmentor: { ...config.segmentor, edge } } });" +
            'const chosen = await latestRun(withEdge("auto"), ["segmentor"]);' +
            'const same = await latestRun(withEdge(chosen.record.roiEdge), ["segmentor"]);' +
            "await showMarkdown([chosen, same].map(({ folder }) => basename(folder)).join());" +
            "await showMarkdown(String(chosen.record.roiEdge !== run.record.roiEdge));",
        },
        {
          code: 'import { trainRun } from "../../lib/training/train_run.ts";' +
            'import { readHistory } from "../../lib/training/history.ts";' +
            'import { historyPath } from "../../lib/training/run_folder.ts";' +
            "const third = { ...course, config: { ...config, seed: 2 } };" +
            'const stopped = await newRun(third, "stopped");' +
            "const stop = new AbortController();" +
            'await trainRun(stopped, prepared, { phases: ["segmentor"], resume: false, ' +
            "stop: stop.signal, keepModel: true, listenTo: () => ({ step: () => stop.abort() }) });" +
            'const ended = await latestRun(third, ["segmentor"]);' +
            "const { length } = await readHistory(historyPath(`${ended.folder}/segmentor`));" +
            "await showMarkdown([basename(ended.folder), length].join());",
        },
        {
          code: 'import { watchRun } from "../../lib/notebook/watch_run.ts";' +
            "await watchRun(complete.folder);",
        },
      ]);
      const [, opened, made, trained, found, others, edges, resumed, watched] = cells;
      // The environment of the session overrules the preset that the cell has.
      assertEquals(textOf(opened), "tiny,tiny,liver,20");
      assertEquals(textOf(made), "notebook-a-1,notebook-a-2\nfold 1/5, seed 0");
      assertEquals(
        trained.outputs[0].data?.["text/plain"],
        "No run has these phases to their end yet, so they are trained now: segmentor.",
      );
      assertEquals(textOf(found), "notebook-a-2,notebook-a-2");
      assertEquals(textOf(others).split("\n").at(-1), "notebook-course-1");
      // A cube's edge by the stage rule is the same training as that edge by its number.
      assertEquals(textOf(edges).split("\n").slice(-2), [
        "notebook-course-2,notebook-course-2",
        "true",
      ]);
      // What a stop left is no model of a phase: the training goes on.
      assertEquals(textOf(resumed).split("\n").at(-1), "notebook-stopped-1,2");
      const media = watched.outputs.map(({ data = {} }) => Object.keys(data).sort().join());
      const figure = "application/vnd.plotly.v1+json,image/png,text/plain";
      assertEquals(media.slice(0, 3), ["text/markdown,text/plain", figure, figure]);
      assertStringIncludes(textOf(watched), "Complete");
    });
  },
);
