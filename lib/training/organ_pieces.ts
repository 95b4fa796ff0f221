import { entryOf, type PreparedDataset } from "../dataset/case.ts";
import type { Organ } from "../dataset/organ.ts";
import type { RunRecord } from "./run_folder.ts";

/**
 * How many pieces the labels of the training cases come in, by label value: the median over the
 * cases that have the label. A label of one piece is left out, as most are: kidneys under one label
 * have two.
 */
export function labelPieces(
  prepared: PreparedDataset,
  trainIds: readonly string[],
): Record<string, number> {
  const counts = new Map<string, number[]>();
  for (const id of trainIds) {
    for (const [value, { pieces = 1 }] of Object.entries(entryOf(prepared, id).labels)) {
      counts.set(value, [...counts.get(value) ?? [], pieces]);
    }
  }
  const medians = [...counts].map(([value, all]) => {
    return [value, all.toSorted((a, b) => a - b)[Math.floor((all.length - 1) / 2)]] as const;
  });
  return Object.fromEntries(medians.filter(([, pieces]) => pieces > 1));
}

type RunPieces = Pick<RunRecord, "pieces">;

/** How many pieces some labels come in together. */
export function piecesOfLabels({ pieces }: RunPieces, values: readonly number[]): number {
  return values.reduce((sum, value) => sum + (pieces?.[value] ?? 1), 0);
}

/** How many pieces each class of a run's organ comes in. */
export function classPieces(record: { readonly organ: Organ } & RunPieces): number[] {
  return record.organ.classes.map(({ values }) => piecesOfLabels(record, values));
}
