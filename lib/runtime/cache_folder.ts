import { homedir } from "node:os";
import { join } from "node:path";
import { variable } from "./settings.ts";

/** What {@link cacheFolder} reads; tests give their own. */
export interface CacheSurroundings {
  readonly os: typeof Deno.build.os;
  readonly home: string;
  readonly environment: (name: string) => string | undefined;
}

/**
 * The folder, outside every checkout, for native builds and the launcher's small state. It may not
 * exist yet. In order: the override variable, XDG_CACHE_HOME, macOS's Library/Caches, ~/.cache.
 */
export function cacheFolder(surroundings: CacheSurroundings = thisMachine()): string {
  const { os, home, environment } = surroundings;
  const override = environment(variable.cache);
  if (override) return override;
  const xdg = environment("XDG_CACHE_HOME");
  if (xdg) return join(xdg, "roiseg");
  return os === "darwin"
    ? join(home, "Library", "Caches", "roiseg")
    : join(home, ".cache", "roiseg");
}

function thisMachine(): CacheSurroundings {
  return { os: Deno.build.os, home: homedir(), environment: (name) => Deno.env.get(name) };
}
