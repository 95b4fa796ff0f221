/**
 * Importing this file makes sure that TensorFlow.js can be imported next: it explains a missing
 * native binding in one sentence, and loads the native library without its start-up chatter.
 */
import { dirname } from "node:path";
import { UserError } from "../errors.ts";
import { findBinding, libraryNames } from "./native_files.ts";
import { variable } from "./settings.ts";

const logLevel = "TF_CPP_MIN_LOG_LEVEL";
const memoryGrowth = "TF_FORCE_GPU_ALLOW_GROWTH";

if (Deno.env.get(variable.withoutNative) === undefined) {
  const binding = findBinding();
  if (binding === undefined) {
    throw new UserError({
      what: "cannot load TensorFlow",
      rule: "its native library must be set up once in this checkout",
      remedy: "Run `deno task setup`",
    });
  }
  // Else the first process on a GPU takes all of its memory.
  Deno.env.set(memoryGrowth, Deno.env.get(memoryGrowth) || "true");
  const chosenLevel = Deno.env.get(logLevel) || "2";
  if (chosenLevel !== "0") {
    Deno.env.set(logLevel, chosenLevel);
    loadMuted(`${dirname(binding)}/tensorflow/${libraryNames.whole}`);
  }
}

/**
 * Loads a library with standard error closed off meanwhile. Its static initialisers write there
 * before any log level is read. A failure is left to the import that follows, which reports it;
 * the library stays loaded, since TensorFlow does not survive being unloaded.
 */
function loadMuted(path: string): void {
  const linux = Deno.build.os === "linux";
  const resolveAllNow = 2;
  const writeOnly = 1;
  const standardError = 2;
  const text = (value: string) => new TextEncoder().encode(`${value}\0`);
  try {
    const { symbols: libc } = Deno.dlopen(linux ? "libc.so.6" : "libSystem.B.dylib", {
      open: { parameters: ["buffer", "i32"], result: "i32" },
      dup: { parameters: ["i32"], result: "i32" },
      dup2: { parameters: ["i32", "i32"], result: "i32" },
      close: { parameters: ["i32"], result: "i32" },
      dlopen: { parameters: ["buffer", "i32"], result: "pointer" },
    });
    const kept = libc.dup(standardError);
    const nowhere = libc.open(text("/dev/null"), writeOnly);
    if (kept < 0 || nowhere < 0) return;
    libc.dup2(nowhere, standardError);
    libc.dlopen(text(path), resolveAllNow);
    libc.dup2(kept, standardError);
    libc.close(kept);
    libc.close(nowhere);
  } catch {
    // An older C library keeps dlopen elsewhere: the chatter is then seen, nothing else changes.
  }
}
