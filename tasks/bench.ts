/** `deno task bench`: measures this program on this machine, beside PyTorch and SciPy if asked. */
import { runBenchmark } from "../lib/benchmark/benchmark.ts";
import { threadsOfOps } from "../lib/benchmark/machine.ts";
import { type PartName, partNames } from "../lib/benchmark/measurement.ts";
import { peerPackages, PythonPeer } from "../lib/benchmark/python_peer.ts";
import { segmentorSizes } from "../lib/benchmark/segmentor_bench.ts";
import { benchmarkReport, measurementLine } from "../lib/benchmark/table.ts";
import { UserError } from "../lib/errors.ts";
import { writeAtomic } from "../lib/files.ts";
import { runTask, UsageError } from "./command_line.ts";

/** Average number of running processes from which on others disturb the measurements. */
const busyLoad = 0.5;

await runTask({
  name: "bench",
  summary: "Measures this program on this machine: limits, operations, networks, data, predict.",
  flags: {
    json: { type: "text", value: "FILE", description: "where all raw numbers go" },
    only: {
      type: "text",
      choices: partNames,
      description: "one part, and the limits it refers to",
    },
    preset: {
      type: "text",
      choices: ["focus", "paper"],
      default: "focus",
      description: "whose segmentor the part networks measures",
    },
    peers: { type: "boolean", description: "compare with PyTorch, nibabel and SciPy where found" },
    python: {
      type: "text",
      value: "COMMAND",
      description: "the Python that has them, with --peers (python3)",
    },
  },
  details: `
Medians over repeated runs after warm-up. Ratios to other programs are taken in turns in the same run,
and only after their results were found equal to ours. Leave the machine alone meanwhile: a quarter of
an hour with --peers.`,
}, async ({ json, only, preset, peers, python }) => {
  if (python !== undefined && !peers) {
    throw new UsageError({
      what: "cannot use --python",
      rule: "it is for the comparisons that --peers asks for",
      remedy: "Give --peers as well",
    });
  }
  const [load] = Deno.loadavg();
  if (load > busyLoad) {
    console.error(
      `The machine is busy (load ${load.toFixed(1)}): figures and ratios will mislead.`,
    );
  }
  const peer = peers ? await startPeer(python ?? "python3") : null;
  const benchmark = await runBenchmark({
    parts: only === undefined ? undefined : [only as PartName],
    peer,
    sizes: { segmentor: segmentorSizes(preset as "focus" | "paper") },
    onMeasurement: (measurement) => console.error(measurementLine(measurement)),
  });
  await peer?.stop();
  console.log(benchmarkReport(benchmark));
  if (json !== undefined) await writeAtomic(json, JSON.stringify(benchmark, null, 1) + "\n");
});

/** The Python programs, or null, with a word about it, where they are not there. */
async function startPeer(python: string): Promise<PythonPeer | null> {
  try {
    const peer = await PythonPeer.start(python, threadsOfOps());
    const missing = peerPackages.filter((name) => peer.versions[name] === undefined);
    if (missing.length > 0) console.error(`${python} lacks ${missing.join(", ")}: not compared.`);
    return peer;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    console.error(`${error.message}. Going on without comparisons.`);
    return null;
  }
}
