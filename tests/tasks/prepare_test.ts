import { assertEquals, assertStringIncludes } from "@std/assert";
import { exists } from "../../lib/files.ts";
import { boxLabels, image, writePair } from "../dataset/volumes.ts";
import { inTemporaryFolder } from "../temporary_folder.ts";
import { runVerb } from "./run_verb.ts";

Deno.test("prepare writes where train looks for cubes of that edge", () =>
  inTemporaryFolder(async (dir) => {
    const [data, dataDir] = [`${dir}/pair`, `${dir}/data`];
    await writePair(data, "one", image(), boxLabels(6, [1, 1, 1], [5, 4, 3]));
    const flags = ["--data", data, "--modality", "mr", "--jobs", "1"];
    const prepared = await runVerb("prepare", [...flags, "--cube", "16"], dataDir);
    assertEquals(prepared.code, 0, prepared.stderr);
    assertStringIncludes(prepared.stdout, `1 are in ${dataDir}/prepared/pair-cube16`);
    await runVerb("prepare", flags, dataDir);
    assertEquals(await exists(`${dataDir}/prepared/pair/manifest.json`), true);
  }));
