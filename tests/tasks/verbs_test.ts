import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { inTemporaryFolder } from "../temporary_folder.ts";
import { type Outcome, outcomeOf, runVerb, startVerb } from "./run_verb.ts";

/** Runs `tasks/<verb>.ts`. */
async function verb(name: string, ...args: string[]): Promise<Outcome> {
  return await runVerb(name, args);
}

async function succeed(name: string, ...args: string[]): Promise<Outcome> {
  const outcome = await verb(name, ...args);
  assertEquals(outcome.code, 0, outcome.stderr);
  return outcome;
}

/** The verb must fail with this code, these words and no stack. */
async function fail(code: number, words: readonly string[], name: string, ...args: string[]) {
  const outcome = await verb(name, ...args);
  assertEquals(outcome.code, code, outcome.stderr);
  for (const word of words) assertStringIncludes(outcome.stderr, word);
  assert(outcome.stderr.includes("error: ") && !outcome.stderr.includes("    at "), outcome.stderr);
}

/** Runs what does not wait for each other two by two, as many as a small machine has cores. */
async function inPairs(jobs: readonly (() => Promise<unknown>)[]): Promise<void> {
  for (let i = 0; i < jobs.length; i += 2) {
    await Promise.all(jobs.slice(i, i + 2).map((job) => job()));
  }
}

/** The lines of a phase's history, without what a clock decides. */
async function history(run: string, phase: string): Promise<unknown[]> {
  const lines = (await Deno.readTextFile(`${run}/${phase}/history.jsonl`)).trim().split("\n");
  return lines.map((line) => {
    const { seconds: _, endedAt: __, ...record } = JSON.parse(line);
    return record;
  });
}

async function countLines(path: string): Promise<number> {
  const text = await Deno.readTextFile(path).catch(() => "");
  return text.split("\n").length - 1;
}

const parts = ["detector/xy", "detector/yz", "detector/xz", "segmentor", "finetune"];
const tiny = ["--preset", "tiny", "--set", "phases.detector.epochs=12"];

Deno.test("help of every verb that works on data says its flags and runs nothing", async () => {
  const flags = {
    phantom: ["--output"],
    check: ["--data", "--organ"],
    prepare: ["--data", "--cube", "--output DIR"],
    download: ["Usage", "--output DIR"],
    train: [
      ...["--organ", "--resume", "--fold", "--model segmentor|segformer3d", "--weights"],
      ...["--data amos22 --organ prostate/uterus", "--data amos22 --organ spleen"],
    ],
    evaluate: ["--run", "--mode", "gt-roi|with-crop|without-crop"],
    predict: ["--model", "--input", "--output", "--resume"],
    export: ["--run", "--phase finetune|segmentor|whole", "--output"],
    demo: ["--organ"],
  };
  await inPairs(
    Object.entries(flags).map(([name, words]) => async () => {
      const { stdout } = await succeed(name, "--help");
      assertStringIncludes(stdout, `Usage: deno task ${name}`);
      for (const word of words) assertStringIncludes(stdout, word);
    }),
  );
});

Deno.test("download takes the data set's name as a bare word; demo knows its organs beforehand", () =>
  inPairs([
    () => fail(1, ["cannot download amos2", "Did you mean amos22?"], "download", "amos2"),
    async () => {
      const { code, stdout, stderr } = await verb("demo", "--organ", "livr");
      assertEquals([code, stdout], [1, ""], stderr);
      assertStringIncludes(stderr, 'Did you mean "liver"?');
    },
  ]));

Deno.test("from nothing to masks, verb by verb", async (t) => {
  await inTemporaryFolder(async (dir) => {
    const [raw, prepared, run] = [`${dir}/raw`, `${dir}/prepared`, `${dir}/run`];
    let sound = true;
    /** A step that is left out once one has failed: each needs those before it. */
    const step = async (name: string, work: () => Promise<void>) => {
      if (sound) sound = await t.step(name, work);
    };

    await step("phantom, check and prepare", async () => {
      const size = ["--width", "48", "--height", "40", "--depth", "24"];
      await succeed("phantom", "--output", raw, "--cases", "6", ...size);
      const checked = await succeed("check", "--data", raw, "--organ", "liver", "--jobs", "1");
      assertMatch(checked.stdout, /^raw .*: 6 cases$/m);
      assertMatch(checked.stdout, /\b0 errors/);
      const prepare = ["--data", raw, "--output", prepared, "--cube", "32", "--jobs", "1"];
      const first = await succeed("prepare", ...prepare);
      assertStringIncludes(first.stdout, "6 cases prepared, 0 current, 0 failed");
      const again = await succeed("prepare", ...prepare);
      assertStringIncludes(again.stdout, "0 cases prepared, 6 current, 0 failed");
    });

    await step(
      "a training that is interrupted and resumed is that of one that is not",
      async () => {
        const data = ["--data", prepared, "--organ", "liver", ...tiny];
        const child = startVerb("launch", ["train", ...data, "--run", run]);
        const interrupted = outcomeOf(child);
        let ended = false;
        interrupted.then(() => ended = true);
        while (!ended && await countLines(`${run}/detector/xy/history.jsonl`) < 3) {
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
        if (!ended) child.kill("SIGINT");
        const { code, stdout, stderr } = await interrupted;
        assertEquals(code, 130, stderr);
        assertStringIncludes(stdout, "stopped, saved");
        assertStringIncludes(stderr, "4 training, 1 validation, 1 test cases");
        assertEquals(await countLines(`${run}/segmentor/history.jsonl`), 0, "stopped too late");

        const resumed = await succeed("train", "--run", run, "--resume");
        for (const name of ["detector-xy", "detector-xz", "segmentor", "finetune"]) {
          assertMatch(resumed.stdout, new RegExp(`^${name}: done, best validation`, "m"));
        }
        const same = await succeed("train", ...data, "--run", run, "--resume");
        assertMatch(same.stdout, /^finetune: done/m);
        await Deno.mkdir(`${dir}/runs`);
        await Deno.symlink(run, `${dir}/runs/by-name`);
        const byName = await runVerb("train", [...data, "--run", "by-name", "--resume"], dir);
        assertMatch(byName.stdout, /^finetune: done/m, byName.stderr);
        await succeed("train", ...data, "--run", `${dir}/whole`);
        for (const part of parts) {
          assertEquals(await history(run, part), await history(`${dir}/whole`, part), part);
          const [a, b] = await Promise.all(
            [run, `${dir}/whole`].map((folder) => Deno.stat(`${folder}/${part}/model.safetensors`)),
          );
          assertEquals(a.size, b.size);
        }
      },
    );

    await step("evaluate prints and writes the tables", async () => {
      const { stdout } = await succeed("evaluate", "--run", run);
      assertStringIncludes(stdout, "Dice");
      const folder = `${run}/evaluation`;
      const csv = (await Deno.readTextFile(`${folder}/cases.csv`)).trim().split("\r\n");
      // Ground truth's and detector's region, in the cube and in the scan; `whole` is not trained.
      assertEquals(csv.length, 1 + 4);
      const evaluation = JSON.parse(await Deno.readTextFile(`${folder}/evaluation.json`));
      assertEquals(evaluation.cases.length, 4);
      assertStringIncludes(stdout, (await Deno.readTextFile(`${folder}/report.md`)).trim());
    });

    await step("score finds in the masks what evaluate measured", async () => {
      const masks = `${run}/evaluation/masks/withCrop`;
      const args = [
        "--masks",
        masks,
        "--data",
        raw,
        "--organ",
        "liver",
        "--output",
        `${dir}/scores`,
      ];
      const { stdout } = await succeed("score", ...args);
      assertStringIncludes(stdout, (await Deno.readTextFile(`${dir}/scores/scores.md`)).trim());
      const csv = await Deno.readTextFile(`${dir}/scores/scores.csv`);
      const [header, row] = csv.trim().split("\r\n").map((line) => line.split(","));
      const { cases } = JSON.parse(await Deno.readTextFile(`${run}/evaluation/evaluation.json`));
      const own = cases.find((one: Record<string, unknown>) =>
        one.mode === "withCrop" && one.space === "scan"
      );
      for (const name of ["caseId", "dice", "hd95Mm", "nsd"]) {
        assertEquals(row[header.indexOf(name)], String(own[name]));
      }
      await fail(1, ["scores.csv", "--output"], "score", ...args);
      // Without an organ every label of the data set is measured.
      const all = await succeed("score", "--masks", masks, "--data", raw);
      for (const organ of ["liver", "spleen"]) {
        assertStringIncludes(all.stdout, `\n| ${organ} | 1 `);
      }
    });

    await step("predict goes on after a scan that fails, and overwrites nothing", async () => {
      const [input, output] = [`${dir}/scans`, `${dir}/masks`];
      await Deno.mkdir(input);
      for (const [i, name] of ["a", "c"].entries()) {
        const source = `${raw}/imagesTr/phantom_00${i}_0000.nii.gz`;
        await Deno.copyFile(source, `${input}/${name}.nii.gz`);
      }
      await Deno.writeTextFile(`${input}/b.nii.gz`, "damaged");
      const args = ["--model", run, "--input", input, "--output", output];
      const first = await verb("predict", ...args);
      assertEquals(first.code, 1);
      assertStringIncludes(first.stderr, "1 of 3 scans failed");
      assertStringIncludes(first.stderr, "b.nii.gz");
      const masks = async () =>
        await Promise.all(["a", "c"].map((name) => Deno.readFile(`${output}/${name}.nii.gz`)));
      const before = await masks();
      assertEquals(first.stdout.match(/liver \d+\.\d ml/g)?.length, 2);
      const again = await verb("predict", ...args);
      assertEquals(again.code, 1);
      assertStringIncludes(again.stderr, "3 of 3 scans failed");
      assertEquals(await masks(), before);
      const resumed = await verb("predict", ...args, "--resume");
      assertEquals(resumed.code, 1);
      assertStringIncludes(resumed.stderr, "1 of 1 scans failed");
      assertStringIncludes(resumed.stdout, "2 were there already");
      await Deno.remove(`${input}/b.nii.gz`);
      assertEquals((await succeed("predict", ...args, "--resume")).stderr.includes("error"), false);
      assertEquals(await masks(), before);
      await succeed(
        "predict",
        "--model",
        run,
        "--input",
        `${input}/c.nii.gz`,
        "--output",
        `${dir}/m`,
      );
    });

    await step(
      "another model takes the segmentor's place, and its weights go to PyTorch",
      async () => {
        const peer = [`${dir}/peer`, `${dir}/peer.safetensors`];
        const changes = ["--set", "phases.whole.epochs=1", "--model", "slim-unetr"];
        const data = ["--data", prepared, "--organ", "liver", ...tiny, ...changes];
        const { stderr } = await succeed("train", ...data, "--phase", "whole", "--run", peer[0]);
        assertStringIncludes(
          stderr,
          "Slim UNETR takes the segmentor's place; on a region, the cube",
        );
        const { stdout } = await succeed("export", "--run", peer[0], "--output", peer[1]);
        assertStringIncludes(stdout, "Slim UNETR, phase whole");
        await fail(1, ["there already"], "export", "--run", peer[0], "--output", peer[1]);
      },
    );

    await step("an output that cannot be written is an error of use", async () => {
      const file = `${dir}/file`;
      await Deno.writeTextFile(file, "");
      const output = `${file}/below`;
      const words = ["cannot write", file, "blocked by a file"];
      const data = ["--data", prepared, "--organ", "liver", "--preset", "tiny"];
      const scan = `${raw}/imagesTr/phantom_000_0000.nii.gz`;
      await inPairs([
        () => fail(1, words, "predict", "--model", run, "--input", scan, "--output", output),
        () => fail(1, words, "evaluate", "--run", run, "--output", file),
        () => fail(1, words, "report", "--run", run, "--output", output),
        () => fail(1, words, "export", "--run", run, "--output", `${output}.safetensors`),
        () => fail(1, words, "train", ...data, "--run", output),
        () => fail(1, words, "check", "--data", raw, "--json", output),
        () => fail(1, words, "prepare", "--data", raw, "--output", file),
        () => fail(1, words, "phantom", "--output", output, "--cases", "1"),
        () => fail(1, words, "download", "--dataset", "amos22", "--output", file),
      ]);
      assertEquals((await Deno.stat(file)).size, 0);
    });

    await step("what cannot be done is said in a sentence, with its exit code", async () => {
      const unnamed = ["--data", prepared, "--preset", "tiny"];
      const named = ["--data", prepared, "--organ", "liver"];
      const data = [...named, "--preset", "tiny"];
      const other = `${dir}/other`;
      await inPairs([
        () => fail(2, ["--organs", "Did you mean --organ?"], "train", "--organs", "liver"),
        () => fail(2, ["--organ"], "train", "--data", prepared),
        () =>
          fail(
            2,
            ["--output must be a folder"],
            ...["predict", "--model", run, "--input", raw, "--output", `${dir}/mask.nii.gz`],
          ),
        () =>
          fail(
            1,
            ["its phase whole must have finished"],
            ...["evaluate", "--run", run, "--mode", "without-crop"],
          ),
        () => fail(2, ["--set", "run.json"], "train", "--run", run, "--resume", "--set", "seed=2"),
        () =>
          fail(
            2,
            ["given --detector", "--preset paper"],
            ...["train", "--run", run, "--resume", "--detector", run, "--preset", "paper"],
          ),
        () =>
          fail(
            1,
            ["segmentor.heads[0] must divide"],
            ...["train", ...data, "--set", "segmentor.heads=3,3,3,3", "--run", `${dir}/unbuilt`],
          ),
        () =>
          fail(
            2,
            ["preset focus and not tiny"],
            ...["train", ...named, "--preset", "focus", "--set", "cubeEdge=32"],
            ...["--run", run, "--resume"],
          ),
        () =>
          fail(
            2,
            ["seed 5 and not 0", "phases.segmentor.epochs 9 and not", "phases.whole.epochs 7 and"],
            ...["train", ...data, "--run", run, "--resume", "--seed", "5"],
            ...["--epochs", "9", "--epochs", "whole=7"],
          ),
        () => fail(1, ["must name a phase"], "train", ...data, "--epochs", "paper=3"),
        () => fail(1, ["N or PHASE=N, with N from 1"], "train", ...data, "--epochs", "0"),
        // Of an experiment's flags too, before there are any data.
        ...([
          [["--fold", "6"], "one of 1 .. 5"],
          [["--fold", "1/4"], "--folds 4 --fold 1"],
          [["--row", "papre"], "--row must be one of paper"],
          [["--mode", "crop"], "--mode must be one of"],
          [["--as", "../up"], "without a folder"],
          [["--seed", "-1"], "--seed"],
        ] as const).map(([args, words]) => () =>
          fail(2, [words], "experiment", "table3", "--data", `${dir}/no`, ...args)
        ),
        () => fail(2, ["focus"], "train", ...named, "--preset", "focal"),
        () => fail(1, ["it is -3"], "train", ...named, "--epochs", "-3"),
        () => fail(1, ["must be new", "--resume"], "train", ...data, "--run", run),
        () => fail(1, ['"livr"', 'Did you mean "liver"?'], "train", "--organ", "livr", ...unnamed),
        () => fail(1, [`${dir}/no`], "train", "--data", `${dir}/no`, "--organ", "liver"),
        () =>
          fail(1, ["its cubes", "128", "but it is 32"], "train", ...data, "--set", "cubeEdge=128"),
        () => fail(1, ["segmentor.edges"], "train", ...data, "--set", "segmentor.edges=16"),
        () => fail(1, ["run.json"], "train", "--run", other, "--resume"),
        () => fail(1, ["run.json"], "evaluate", "--run", other),
        () =>
          fail(
            1,
            ["--phase whole"],
            ...["evaluate", "--run", run, "--mode", "without-crop", "--output", other],
          ),
        () => fail(1, ["withCrop", "--output"], "evaluate", "--run", run, "--mode", "gt-roi"),
        () =>
          fail(
            2,
            ["fold 1/2 and not no fold", `detector ${other} and not its own`],
            ...["train", ...data, "--run", run, "--resume", "--fold", "1/2", "--detector", other],
          ),
        () => fail(2, ["--output"], "predict", "--model", run, "--input", raw),
        () =>
          fail(
            1,
            [`${dir}/no`],
            "predict",
            "--model",
            run,
            "--input",
            `${dir}/no`,
            "--output",
            other,
          ),
        () => fail(2, [".safetensors"], "export", "--run", run, "--output", `${other}.pth`),
        () => fail(1, [`${dir}/no`], "check", "--data", `${dir}/no`),
        () => fail(1, [`${dir}/no`], "prepare", "--data", `${dir}/no`, "--output", other),
      ]);
      assertEquals(await Deno.stat(other).catch(() => null), null, "nothing was made");
    });
  });
});
