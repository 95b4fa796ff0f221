import { type Curve, curvesFigure } from "../figures/curves_figure.ts";
import type { Figure } from "../figures/figure.ts";
import type { PartProgress } from "./part_progress.ts";

/** What of a run is drawn: its parts, be they of the whole run or of one phase. */
export interface DrawnParts {
  readonly parts: readonly PartProgress[];
}

/**
 * The loss over the epochs, one curve for each part that has begun; of a single part its terms
 * beside it.
 */
export function lossFigure({ parts }: DrawnParts, title = "Loss in training"): Figure {
  const begun = parts.filter(({ records }) => records.length > 0);
  const totals = begun.map((part) => lossCurve(part, "total", part.name));
  const [only, ...others] = begun;
  const terms = only === undefined || others.length > 0
    ? []
    : Object.keys(only.records[0].loss).filter((term) => term !== "total").map((term) => ({
      ...lossCurve(only, term, wordsOf(term)),
      dashed: true,
    }));
  const curves = terms.length > 1 ? [{ ...totals[0], name: "sum" }, ...terms] : totals;
  return curvesFigure({ title, xTitle: "epoch", yTitle: "loss", curves });
}

/** The validation's score over the epochs, one curve for each part that was validated. */
export function scoreFigure({ parts }: DrawnParts, title = "Score in validation"): Figure {
  const validated = parts.filter(({ records }) => records.some((one) => one.validation !== null));
  const scoreNames = [...new Set(validated.map(({ scoreName }) => scoreName))];
  const curves = validated.map((part): Curve => {
    const records = part.records.filter(({ validation }) => validation !== null);
    return {
      name: scoreNames.length > 1 ? `${part.name}: ${part.scoreName}` : part.name,
      x: records.map(({ epoch }) => epoch),
      y: records.map(({ validation }) => validation!.score),
    };
  });
  const yTitle = scoreNames.length === 0 ? "score" : scoreNames.join(", ");
  return curvesFigure({ title, xTitle: "epoch", yTitle, curves, markers: true });
}

function lossCurve({ records }: PartProgress, term: string, name: string): Curve {
  return {
    name,
    x: records.map(({ epoch }) => epoch),
    y: records.map(({ loss }) => loss[term] ?? NaN),
  };
}

/** "crossEntropy" as "cross entropy". */
function wordsOf(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}
