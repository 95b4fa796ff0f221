import { modeNames } from "../evaluation/table_cells.ts";
import type { CaseResult, Evaluation, EvaluationMode } from "../evaluation/records.ts";
import type { ColourName } from "../figures/palette.ts";

/** How a mode is named, and its colour in every figure. */
export interface ModeLook {
  readonly mode: EvaluationMode;
  readonly name: string;
  readonly colour: ColourName;
}

/** The modes, the one that matters most first. */
export const modeLooks: readonly ModeLook[] = [
  look("withCrop", "bluishGreen"),
  look("groundTruthRoi", "blue"),
  look("withoutCrop", "orange"),
];

function look(mode: EvaluationMode, colour: ColourName): ModeLook {
  return { mode, name: modeNames[mode], colour };
}

/** The modes that an evaluation has, in their order. */
export function modesOf({ cases }: Evaluation): ModeLook[] {
  return modeLooks.filter(({ mode }) => cases.some((one) => one.mode === mode));
}

/** The classes that an evaluation has. */
export function classesOf({ cases }: Evaluation): string[] {
  return [...new Set(cases.map(({ className }) => className))];
}

/** The results in the scan's own grid, where a mask is used. */
export function scanCases({ cases }: Evaluation): CaseResult[] {
  return cases.filter(({ space }) => space === "scan");
}
