import { assertEquals, assertStringIncludes } from "@std/assert";
import { slurmScript } from "../../lib/experiments/slurm_script.ts";
import { inTemporaryFolder } from "../temporary_folder.ts";

Deno.test("the script is an array job that is queued again, with the options given", () => {
  const text = slurmScript({
    name: "focus-wave1",
    items: ["run-1", "it's"],
    command: ["deno", "run", "a b.ts"],
    environment: { ROISEG_DATA_DIR: "/some where" },
    logFolder: "/logs",
    atOnce: 4,
    options: "--partition=gpu --time 8:00:00  --gres=gpu:1",
  });
  const lines = text.split("\n");
  assertEquals(lines[0], "#!/bin/bash");
  const options = lines.filter((line) => line.startsWith("#SBATCH "));
  assertEquals(options, [
    "#SBATCH --job-name=focus-wave1",
    "#SBATCH --array=0-1%4",
    "#SBATCH --requeue",
    "#SBATCH --open-mode=append",
    "#SBATCH --signal=B:TERM@120",
    "#SBATCH --output=/logs/focus-wave1-%a.log",
    "#SBATCH --partition=gpu",
    "#SBATCH --time 8:00:00",
    "#SBATCH --gres=gpu:1",
  ]);
  assertStringIncludes(text, `  run-1\n  "it's"\n`);
  assertStringIncludes(text, "export ROISEG_DATA_DIR='/some where'");
  assertStringIncludes(text, `deno run 'a b.ts' "\${items[$SLURM_ARRAY_TASK_ID]}" &`);
});

Deno.test({
  name: "a task that gets SIGTERM lets its program save, and asks to be queued again",
  ignore: Deno.build.os === "windows",
  async fn() {
    await inTemporaryFolder(async (dir) => {
      const write = async (name: string, text: string) => {
        await Deno.writeTextFile(`${dir}/${name}`, `#!/bin/bash\n${text}`, { mode: 0o755 });
      };
      await write("scontrol", `echo "$@" > '${dir}/requeued'; exit 1\n`);
      // Saving takes longer than a signal: the script has to wait for it.
      const wait = `echo "training $1"\nfor i in $(seq 200); do sleep 0.05; done\n`;
      await write("train", `trap 'sleep 0.2; echo saved; exit 130' TERM\n${wait}`);
      await write("start", wait);
      const runJob = async (program: string) => {
        const script = slurmScript({
          name: "test",
          items: ["zero", "one"],
          command: [`${dir}/${program}`],
          environment: {},
          logFolder: dir,
          options: "",
        });
        await write("job.sh", script);
        const child = new Deno.Command("bash", {
          args: [`${dir}/job.sh`],
          env: {
            PATH: `${dir}:${Deno.env.get("PATH")}`,
            SLURM_ARRAY_TASK_ID: "1",
            SLURM_ARRAY_JOB_ID: "42",
          },
          stdout: "piped",
          stderr: "piped",
        }).spawn();
        let printed = "";
        for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
          if (printed === "") child.kill("SIGTERM");
          printed += text;
        }
        await child.stderr.cancel();
        const { code } = await child.status;
        const requeued = await Deno.readTextFile(`${dir}/requeued`);
        await Deno.remove(`${dir}/requeued`);
        return { code, printed, requeued };
      };
      const requeued = "requeue 42_1\n";
      assertEquals(await runJob("train"), {
        code: 130,
        printed: "training one\nsaved\n",
        requeued,
      });
      // One that has nothing to save yet.
      assertEquals(await runJob("start"), { code: 143, printed: "training one\n", requeued });
    });
  },
});
