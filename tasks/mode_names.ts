import type { EvaluationMode } from "../lib/evaluation/records.ts";

/** What the command line calls the modes of evaluation. */
export const modeOfName: Readonly<Record<string, EvaluationMode>> = {
  "gt-roi": "groundTruthRoi",
  "with-crop": "withCrop",
  "without-crop": "withoutCrop",
};
