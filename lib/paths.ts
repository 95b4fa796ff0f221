import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { variable } from "./runtime/settings.ts";

/** The project's root folder: the one that holds deno.json. */
export const projectRoot: string = fileURLToPath(new URL("..", import.meta.url)).replace(
  /[/\\]$/,
  "",
);

/** Where everything that the program makes goes; git ignores the folders below it. */
export const dataFolder: string = resolve(Deno.env.get(variable.data) || `${projectRoot}/data`);
/** Data sets as downloaded or generated. */
export const rawFolder = `${dataFolder}/raw`;
/** Prepared cases: one folder per data set. */
export const preparedFolder = `${dataFolder}/prepared`;
/** Training runs: one folder per run. */
export const runsFolder = `${dataFolder}/runs`;
/** Results of experiments: tables and every case's scores, small enough for git. */
export const resultsFolder = `${dataFolder}/results`;
