/** `deno task doctor`: a report about this machine and set-up, to paste into a question. */
import { availableParallelism } from "node:os";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { UserError } from "../lib/errors.ts";
import { cacheFolder } from "../lib/runtime/cache_folder.ts";
import { findCompiler } from "../lib/runtime/compiler.ts";
import { jsrSpecifiers, projectImports } from "../lib/runtime/import_map.ts";
import { askJsr } from "../lib/runtime/jsr.ts";
import { askedDevice, readLinkedManifest } from "../lib/runtime/native.ts";
import { findBinding } from "../lib/runtime/native_files.ts";
import { describeOpLibrary } from "../lib/runtime/op_library.ts";
import { findNvidiaDriver } from "../lib/runtime/nvidia.ts";
import { runProgram } from "../lib/runtime/program.ts";
import { findPython } from "../lib/runtime/python.ts";
import { variable } from "../lib/runtime/settings.ts";
import { runTask } from "./command_line.ts";

const selfTestPath = fileURLToPath(new URL("../lib/tf_self_test.ts", import.meta.url));

/** One line of the report. */
type Line = readonly [name: string, value: string];

async function printReport(): Promise<number> {
  askedDevice(); // all else would refuse to begin
  const tensorflow = await tensorflowLines();
  const lines: Line[] = [
    ...machineLines(),
    ["GPU", await describeGpu()],
    ["Deno", `${Deno.version.deno}, V8 ${Deno.version.v8}, TypeScript ${Deno.version.typescript}`],
    ...tensorflow.lines,
    ...await toolLines(),
    ["cache folder", cacheFolder()],
    ["settings", describeSettings()],
  ];
  const width = Math.max(...lines.map(([name]) => name.length));
  for (const [name, value] of lines) console.log(`${name.padEnd(width)}  ${value}`);
  return tensorflow.computes ? 0 : 1;
}

function machineLines(): Line[] {
  const { total, available } = Deno.systemMemoryInfo();
  const gigabytes = (bytes: number) => `${(bytes / 2 ** 30).toFixed(1)} GiB`;
  return [
    ["system", `${Deno.build.os} ${Deno.osRelease()}, ${Deno.build.arch}`],
    ["threads", `${availableParallelism()}`],
    ["memory", `${gigabytes(total)}, ${gigabytes(available)} available`],
  ];
}

/** What the linked build is, and what it says when it computes, in a process that may crash. */
async function tensorflowLines(): Promise<{ lines: Line[]; computes: boolean }> {
  const binding = findBinding();
  if (binding === undefined) {
    return { lines: [["TensorFlow", "not set up: run `deno task setup`"]], computes: false };
  }
  const result = await runProgram(Deno.execPath(), ["run", "-A", selfTestPath], {
    env: { NO_COLOR: "1" },
  });
  const manifest = await readLinkedManifest();
  const from: Line[] = [
    ["  taken from", manifest ? `wheel ${manifest.wheel}` : "an unfinished set-up"],
    ["  lies in", dirname(binding)],
    ["  binding built by", manifest?.compiler ?? "unknown"],
  ];
  if (!result?.success) {
    const said = result?.stderr.trim().split("\n")[0] ?? "no message";
    return {
      lines: [["TensorFlow", `fails (code ${result?.code}): ${said}`], ...from],
      computes: false,
    };
  }
  const { device, tensorflow, tfjs, withoutNativeOps } = JSON.parse(
    result.stdout.trim().split("\n").at(-1) ?? "{}",
  );
  return {
    lines: [
      ["TensorFlow", `${tensorflow}, computes on ${device} (conv3d and its gradient are right)`],
      ["  TensorFlow.js", tfjs],
      ...from,
      [
        "  the project's own ops",
        withoutNativeOps === null
          ? `in use (one is right), from ${describeOpLibrary()?.path}`
          : `not in use, which makes the networks slower: ${withoutNativeOps}`,
      ],
    ],
    computes: true,
  };
}

async function toolLines(): Promise<Line[]> {
  const jsr = await askJsr(jsrSpecifiers(await projectImports()));
  return [
    [
      "compiler",
      await orMissing(async () => {
        const { command, version } = await findCompiler();
        return `${command}: ${version}`;
      }),
    ],
    [
      "Python",
      await orMissing(async () => {
        const { command, version, pipVersion } = await findPython();
        return `${command} ${version}, pip ${pipVersion}`;
      }),
    ],
    [
      "JSR",
      `${jsr.answers ? "answers" : "does not answer: local stand-ins are used"} (${jsr.source})`,
    ],
  ];
}

/** What a search finds, or the one-sentence reason that it found nothing. */
async function orMissing(find: () => Promise<string>): Promise<string> {
  try {
    return await find();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return `missing: ${error.message}`;
  }
}

async function describeGpu(): Promise<string> {
  const driver = findNvidiaDriver();
  if (driver === undefined) return "no NVIDIA driver";
  const query = ["--query-gpu=name,memory.total,driver_version", "--format=csv,noheader"];
  const listed = await runProgram("nvidia-smi", query, { timeoutMs: 20_000 });
  return listed?.success ? listed.stdout.trim().replaceAll("\n", "; ") : driver.version;
}

function describeSettings(): string {
  const names = [
    ...Object.values(variable),
    "CXX",
    "TF_NUM_INTRAOP_THREADS",
    "CUDA_VISIBLE_DEVICES",
  ];
  const set = names.flatMap((name) => {
    const value = Deno.env.get(name);
    return value === undefined ? [] : [`${name}=${value}`];
  });
  return set.length === 0 ? "none" : set.join(" ");
}

await runTask({
  name: "doctor",
  summary: "Prints a report about this machine and set-up, to paste into a question.",
  flags: {},
  details: "It changes nothing. The exit code is 1 where TensorFlow does not compute here.",
}, printReport);
