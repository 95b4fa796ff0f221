import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { fileURLToPath } from "node:url";
import { inTemporaryFolder } from "../temporary_folder.ts";
import { type Outcome, outcomeOf, runVerb } from "./run_verb.ts";

const launcher = fileURLToPath(new URL("../../tasks/launch.ts", import.meta.url));

/** A folder of its own for everything that the verb reads and makes. */
class Workplace {
  readonly dir: string;

  constructor(dir: string) {
    this.dir = dir;
  }

  /** `deno task VERB ...` */
  start(args: readonly string[], env: Record<string, string> = {}): Deno.ChildProcess {
    return new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", launcher, ...args],
      env: { NO_COLOR: "1", ROISEG_DATA_DIR: `${this.dir}/data`, ...env },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
  }

  async run(args: readonly string[], env?: Record<string, string>): Promise<Outcome> {
    return await outcomeOf(this.start(args, env));
  }

  async experiment(...args: string[]): Promise<Outcome> {
    return await this.run(["experiment", ...args]);
  }

  /** The names in a folder; none where it is not there. */
  async names(folder: string): Promise<string[]> {
    const names: string[] = [];
    try {
      for await (const { name } of Deno.readDir(`${this.dir}/${folder}`)) names.push(name);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
    return names.sort();
  }
}

Deno.test("experiment refuses flags that contradict each other or say nothing, before any data", () =>
  inTemporaryFolder(async (dir) => {
    const refused = async (words: readonly string[], ...args: string[]) => {
      const { code, stderr } = await runVerb("experiment", args, `${dir}/data`);
      assertEquals(code, 2, stderr);
      for (const word of words) assertStringIncludes(stderr, word);
    };
    await refused(["but it is --list --tables"], "table3", "--list", "--tables");
    await refused(["but it is --only --slurm"], "focus", "--slurm", "--only", "liver");
    for (const name of ["table8", "ablation"]) {
      const args = ["--data", `${dir}/no`, "--preset", "focus", "--preset", "paper"];
      await refused([`${name} takes one --preset`, "focus, paper"], name, ...args);
    }
    await refused(["Give --slurm as well"], "table3", "--slurm-options=--time=1:00:00");
    await refused(
      ["cannot use --epochs, --data with table5"],
      "table5",
      "--epochs",
      "3",
      "--data=x",
    );
    await refused(["--row must be", "but it is nonsense"], "table5", "--row", "nonsense");
    assertEquals(await Array.fromAsync(Deno.readDir(dir)), [], "nothing was made");
    const listed = await runVerb("experiment", ["--name", "table5", "--list"], `${dir}/data`);
    assertEquals(listed.code, 0, listed.stderr);
  }));

Deno.test("experiments: interrupted, gone on with, shared, failed, on a cluster", async (t) => {
  await inTemporaryFolder(async (dir) => {
    const place = new Workplace(dir);
    const results = "data/results/raw";
    const runs = "data/runs/experiments/raw";
    const size = ["--width", "48", "--height", "40", "--depth", "24"];
    const made = await place.run([
      "phantom",
      "--output",
      `${dir}/data/raw/raw`,
      "--cases",
      "4",
      ...size,
    ]);
    assertEquals(made.code, 0, made.stderr);
    const data = ["--data", "raw", "--preset", "tiny", "--folds", "2", "--organ", "liver"];
    const longer = [...data, "--set", "phases.detector.epochs=12"];
    let sound = true;
    const step = async (name: string, work: () => Promise<void>) => {
      if (sound) sound = await t.step(name, work);
    };

    await step(
      "Ctrl-C saves the run, and the same command goes on, two runs at a time",
      async () => {
        const child = place.start(["experiment", "table1", ...longer]);
        const ended = outcomeOf(child);
        let isOver = false;
        ended.then(() => isOver = true);
        const hasBegun = async () => {
          const [run] = (await place.names(runs)).filter((name) => name.startsWith("liver"));
          const path = `${dir}/${runs}/${run}/detector/xy/history.jsonl`;
          return (await Deno.readTextFile(path).catch(() => "")).split("\n").length > 3;
        };
        while (!isOver && !await hasBegun()) await new Promise((go) => setTimeout(go, 10));
        if (!isOver) child.kill("SIGINT");
        const { code, stdout, stderr } = await ended;
        assertEquals(code, 130, stderr);
        assertStringIncludes(stderr, "Run 1 of 2");
        assertStringIncludes(stdout, "table1.md");
        assertEquals(await place.names(`${results}/runs`), []);

        const resumed = await place.experiment("table1", ...longer, "--jobs", "2");
        assertEquals(resumed.code, 0, resumed.stderr);
        assertStringIncludes(resumed.stderr, "2 runs, 2 to be done, 2 at a time");
        assertStringIncludes(resumed.stdout, "All 2 runs are done.");
        assertMatch(resumed.stdout, /\| tiny \| liver \| 2 of 2 \| 4 \| 0\.7850 \| \d/);
        assertEquals((await place.names(`${results}/runs`)).length, 2);
        assertEquals(await place.names(results), [
          "runs",
          "table1.csv",
          "table1.json",
          "table1.md",
        ]);
        assert((await place.names(runs)).includes("table1.html"));
      },
    );

    await step("another experiment goes on from there; its tables need no weights", async () => {
      const [run] = (await place.names(runs)).filter((name) => name.startsWith("liver"));
      const detector = `${dir}/${runs}/${run}/detector/xy/model.safetensors`;
      const before = (await Deno.stat(detector)).mtime;
      const { code, stdout, stderr } = await place.experiment("focus", ...longer, "--fold", "1");
      assertEquals(code, 0, stderr);
      assert(!stderr.includes("detector-xy"), "the detector was trained already");
      assertStringIncludes(stderr, "finetune epoch 2/2");
      assertEquals((await Deno.stat(detector)).mtime, before);
      assertMatch(stdout, /\| tiny \| liver \| with crop \| 16\^3 \| 1 of 2 \| 2/);

      await Deno.remove(`${dir}/${runs}`, { recursive: true });
      const tables = await place.experiment("focus", ...longer, "--fold", "1", "--tables");
      assertEquals(tables.code, 0, tables.stderr);
      assertEquals(tables.stdout, stdout);
      const csv = (await Deno.readTextFile(`${dir}/${results}/focus.csv`)).trim().split("\r\n");
      assertEquals(csv.length, 1 + 2 * (1 + 3 * 2)); // the detector, modes, spaces
      const listed = await place.experiment("focus", ...longer, "--list");
      // Of the other fold there is the detector's result, which table1 left.
      assertMatch(
        listed.stdout,
        /^done +liver-tiny-fold1of2-\w+ .*\nbegun +liver-tiny-fold2of2-/,
      );
      assertStringIncludes(listed.stdout, "1 of 2 runs are done.");
    });

    await step("a run that fails is named, and does not stop the others", async () => {
      const args = ["table6", ...data, "--fold", "1", "--row", "1.0e-3", "--row", "2.0e-3"];
      const { code, stdout, stderr } = await place.experiment(
        ...args,
        "--set",
        "segmentor.edge=17",
      );
      assertEquals(code, 1, stderr);
      assertStringIncludes(stdout, "0 of 2 runs are done. Not done:");
      assertEquals(stdout.match(/\(\d\.0e-3\): failed: .*17/g)?.length, 2, stdout);
    });

    await step("--slurm leaves an array job that a cluster runs, then the tables", async () => {
      const bin = `${dir}/bin`;
      await Deno.mkdir(bin);
      // Runs every task of the array at once, here.
      await Deno.writeTextFile(
        `${bin}/sbatch`,
        `#!/bin/bash
echo "sbatch $*" >> '${bin}/calls'
script="\${@: -1}"
last=$(sed -n 's/^#SBATCH --array=0-\\([0-9]*\\).*/\\1/p' "$script")
for task in $(seq 0 "$last"); do
  SLURM_ARRAY_JOB_ID=7 SLURM_ARRAY_TASK_ID=$task bash "$script" >> '${bin}/log' 2>&1
done
echo 7
`,
        { mode: 0o755 },
      );
      const env = { PATH: `${bin}:${Deno.env.get("PATH")}` };
      const options = ["--slurm", "--slurm-options=--time=1:00:00 --mem=4G"];
      const { code, stdout, stderr } = await place.run(
        ["experiment", "table2", ...data, "--fold", "2", ...options],
        env,
      );
      assertEquals(code, 0, stderr);
      const log = await Deno.readTextFile(`${bin}/log`);
      assertMatch(stdout, /^job 7: .*table2-wave1\.sh\njob 7: .*table2-tables\.sh\n$/);
      const calls = (await Deno.readTextFile(`${bin}/calls`)).trim().split("\n");
      assertMatch(calls[0], /^sbatch --parsable \/.*table2-wave1\.sh$/);
      assertMatch(calls[1], /^sbatch --parsable --dependency=afterany:7 /);
      assertStringIncludes(log, "segmentor epoch 2/2");
      const table = await Deno.readTextFile(`${dir}/${results}/table2.md`);
      assertStringIncludes(table, "The run is done.");
      assertMatch(table, /\| ground-truth region \| 16\^3 \| 1 of 2 \| 2 /);
    });

    await step("when --hours are over tables are written, and nothing else begins", async () => {
      const cropped = [...data, "--mode", "with-crop"];
      const spleen = cropped.map((word) => word === "liver" ? "spleen" : word);
      for (const organ of [cropped, spleen]) {
        const { code, stderr } = await place.experiment("focus", ...organ, "--fold", "2");
        assertEquals(code, 0, stderr);
      }
      const late = [...cropped, "--organ", "spleen", "--hours", "0", "--as", "late"];
      const { code, stdout, stderr } = await place.experiment("focus", ...late);
      assertEquals(code, 0, stderr);
      assertStringIncludes(stderr, "Stopped after 0 hours; the same command goes on.");
      assert(!stderr.includes("together"), stderr);
      assertStringIncludes(stdout, "2 of 4 runs are done.");
      assert((await place.names(results)).includes("late.md"));
    });

    await step("organs are measured together, once, and the tables keep it", async () => {
      const both = [...data, "--organ", "spleen", "--fold", "2", "--mode", "with-crop"];
      const { code, stdout, stderr } = await place.experiment("focus", ...both, "--as", "both");
      assertEquals(code, 0, stderr);
      assertStringIncludes(stderr, "cases together");
      assertMatch(stdout, /\| tiny \| spleen \| \d\S+ \+- \S+ \| \d\S+ \+- \S+ \| Dice \| 2 \|/);
      const again = await place.experiment("focus", ...both, "--as", "both");
      assert(!again.stderr.includes("cases together"), again.stderr);
      assertEquals(again.stdout, stdout);
      const csv = await Deno.readTextFile(`${dir}/${results}/both.csv`);
      assertEquals(csv.match(/"withCrop, organs together"/g)?.length, 2 * 2 * 2);
    });
  });
});
