/** A place at which two JSON values differ; `undefined` where a side has nothing there. */
export interface JsonDifference {
  /** "phases.segmentor.epochs", "trainIds.3". */
  readonly key: string;
  readonly before: string | undefined;
  readonly now: string | undefined;
}

/** Where two JSON values differ, in the order of the first, then what only the second has. */
export function jsonDifference(before: unknown, now: unknown): JsonDifference[] {
  const left = leaves(before);
  const right = leaves(now);
  return [...new Set([...left.keys(), ...right.keys()])]
    .filter((key) => left.get(key) !== right.get(key))
    .map((key) => ({ key, before: left.get(key), now: right.get(key) }));
}

function leaves(value: unknown, path: readonly string[] = []): Map<string, string> {
  const children = typeof value === "object" && value !== null ? Object.entries(value) : [];
  if (children.length === 0) return new Map([[path.join("."), JSON.stringify(value)]]);
  return new Map(children.flatMap(([key, child]) => [...leaves(child, [...path, key])]));
}
