import { fileURLToPath } from "node:url";
import {
  type CompiledLibrary,
  describeLibrary,
  ensureLibrary,
  type LibrarySource,
} from "./compiled_library.ts";

const source: LibrarySource = {
  name: "volume",
  folder: fileURLToPath(new URL("../volume/native", import.meta.url)),
  mainFile: "volume.cc",
  // The same bits as the versions in TypeScript, which round every product; comparisons may be made
  // of several values at once.
  arguments: [
    "-ffp-contract=off",
    "-fno-trapping-math",
    // Vectors as wide as the processor has them, where g++ would take half of that.
    ...(Deno.build.arch === "x86_64" ? ["-mprefer-vector-width=512"] : []),
    // The end of the last worker that opened it would take it from under a call on another thread.
    ...(Deno.build.os === "linux" ? ["-Wl,-z,nodelete"] : []),
  ],
  without: "Scans will be read slower",
};

/** The state of the library that inflates and resamples scans. */
export function describeVolumeLibrary(): CompiledLibrary {
  return describeLibrary(source);
}

/** Makes sure that it is built, where that can be: `ensureLibrary`. A second or two, once. */
export async function ensureVolumeLibrary(
  options: { readonly report: (line: string) => void; readonly force?: boolean },
): Promise<void> {
  await ensureLibrary(source, options);
}
