import { join } from "node:path";
import { writeAtomic } from "../files.ts";
import { cacheFolder } from "./cache_folder.ts";
import { variable } from "./settings.ts";

/** Whether the JSR packages of deno.json can be had, and how that is known. */
export interface JsrVerdict {
  readonly answers: boolean;
  /** "environment", "asked now" or "asked 3 min ago". */
  readonly source: string;
}

const verdictLifeMs = 10 * 60_000;
const patienceMs = 5_000;

/**
 * Whether the given `jsr:` specifiers can be loaded, from Deno's cache or from JSR itself. Asks
 * Deno, waits at most 5 s, and remembers the answer for 10 minutes.
 */
export async function askJsr(specifiers: readonly string[]): Promise<JsrVerdict> {
  const override = Deno.env.get(variable.jsr);
  if (override === "yes" || override === "no") {
    return { answers: override === "yes", source: "environment" };
  }
  const path = join(cacheFolder(), "jsr.json");
  const remembered = await readVerdict(path);
  const ageMs = Date.now() - (remembered?.askedAtMs ?? -Infinity);
  if (remembered && ageMs >= 0 && ageMs < verdictLifeMs) {
    return {
      answers: remembered.answers,
      source: `asked ${Math.round(ageMs / 60_000)} min ago`,
    };
  }
  const answers = (await Promise.all(specifiers.map(canLoad))).every(Boolean);
  await writeAtomic(path, JSON.stringify({ answers, askedAtMs: Date.now() }));
  return { answers, source: "asked now" };
}

async function canLoad(specifier: string): Promise<boolean> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["info", "--no-config", "--no-lock", specifier],
    stdin: "null",
    stdout: "null",
    stderr: "null",
    signal: AbortSignal.timeout(patienceMs),
  });
  return (await child.output()).success;
}

async function readVerdict(
  path: string,
): Promise<{ answers: boolean; askedAtMs: number } | undefined> {
  try {
    const value: unknown = JSON.parse(await Deno.readTextFile(path));
    if (typeof value !== "object" || value === null) return undefined;
    const { answers, askedAtMs } = value as Record<string, unknown>;
    if (typeof answers !== "boolean" || typeof askedAtMs !== "number") return undefined;
    return { answers, askedAtMs };
  } catch {
    return undefined;
  }
}
