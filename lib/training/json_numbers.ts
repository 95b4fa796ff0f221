/** JSON in which NaN and the infinities are written as texts, where plain JSON loses them as null. */
export function stringifyNumbers(value: unknown): string {
  return JSON.stringify(
    value,
    (_key, item) => typeof item === "number" && !Number.isFinite(item) ? String(item) : item,
  );
}

/** The reverse of {@linkcode stringifyNumbers}. */
export function parseNumbers(text: string): unknown {
  return JSON.parse(text, (_key, item) => nonFinite.has(item) ? Number(item) : item);
}

const nonFinite: ReadonlySet<unknown> = new Set(["NaN", "Infinity", "-Infinity"]);
