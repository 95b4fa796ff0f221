/**
 * The process that the benchmark measures `deno task prepare` in: prepares a data set and prints one
 * line of JSON, the time that it took and the processors' time of all its threads.
 */
import { openDataset } from "../dataset/layout.ts";
import { prepareDataset } from "../dataset/prepare.ts";
import { cpuTimeMs } from "./cpu_clock.ts";
import type { PrepareReport } from "./data_bench.ts";

const [source, output, jobs, cubeEdge] = Deno.args;
const dataset = await openDataset(source, { modality: "ct" });
const [start, cpuStart] = [performance.now(), cpuTimeMs()];
const settings = { cubeEdge: Number(cubeEdge) };
const { failures } = await prepareDataset(dataset, output, { jobs: Number(jobs), settings });
if (failures.length > 0) throw new Error(failures[0].message);
const report: PrepareReport = { ms: performance.now() - start, cpuMs: cpuTimeMs() - cpuStart };
console.log(JSON.stringify(report));
