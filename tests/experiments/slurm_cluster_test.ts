/** The script on a real Slurm of one node, where Debian's `slurm-wlm` and `munge` are installed. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { availableParallelism, hostname } from "node:os";
import { slurmScript } from "../../lib/experiments/slurm_script.ts";
import { inTemporaryFolder } from "../temporary_folder.ts";

const programs = ["munged", "slurmctld", "slurmd", "sbatch", "squeue", "scancel", "scontrol"];

async function isInstalled(): Promise<boolean> {
  const found = await Promise.all(programs.map(async (name) => {
    const folders = ["/usr/sbin", "/usr/bin"];
    const states = folders.map((folder) => Deno.stat(`${folder}/${name}`).catch(() => null));
    return (await Promise.all(states)).some((state) => state !== null);
  }));
  // Slurm's daemons give jobs their users, which only root may.
  return Deno.build.os === "linux" && Deno.uid() === 0 && found.every(Boolean);
}

/** A cluster of this machine alone, in a folder of its own. */
class Cluster implements AsyncDisposable {
  readonly dir: string;
  readonly #daemons: Deno.ChildProcess[] = [];

  constructor(dir: string) {
    this.dir = dir;
  }

  async start(): Promise<void> {
    const [dir, name] = [this.dir, hostname().split(".")[0]];
    await Deno.mkdir(`${dir}/munge`, { mode: 0o700 });
    await Deno.writeFile(`${dir}/munge/key`, crypto.getRandomValues(new Uint8Array(1024)), {
      mode: 0o600,
    });
    const munge = [
      "key-file=key",
      "socket=socket",
      "pid-file=pid",
      "log-file=log",
      "seed-file=seed",
    ]
      .map((pair) => `--${pair.replace("=", `=${dir}/munge/`)}`);
    const lines = [
      "ClusterName=test",
      `SlurmctldHost=${name}(127.0.0.1)`,
      "SlurmctldPort=26817",
      "SlurmdPort=26818",
      "AuthType=auth/munge",
      `AuthInfo=socket=${dir}/munge/socket`,
      "SlurmUser=root",
      `StateSaveLocation=${dir}/state`,
      `SlurmdSpoolDir=${dir}/spool`,
      `SlurmctldPidFile=${dir}/slurmctld.pid`,
      `SlurmdPidFile=${dir}/slurmd.pid`,
      "ProctrackType=proctrack/linuxproc",
      "TaskPlugin=task/none",
      "SwitchType=switch/none",
      "MpiDefault=none",
      "SelectType=select/cons_tres",
      "SelectTypeParameters=CR_Core",
      "ReturnToService=2",
      `NodeName=${name} NodeAddr=127.0.0.1 CPUs=${availableParallelism()} State=UNKNOWN`,
      "PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP",
    ];
    await Deno.writeTextFile(`${dir}/slurm.conf`, lines.join("\n") + "\n");
    for (const folder of ["state", "spool"]) await Deno.mkdir(`${dir}/${folder}`);
    this.#spawn("munged", ["--foreground", "--force", ...munge]);
    await until(async () => await exists(`${dir}/munge/socket`));
    this.#spawn("slurmctld", ["-D", "-c", "-f", `${dir}/slurm.conf`]);
    this.#spawn("slurmd", ["-D", "-c", "-f", `${dir}/slurm.conf`]);
    await until(async () => (await this.run("sinfo", "-h", "-o", "%t")).trim() === "idle");
  }

  #spawn(name: string, args: string[]): void {
    const options = { args, stdin: "null", stdout: "null", stderr: "null" } as const;
    this.#daemons.push(new Deno.Command(name, options).spawn());
  }

  /** What a program of Slurm prints; "" where it fails. */
  async run(name: string, ...args: string[]): Promise<string> {
    const env = { SLURM_CONF: `${this.dir}/slurm.conf` };
    const { stdout } = await new Deno.Command(name, { args, env, stderr: "null" }).output();
    return new TextDecoder().decode(stdout);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const daemon of this.#daemons.reverse()) {
      daemon.kill("SIGTERM");
      await daemon.status;
    }
  }
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

/** Waits until something holds, at most half a minute. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  for (let turn = 0; turn < 300; turn++) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`waited in vain: ${holds}`);
}

Deno.test({
  name: "a task that Slurm stops saves, is queued again, and goes on; the next job waits for it",
  ignore: !await isInstalled(),
  async fn() {
    // Slurm's paths must not have spaces.
    const base = await Deno.makeTempDir({ prefix: "slurm-" });
    await inTemporaryFolder(async (dir) => {
      await using cluster = new Cluster(base);
      await cluster.start();
      // Counts to 3 over its lives, like a training over its epochs; the first waits to be stopped.
      const train = `${dir}/train`;
      const text = `#!/bin/bash
state='${dir}'/"$1"
trap 'echo saved >> "$state"; exit 130' TERM
echo "begun in life $SLURM_RESTART_COUNT" >> "$state"
if [ "$1" = long ] && [ -z "$SLURM_RESTART_COUNT" ]; then while :; do sleep 0.1; done; fi
echo ended >> "$state"
`;
      await Deno.writeTextFile(train, text, { mode: 0o755 });
      const submit = async (name: string, items: string[], ...options: string[]) => {
        const command = [train];
        const job = { name, items, command, environment: {}, logFolder: dir, options: "--time=5" };
        await Deno.writeTextFile(`${dir}/${name}.sh`, slurmScript(job));
        return (await cluster.run("sbatch", "--parsable", ...options, `${dir}/${name}.sh`)).trim();
      };
      const read = async (name: string) =>
        await Deno.readTextFile(`${dir}/${name}`).catch(() => "");
      const first = await submit("wave", ["long", "short"]);
      await submit("after", ["tables"], `--dependency=afterany:${first}`);
      await until(async () =>
        (await read("long")) !== "" && (await read("short")).includes("ended")
      );
      await cluster.run("scancel", "--signal=TERM", "--batch", `${first}_0`);
      await until(async () => (await read("long")).includes("saved"));
      await until(async () =>
        (await cluster.run("scontrol", "show", "job", `${first}_0`)).includes("Restarts=1")
      );
      assertEquals(await read("tables"), "");
      // A cluster waits two minutes before it starts a job again.
      await until(async () => {
        await cluster.run("scontrol", "update", `jobid=${first}_0`, "StartTime=now");
        return (await read("tables")).includes("ended");
      });
      assertEquals(await read("long"), "begun in life \nsaved\nbegun in life 1\nended\n");
      assertEquals(await read("short"), "begun in life \nended\n");
      assertStringIncludes(await read("tables"), "ended");
    });
    await Deno.remove(base, { recursive: true });
  },
});
