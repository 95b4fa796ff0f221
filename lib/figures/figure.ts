/** What JSON can hold; `undefined` members are left out when it is written. */
export type Json =
  | string
  | number
  | boolean
  | null
  | readonly Json[]
  | { readonly [key: string]: Json | undefined };

/** One trace of plotly.js (plotly.com/javascript/reference), as plain JSON. */
export interface PlotlyTrace {
  readonly type: "scatter" | "bar" | "box" | "image" | "mesh3d" | "heatmap";
  readonly name?: string;
  readonly [attribute: string]: Json | undefined;
}

/** A layout of plotly.js, as plain JSON. */
export interface PlotlyLayout {
  readonly [attribute: string]: Json | undefined;
}

/** A figure: what a browser draws (plotly JSON), a small picture of it, and a line of text. */
export interface Figure {
  /** The traces; numbers that plotly cannot draw (NaN, infinite) are `null`. */
  readonly data: readonly PlotlyTrace[];
  readonly layout: PlotlyLayout;
  /** A small PNG of the same figure, drawn by our own canvas when asked for. */
  readonly png: () => Promise<Uint8Array>;
  /** What the figure shows, in a sentence or two with its main numbers: text/plain and alt text. */
  readonly text: string;
}
