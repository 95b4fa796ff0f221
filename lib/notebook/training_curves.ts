import { type Curve, curvesFigure } from "../figures/curves_figure.ts";
import type { Figure } from "../figures/figure.ts";
import type { EpochRecord } from "../training/history.ts";
import { formatDuration, type StepProgress, type TrainingListener } from "../training/progress.ts";
import { LiveOutput } from "./live_output.ts";
import { figureMedia, showMarkdown } from "./show.ts";

/** A listener whose figure has an end. */
export interface LiveTraining extends TrainingListener {
  /** Shows the last state, without the time left. */
  end(): Promise<void>;
}

/**
 * Curves of a training that runs, live under its cell, with what it did before it was stopped: the loss
 * of every epoch and, below it, the validation's score, in one colour for each part, with the time left.
 *
 * @example
 * ```ts ignore
 * const curves = liveTraining("The detector learns");
 * await trainRun(run, prepared, { phases: ["detector"], resume: true, listenTo: () => curves });
 * await curves.end();
 * ```
 *
 * @param scoreName what the score is, "Dice" or "IoU"
 */
export function liveTraining(title: string, scoreName = "score"): LiveTraining {
  const [losses, scores] = [new LiveOutput(), new LiveOutput()];
  const records: EpochRecord[] = [];
  const notices: string[] = [];
  const draw = (position?: string) => {
    losses.update(() => figureMedia(lossCurves(title, records, position)));
    if (records.every(({ validation }) => validation === null)) return;
    scores.update(() => figureMedia(scoreCurves(title, records, scoreName)));
  };
  return {
    earlier: (earlier) => {
      records.push(...earlier);
      draw();
    },
    step: (progress) => draw(formatPosition(progress)),
    epoch: (record, progress) => {
      records.push(record);
      draw(formatPosition(progress));
    },
    notice: (text) => void notices.push(text),
    end: async () => {
      draw();
      for (const output of [losses, scores]) await output.flush();
      if (notices.length > 0) await showMarkdown(notices.map((text) => `- ${text}`).join("\n"));
    },
  };
}

/**
 * The loss over the epochs, of every phase among the records.
 *
 * @param position where a training that still runs stands
 */
export function lossCurves(
  title: string,
  records: readonly EpochRecord[],
  position?: string,
): Figure {
  const xTitle = position === undefined ? "epoch" : `epoch (${position})`;
  const curves = curvesOf(records, ({ loss }) => loss.total);
  return curvesFigure({ title: `${title}: loss`, xTitle, yTitle: "loss", curves, markers: true });
}

/** The validation's score over the epochs that were validated, of every phase among the records. */
export function scoreCurves(
  title: string,
  records: readonly EpochRecord[],
  scoreName: string,
): Figure {
  const validated = records.filter(({ validation }) => validation !== null);
  const curves = curvesOf(validated, ({ validation }) => validation!.score);
  return curvesFigure({
    title: `${title}: ${scoreName}`,
    xTitle: "epoch",
    yTitle: scoreName,
    curves,
    markers: true,
  });
}

function curvesOf(
  records: readonly EpochRecord[],
  valueOf: (record: EpochRecord) => number,
): Curve[] {
  return [...Map.groupBy(records, ({ phase }) => phase)].map(([name, own]) => {
    return { name, x: own.map(({ epoch }) => epoch), y: own.map(valueOf) };
  });
}

/** "detector-xy: 12 of 45, 1:20 left". */
function formatPosition(progress: StepProgress): string {
  const { phase, epoch, epochs, step, totalSteps, stepsPerSecond } = progress;
  const secondsLeft = stepsPerSecond > 0 ? (totalSteps - step) / stepsPerSecond : NaN;
  return `${phase}: ${epoch} of ${epochs}, ${formatDuration(secondsLeft)} left`;
}
