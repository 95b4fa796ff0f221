import { join } from "node:path";
import { figuresPage } from "../figures/figure_html.ts";
import { writeAtomic } from "../files.ts";
import type { ExperimentPlaces } from "./experiment_places.ts";
import {
  type ExperimentReport,
  reportCsv,
  reportJson,
  reportMarkdown,
} from "./experiment_report.ts";

/** The files that {@linkcode writeReport} wrote. */
export interface ReportPaths {
  readonly csv: string;
  readonly json: string;
  readonly markdown: string;
}

/** Writes an experiment's tables as CSV, JSON and Markdown into the results' folder. */
export async function writeReport(
  report: ExperimentReport,
  { results }: ExperimentPlaces,
): Promise<ReportPaths> {
  const path = (end: string) => join(results, `${report.fileName}.${end}`);
  const [csv, json, markdown] = ["csv", "json", "md"].map(path);
  await writeAtomic(csv, reportCsv(report));
  await writeAtomic(json, JSON.stringify(reportJson(report), null, 1) + "\n");
  await writeAtomic(markdown, reportMarkdown(report));
  return { csv, json, markdown };
}

/**
 * Writes the experiment's figures as one page that opens offline, beside the runs: plotly.js is in
 * it, which is too much for git.
 *
 * @returns its path; `null` where there is nothing to draw yet
 */
export async function writeFigures(
  { experiment, findings, fileName }: ExperimentReport,
  { runs }: ExperimentPlaces,
): Promise<string | null> {
  const figures = experiment.figures(findings);
  if (figures.length === 0) return null;
  const path = join(runs, `${fileName}.html`);
  await writeAtomic(path, await figuresPage(figures, experiment.title));
  return path;
}
