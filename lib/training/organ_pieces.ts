import { entryOf, loadCube, type PreparedDataset } from "../dataset/case.ts";
import { type Organ, organValues } from "../dataset/organ.ts";
import { labelComponents, piecesOf } from "../volume/components.ts";
import { maskOfLabels } from "../volume/volume.ts";
import type { RunRecord } from "./run_folder.ts";

/**
 * How many pieces the labels of the training cases come in, and the unions of labels that an organ is
 * made of: the median (of two the smaller) over the cases that have some. One piece, as most are, is
 * left out; kidneys have two, be they under one label or under two, a liver and its tumours one.
 *
 * @returns by label value, or several in ascending order joined by "+"
 * @throws {UserError} when a case of a union cannot be read
 */
export async function countPieces(
  prepared: PreparedDataset,
  trainIds: readonly string[],
  organ: Organ,
): Promise<Record<string, number>> {
  const counts = new Map<string, number[]>();
  const count = (key: string, pieces: number) =>
    counts.set(key, [...counts.get(key) ?? [], pieces]);
  const groups = [...organ.classes.map(({ values }) => values), organValues(organ)];
  const unions = new Map(groups.filter(({ length }) => length > 1).map((one) => [keyOf(one), one]));
  for (const id of trainIds) {
    for (const [value, { pieces }] of Object.entries(entryOf(prepared, id).labels)) {
      count(value, pieces);
    }
    if (unions.size === 0) continue;
    const { labels } = await loadCube(prepared, id);
    for (const [key, values] of unions) {
      const pieces = piecesOf(labelComponents(maskOfLabels(labels, values)).sizes).length;
      if (pieces > 0) count(key, pieces);
    }
  }
  const medians = [...counts].map(([key, all]) => {
    return [key, all.toSorted((a, b) => a - b)[Math.floor((all.length - 1) / 2)]] as const;
  });
  return Object.fromEntries(medians.filter(([, pieces]) => pieces > 1));
}

type RunPieces = Pick<RunRecord, "pieces">;

/** How many pieces some labels come in together, of which the run's organ has a class, or all. */
export function piecesOfLabels({ pieces }: RunPieces, values: readonly number[]): number {
  return pieces?.[keyOf(values)] ?? 1;
}

/** How many pieces each class of a run's organ comes in. */
export function classPieces(record: { readonly organ: Organ } & RunPieces): number[] {
  return record.organ.classes.map(({ values }) => piecesOfLabels(record, values));
}

function keyOf(values: readonly number[]): string {
  return values.toSorted((a, b) => a - b).join("+");
}
