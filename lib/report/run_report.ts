import { modelTitles } from "../config/model_name.ts";
import { UserError } from "../errors.ts";
import { exists, writeAtomic } from "../files.ts";
import type { Run } from "../training/run_folder.ts";
import { casesSection } from "./cases_section.ts";
import { configSection } from "./config_section.ts";
import { costSection } from "./cost_section.ts";
import { dataSection } from "./data_section.ts";
import { environmentSection } from "./environment_section.ts";
import { type Html, markup } from "./html.ts";
import { pageGenerator, pageHtml } from "./page.ts";
import { paperSection } from "./paper_section.ts";
import { resultSection } from "./result_section.ts";
import { readRunFacts, type RunFacts } from "./run_facts.ts";
import { trainingSection } from "./training_section.ts";
import { verdict } from "./verdict.ts";

/** A run as one HTML page that needs no other file and no network. */
export async function runReport(run: Run, at: Date): Promise<string> {
  const facts = await readRunFacts(run, at);
  const { organ, datasetName } = run.record;
  const evaluation = facts.evaluation.value;
  return await pageHtml({
    title: `${organ.name} in ${datasetName}`,
    lead: lead(facts),
    sections: [
      resultSection(facts),
      ...(evaluation === null ? [] : [
        paperSection(evaluation),
        await casesSection(facts, evaluation),
        costSection(evaluation),
      ]),
      trainingSection(facts.progress),
      dataSection(facts),
      configSection(facts),
      environmentSection(facts),
    ],
  });
}

function lead(facts: RunFacts): Html {
  const { run: { folder, record }, at } = facts;
  const { training, validation, test } = record.split;
  const { model } = record.config;
  const items = Object.entries({
    "Preset": record.config.preset,
    ...(model === "segmentor" ? {} : { "Model": modelTitles[model] }),
    [`${modelTitles[model]}'s input`]: `${record.roiEdge}³`,
    "Cases": `${training.length} training, ${validation.length} validation, ${test.length} test`,
    "Device": record.environment.device ?? "unknown",
    "Run": folder,
    "Written": at.toISOString().slice(0, 10),
  });
  const list = items.map(([name, value]) => markup`<div><dt>${name}</dt><dd>${value}</dd></div>`);
  return markup`<p class="verdict">${verdict(facts).join(" ")}</p>
<dl class="facts">${list}</dl>
`;
}

/**
 * Writes {@linkcode runReport} to a file, whole or not at all.
 *
 * @returns whether an older report was replaced
 * @throws {UserError} when the file is there and is no report
 */
export async function writeRunReport(run: Run, path: string, at = new Date()): Promise<boolean> {
  const replaces = await exists(path);
  if (replaces && !await isReport(path)) {
    throw new UserError({
      what: `cannot write the report ${path}`,
      rule: "only a report may be replaced",
      seen: "another file",
      remedy: "Name another file with --output, or remove that one",
    });
  }
  await writeAtomic(path, await runReport(run, at));
  return replaces;
}

/** Where the page's head names its generator, in bytes. */
const headBytes = 512;

async function isReport(path: string): Promise<boolean> {
  if (!(await Deno.stat(path)).isFile) return false;
  using file = await Deno.open(path);
  const bytes = new Uint8Array(headBytes);
  const count = await file.read(bytes) ?? 0;
  return new TextDecoder().decode(bytes.subarray(0, count))
    .includes(`<meta name="generator" content="${pageGenerator}">`);
}
