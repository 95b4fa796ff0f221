import type { ModelMeasurement } from "../evaluation/model_measurement.ts";
import { exists, writeAtomic } from "../files.ts";
import { parseNumbers, stringifyNumbers } from "../training/json_numbers.ts";

/** What a {@linkcode CostJob} measured, and where; NaN for what it does not measure. */
export interface CostResult extends ModelMeasurement {
  readonly id: string;
  /** Of the network that it is of, as {@linkcode subjectDigest} makes it. */
  readonly subject: string;
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
