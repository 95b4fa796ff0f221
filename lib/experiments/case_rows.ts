import { type CaseResult, type TimePart, timeParts } from "../evaluation/records.ts";
import type { Triple } from "../volume/volume.ts";

/** Records of one kind as a table: names once, then a row of values for each record. */
export interface Rows {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number | null)[])[];
}

type Flat = Readonly<Record<string, string | number>>;

/** Digits that a measurement keeps: more than any of them is exact to. */
const digits = 6;

/** Results of cases as a table, for a file that is kept for good. */
export function rowsOfCases(cases: readonly CaseResult[]): Rows {
  return toRows(cases.map(({ roiUnit, timesMs, ...plain }) => ({
    ...plain,
    ...Object.fromEntries(
      (["min", "max"] as const).flatMap((end) =>
        axes.map((axis, i) => [`roi ${end} ${axis}`, roiUnit[end][i]])
      ),
    ),
    ...Object.fromEntries(timeParts.flatMap((part) => {
      const time = timesMs[part];
      return time === undefined ? [] : [[`${part}Ms`, time]];
    })),
  })));
}

/** The reverse of {@linkcode rowsOfCases}, to the digits that it keeps. */
export function casesOfRows(table: Rows): CaseResult[] {
  return fromRows(table).map((flat) => {
    const end = (name: "min" | "max"): Triple => {
      const [x, y, z] = axes.map((axis) => flat[`roi ${name} ${axis}`] as number);
      return [x, y, z];
    };
    const times = timeParts.flatMap((part): [TimePart, number][] => {
      const time = flat[`${part}Ms`];
      return time === undefined ? [] : [[part, time as number]];
    });
    // Earlier versions had a column for notes, which was empty.
    const plain = Object.entries(flat).filter(([name]) => !/^roi | ?Ms$|^notes$/.test(name));
    return {
      ...Object.fromEntries(plain),
      roiUnit: { min: end("min"), max: end("max") },
      timesMs: Object.fromEntries(times),
    } as unknown as CaseResult;
  });
}

/** Flat records as a table; a member that a record lacks is `null` in its row. */
export function toRows(records: readonly Flat[]): Rows {
  const columns = [...new Set(records.flatMap((record) => Object.keys(record)))];
  return {
    columns,
    rows: records.map((record) => columns.map((name) => rounded(record[name]))),
  };
}

/** The reverse of {@linkcode toRows}. */
export function fromRows({ columns, rows }: Rows): Record<string, string | number>[] {
  return rows.map((row) =>
    Object.fromEntries(columns.flatMap((name, i) => {
      const value = row[i];
      return value === null ? [] : [[name, value]];
    }))
  );
}

const axes = ["x", "y", "z"] as const;

function rounded(value: string | number | undefined): string | number | null {
  if (value === undefined) return null;
  return typeof value === "number" && Number.isFinite(value)
    ? Number(value.toPrecision(digits))
    : value;
}
