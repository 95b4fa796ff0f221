import { phaseNames } from "../config/config.ts";
import type { Figure } from "../figures/figure.ts";
import { formatDuration } from "../training/progress.ts";
import { figureGrid, footnote, markup, nothing, notice } from "./html.ts";
import { htmlTable } from "./html_table.ts";
import type { Section } from "./page.ts";
import type { PartProgress } from "./part_progress.ts";
import { stateText } from "./progress_text.ts";
import { lossFigure, scoreFigure } from "./run_figures.ts";
import type { RunProgress } from "./run_progress.ts";

/** How far each part was trained, and its curves by phase. */
export function trainingSection(progress: RunProgress): Section {
  const table = htmlTable({
    caption: "Parts, in the order in which they are trained",
    header: [
      "Part",
      "Epochs",
      "State",
      "Best validation",
      "in epoch",
      "Last loss",
      "s per epoch",
      "Time (h:)min:s",
    ],
    rows: progress.parts.map(partCells),
  });
  const note = footnote(
    "The weights of the best validation are kept. Times are sums over epochs, validation included, ",
    "interruptions not.",
  );
  return {
    id: "training",
    title: "Training",
    body: markup`${progress.state === "complete" ? nothing : notice(stateText(progress))}
${table}${note}${figureGrid("curves", phaseFigures(progress))}`,
  };
}

const phaseTitles = {
  detector: "Detector",
  segmentor: "Segmentor",
  finetune: "Fine-tuning",
  whole: "Whole volume",
} as const;

/** Loss and score of each phase that has begun. */
function phaseFigures({ parts }: RunProgress): Figure[] {
  return phaseNames.flatMap((phase) => {
    const own = parts.filter((part) => part.phase === phase && part.records.length > 0);
    if (own.length === 0) return [];
    return [
      lossFigure({ parts: own }, `${phaseTitles[phase]}: loss in training`),
      scoreFigure({ parts: own }, `${phaseTitles[phase]}: ${own[0].scoreName} in validation`),
    ];
  });
}

function partCells(part: PartProgress): string[] {
  const { name, scoreName, records, settings, best, secondsPerEpoch, secondsSpent } = part;
  const last = records.at(-1);
  return [
    name,
    `${last?.epoch ?? 0} of ${settings.epochs}`,
    part.endedEarly ? "stopped early" : part.state,
    best === null ? "–" : `${best.score.toFixed(4)} ${scoreName}`,
    best === null ? "–" : String(best.epoch),
    last === undefined ? "–" : last.loss.total.toFixed(4),
    Number.isNaN(secondsPerEpoch) ? "–" : secondsPerEpoch.toFixed(1),
    formatDuration(secondsSpent),
  ];
}
