import { assertEquals, assertStringIncludes } from "@std/assert";
import type { Benchmark } from "../../lib/benchmark/benchmark.ts";
import { type Measurement, shareOfLimit } from "../../lib/benchmark/measurement.ts";
import { benchmarkReport, measurementLine } from "../../lib/benchmark/table.ts";
import { timingOf } from "../../lib/benchmark/timing.ts";

const compared: Measurement = {
  part: "networks",
  name: "segmentor 64^3, inference, batch 1",
  timing: timingOf([8, 9, 10]),
  facts: { "parameters": 1_770_361, "MMAC": 268.66, "ops": 41 },
  limit: { ms: 1.8, by: "arithmetic" },
  comparison: {
    peer: "PyTorch 2.9, channels-last",
    timing: timingOf([18, 20, 22]),
    ratios: [0.44, 0.45, 0.46],
    ratio: 0.45,
    ratioLow: 0.445,
    ratioHigh: 0.455,
  },
};
const alone: Measurement = {
  part: "data",
  name: "reading",
  timing: timingOf([150]),
  facts: {},
  withoutComparison: "Python has no nibabel",
};

const benchmark: Benchmark = {
  format: 1,
  measuredAt: "2026-01-02T03:04:05.000Z",
  machine: {
    processor: "A Processor",
    cores: 2,
    threads: 2,
    memoryGb: 16,
    loadBefore: 0.26,
    system: "linux x86_64",
    device: "CPU",
    nativeVolumes: true,
    versions: { deno: "2.9.6" },
  },
  repeats: { warmUp: 1, runs: 3, enoughMs: 10 },
  turns: { turns: 3, turnMs: 10 },
  measurements: [compared, alone],
};

Deno.test("the report has a table for each part, with the columns that it needs", () => {
  const report = benchmarkReport(benchmark);
  assertStringIncludes(report, "A Processor, 2 cores");
  assertStringIncludes(report, "load before 0.3");
  const row = report.split("\n").find((line) => line.includes(compared.name));
  assertEquals(
    row,
    "| segmentor 64^3, inference, batch 1 | 9.00 | 8.50 .. 9.50 | 1.77 M parameters, 269 MMAC, " +
      "41 ops | 20 % (arithmetic) | 20.0 | 0.45 (0.45 .. 0.46; PyTorch 2.9, channels-last) |",
  );
  assertStringIncludes(report, "| reading | 150 | 150 .. 150 | - (Python has no nibabel) |");
  assertEquals(report.includes("## Operations"), false);
  assertEquals(shareOfLimit(compared), 0.2);
  assertEquals(shareOfLimit(alone), NaN);
});

Deno.test("a line of progress says what was measured and compared", () => {
  assertEquals(
    measurementLine(compared),
    "segmentor 64^3, inference, batch 1: 9.00 ms, 0.45 of the time of PyTorch 2.9, channels-last",
  );
  assertEquals(
    measurementLine(alone),
    "reading: 150 ms, not compared: Python has no nibabel",
  );
});

Deno.test("the JSON of a benchmark keeps every number", () => {
  assertEquals(JSON.parse(JSON.stringify(benchmark)), benchmark);
});
