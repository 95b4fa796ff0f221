import { assertEquals, assertRejects } from "@std/assert";
import { openCases } from "../../lib/dataset/open_cases.ts";
import { openDataset } from "../../lib/dataset/layout.ts";
import { prepareDataset } from "../../lib/dataset/prepare.ts";
import { UserError } from "../../lib/errors.ts";
import { inTemporaryFolder } from "./temporary.ts";
import { boxLabels, image, writePair } from "./volumes.ts";

Deno.test("openCases() needs the modality of a plain pair, and keeps to that of a prepared folder", () =>
  inTemporaryFolder(async (dir) => {
    const [data, out, cubeEdge] = [`${dir}/pair`, `${dir}/prepared`, 16];
    await writePair(data, "one", image(), boxLabels(6, [1, 1, 1], [5, 4, 3]));
    await assertRejects(() => openCases({ data, cubeEdge }), UserError, "--modality mr");
    await writePair(`${dir}/unlabelled`, "one", image(), null);
    const told = () => openCases({ data: `${dir}/unlabelled`, modality: "mr", cubeEdge });
    await assertRejects(told, UserError, "must have labels", "which comes after the modality");
    const settings = { cubeEdge };
    await prepareDataset(await openDataset(data, { modality: "mr" }), out, { settings, jobs: 1 });
    for (const modality of [undefined, "mr"] as const) {
      const { entries } = await openCases({ data: out, modality, cubeEdge });
      assertEquals(entries.map((entry) => entry.modality), ["mr"]);
    }
    const seen: unknown[] = [];
    const refused = () =>
      openCases({
        data,
        modality: "mr",
        cubeEdge,
        onLabels: (labels) => {
          seen.push(labels);
          throw new UserError({ what: "no", rule: "such organ", remedy: "Look" });
        },
        onPrepare: (progress) => void seen.push(progress),
      });
    await assertRejects(refused, UserError, "such organ", "before any case is prepared");
    assertEquals(seen.length, 1);
    const asCt = () => openCases({ data: out, modality: "ct", cubeEdge });
    await assertRejects(asCt, UserError, "must be ct, which --modality says, but it is mr of one");
  }));
