import { type Curve, curvesFigure } from "../figures/curves_figure.ts";
import type { Figure } from "../figures/figure.ts";
import { seriesColours } from "../figures/palette.ts";
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
 * Curves of a training that runs, live under its cell: the loss of every epoch (solid) and the
 * validation's score (dashed), in one colour for each part, with the time left.
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
  const output = new LiveOutput();
  const records: EpochRecord[] = [];
  const notices: string[] = [];
  const draw = (position?: string) =>
    output.update(() => figureMedia(trainingFigure(title, records, { scoreName, position })));
  return {
    step: (progress) => draw(formatPosition(progress)),
    epoch: (record, progress) => {
      records.push(record);
      draw(formatPosition(progress));
    },
    notice: (text) => void notices.push(text),
    end: async () => {
      draw();
      await output.flush();
      if (notices.length > 0) await showMarkdown(notices.map((text) => `- ${text}`).join("\n"));
    },
  };
}

/** How {@linkcode trainingFigure} labels its curves. */
export interface TrainingLabels {
  /** What the score is, "Dice" or "IoU". */
  readonly scoreName: string;
  /** Where a training that still runs stands. */
  readonly position?: string;
}

/** The loss and the validation's score over the epochs, of every phase among the records. */
export function trainingFigure(
  title: string,
  records: readonly EpochRecord[],
  { scoreName, position }: TrainingLabels,
): Figure {
  const phases = [...new Set(records.map(({ phase }) => phase))];
  const curves = phases.flatMap((phase, index): Curve[] => {
    const own = records.filter((record) => record.phase === phase);
    const validated = own.filter(({ validation }) => validation !== null);
    const colour = seriesColours[index % seriesColours.length];
    return [
      {
        name: `${phase}: loss`,
        x: own.map(({ epoch }) => epoch),
        y: own.map(({ loss }) => loss.total),
        colour,
      },
      {
        name: `${phase}: ${scoreName}`,
        x: validated.map(({ epoch }) => epoch),
        y: validated.map(({ validation }) => validation!.score),
        dashed: true,
        colour,
      },
    ];
  });
  return curvesFigure({
    title,
    xTitle: position === undefined ? "epoch" : `epoch (${position})`,
    yTitle: `loss, ${scoreName}`,
    curves,
    markers: true,
  });
}

/** "detector-xy: 12 of 45, 1:20 left". */
function formatPosition(progress: StepProgress): string {
  const { phase, epoch, epochs, step, totalSteps, stepsPerSecond } = progress;
  const secondsLeft = stepsPerSecond > 0 ? (totalSteps - step) / stepsPerSecond : NaN;
  return `${phase}: ${epoch} of ${epochs}, ${formatDuration(secondsLeft)} left`;
}
