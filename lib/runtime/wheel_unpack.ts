import { join } from "node:path";
import { UserError } from "../errors.ts";
import { libraryNames } from "./native_files.ts";
import { runProgram } from "./program.ts";
import type { Python } from "./python.ts";

/** Reads wheels (zip files) and extracts the members whose names match a pattern. */
const extract = `
import os, re, sys, zipfile
target, pattern, wheels = sys.argv[1], re.compile(sys.argv[2]), sys.argv[3:]
for wheel in wheels:
    with zipfile.ZipFile(wheel) as archive:
        for member in archive.infolist():
            if pattern.match(member.filename):
                path = archive.extract(member, target)
                mode = member.external_attr >> 16 & 0o777 # which extract() leaves out
                if mode: os.chmod(path, mode)
`;

/**
 * The members of a TensorFlow wheel that a build needs: two libraries, the headers but those of
 * other projects' sources (half of them, which no op includes), and the wheel's own metadata.
 */
export const tensorflowMembers =
  `tensorflow/(${libraryNames.whole}|${libraryNames.core}|include/(?!external/))|tensorflow.*\\.dist-info/METADATA$`;

/** The members of NVIDIA's wheels that TensorFlow loads or runs: all but their headers. */
export const nvidiaMembers = "nvidia/(?!.*/include/)";

/**
 * Extracts the members that match the pattern from every wheel of a folder.
 *
 * @throws UserError with Python's message, mostly that the disk is full.
 */
export async function unpackWheels(
  python: Python,
  { wheels, pattern, target }: {
    readonly wheels: string;
    readonly pattern: string;
    readonly target: string;
  },
): Promise<void> {
  const paths: string[] = [];
  for await (const { name } of Deno.readDir(wheels)) {
    if (name.endsWith(".whl")) paths.push(join(wheels, name));
  }
  const result = await runProgram(python.command, ["-c", extract, target, pattern, ...paths]);
  if (result?.success) return;
  throw new UserError({
    what: `cannot unpack the wheels in ${wheels} (${result?.stderr.trim().split("\n").at(-1)})`,
    rule: "the disk must have room for them, and they must be whole",
    remedy: "Free some space and run `deno task setup` again",
  });
}

/**
 * The packages that the CUDA build of TensorFlow asks for, as pip requirements, read from the
 * unpacked metadata of its wheel.
 */
export async function cudaRequirements(unpacked: string): Promise<string[]> {
  for await (const { name } of Deno.readDir(unpacked)) {
    if (name.endsWith(".dist-info")) {
      return parseCudaRequirements(await Deno.readTextFile(join(unpacked, name, "METADATA")));
    }
  }
  return [];
}

/** The requirements of the extra `and-cuda` in a wheel's METADATA. */
export function parseCudaRequirements(metadata: string): string[] {
  return metadata.split("\n").flatMap((line) => {
    const found = line.match(/^Requires-Dist: ([^;]+?)\s*;\s*extra == ["']and-cuda["']/);
    return found ? [found[1].replaceAll(" ", "")] : [];
  });
}
