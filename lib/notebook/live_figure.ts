import type { Figure } from "../figures/figure.ts";
import { LiveOutput } from "./live_output.ts";
import { figureMedia } from "./show.ts";

/** A figure that changes in place under its cell. */
export interface LiveFigure {
  /** Replaces the figure; one that follows another too soon waits, and the latest is shown. */
  update(figure: Figure): Promise<void>;
  /** Shows what still waits. */
  end(): Promise<void>;
}

/**
 * Shows a figure that can be replaced in place.
 *
 * @throws {UserError} outside a notebook
 */
export async function liveFigure(figure: Figure): Promise<LiveFigure> {
  const output = new LiveOutput();
  output.update(() => figureMedia(figure));
  await output.flush();
  return {
    update: (next) => Promise.resolve(output.update(() => figureMedia(next))),
    end: () => output.flush(),
  };
}
