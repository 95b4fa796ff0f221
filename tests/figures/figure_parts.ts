import type { Figure } from "../../lib/figures/figure.ts";

/** Any value of a parsed JSON text, by its name. */
export type Parts = Readonly<Record<string, unknown>>;

/** A figure as a notebook or a page gets it: through JSON, where NaN would become null unseen. */
export function jsonOf({ data, layout }: Figure): { data: Parts[]; layout: Parts } {
  const text = JSON.stringify({ data, layout }, (_, value) => {
    if (typeof value === "number" && !Number.isFinite(value)) {
      throw new Error("a figure holds a number that JSON cannot hold");
    }
    return value;
  });
  return JSON.parse(text);
}

/** An axis of a figure's layout, with the text of its title, if it has one. */
export function axisOf(figure: Figure, name: string): Parts & { readonly title?: string } {
  const axis = jsonOf(figure).layout[name] as Parts & {
    readonly title?: { readonly text: string };
  };
  return { ...axis, title: axis.title?.text };
}
