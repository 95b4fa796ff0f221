import type { ModelCost } from "../evaluation/records.ts";
import type { Summary } from "../evaluation/statistics.ts";
import { exists, writeAtomic } from "../files.ts";
import { parseNumbers, stringifyNumbers } from "../training/json_numbers.ts";

/** What a {@linkcode CostJob} measured, and where. */
export interface CostResult {
  readonly id: string;
  readonly cost: ModelCost;
  /** Of a volume, in ms; NaN in a job of the training step, as the next two in one of inference. */
  readonly forwardMs: Summary;
  /** Of a training step of one volume, in ms. */
  readonly stepMs: Summary;
  readonly stepPeakBytes: number;
  readonly processBytes: number;
  readonly gpuBytes?: number;
  readonly environment: Readonly<Record<string, string>>;
}

/** Writes a measurement, whole or not at all. */
export async function writeCostResult(path: string, result: CostResult): Promise<void> {
  await writeAtomic(path, stringifyNumbers(result) + "\n");
}

/** Reads what {@linkcode writeCostResult} wrote; `null` when there is no file. */
export async function readCostResult(path: string): Promise<CostResult | null> {
  if (!await exists(path)) return null;
  return parseNumbers(await Deno.readTextFile(path)) as CostResult;
}
