import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { UserError } from "../../lib/errors.ts";
import { readSafetensors, writeSafetensors } from "../../lib/nn/safetensors.ts";
import {
  type Checkpoint,
  checkpointPath,
  hasCheckpoint,
  loadCheckpoint,
  saveCheckpoint,
} from "../../lib/training/checkpoint.ts";
import { inTemporaryFolder } from "../temporary_folder.ts";

const identity = { seed: 1, config: { edge: 16 }, trainIds: ["a", "b"] };

function makeCheckpoint(epoch: number, size = 6): Checkpoint {
  const values = (offset: number) =>
    Float32Array.from({ length: size }, (_, i) => epoch + i + offset);
  return {
    progress: {
      epoch,
      stepInEpoch: 2,
      sums: { total: 0.1 + 0.2 },
      seconds: 3.5,
      lastScore: NaN,
      bestEpoch: 1,
      bestMetrics: { hd95Mm: Infinity },
      earlyStopping: { bestScore: 0.5, validationsSinceBest: 1 },
      finished: false,
    },
    weights: new Map([["block.kernel", { shape: [2, size / 2], data: values(0) }]]),
    optimizer: {
      groups: [{ names: ["block.kernel"], step: 7 }],
      first: new Map([["block.kernel", values(0.25)]]),
      second: new Map([["block.kernel", values(0.5)]]),
    },
    average: {
      updates: 9,
      values: new Map([["block.kernel", { shape: [2, size / 2], data: values(0.75) }]]),
    },
    best: new Map([["block.kernel", { shape: [2, size / 2], data: values(-1) }]]),
  };
}

/** Values only: a loaded tensor also knows its type in the file. */
function plain(checkpoint: Checkpoint | null): unknown {
  const simplify = (value: unknown): unknown => {
    if (value instanceof Float32Array) return [...value];
    if (value instanceof Map) return [...value].map(([key, item]) => [key, simplify(item)]);
    if (Array.isArray(value)) return value.map(simplify);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).filter(([key]) => key !== "dtype").map(([k, v]) => [k, simplify(v)]),
    );
  };
  return simplify(checkpoint);
}

async function load(folder: string): Promise<{ checkpoint: Checkpoint | null; notices: string[] }> {
  const notices: string[] = [];
  const checkpoint = await loadCheckpoint(folder, identity, (text) => notices.push(text));
  return { checkpoint, notices };
}

async function damage(path: string, how: "truncate" | "flip" | "empty"): Promise<void> {
  const bytes = await Deno.readFile(path);
  if (how === "flip") bytes[bytes.length - 5] ^= 1;
  const kept = {
    truncate: bytes.subarray(0, bytes.length - 9),
    flip: bytes,
    empty: new Uint8Array(),
  };
  await Deno.writeFile(path, kept[how]);
}

Deno.test("checkpoint: everything is read back; none is null", async () => {
  await inTemporaryFolder(async (folder) => {
    assertEquals(await load(folder), { checkpoint: null, notices: [] });
    assertEquals(await hasCheckpoint(folder), false);
    await saveCheckpoint(folder, makeCheckpoint(3), identity);
    const { checkpoint, notices } = await load(folder);
    assertEquals(plain(checkpoint), plain(makeCheckpoint(3)));
    assertEquals(notices, []);
    assertEquals(await hasCheckpoint(folder), true);

    const bare = { ...makeCheckpoint(4), average: null, best: null };
    await saveCheckpoint(folder, bare, identity);
    assertEquals(plain((await load(folder)).checkpoint), plain(bare));
    const { metadata } = await readSafetensors(checkpointPath(folder));
    assertEquals(JSON.parse(metadata.identity), identity);
  });
});

for (const how of ["truncate", "flip", "empty"] as const) {
  Deno.test(`checkpoint: the previous one serves when the newest is damaged (${how})`, async () => {
    await inTemporaryFolder(async (folder) => {
      await saveCheckpoint(folder, makeCheckpoint(1), identity);
      await saveCheckpoint(folder, makeCheckpoint(2), identity);
      await damage(checkpointPath(folder), how);
      const { checkpoint, notices } = await load(folder);
      assertEquals(checkpoint!.progress.epoch, 1);
      assertEquals(notices.length, 1);
      assertStringIncludes(notices[0], "checkpoint.safetensors.previous (epoch 1)");
      await damage(`${checkpointPath(folder)}.previous`, how);
      const error = await assertRejects(() => load(folder), UserError, "complete checkpoint");
      assertStringIncludes(error.message, "checkpoint.safetensors.previous");
    });
  });
}

Deno.test("checkpoint: a kill between any two steps of saving leaves one to resume from", async () => {
  await inTemporaryFolder(async (folder) => {
    const path = checkpointPath(folder);
    await saveCheckpoint(folder, makeCheckpoint(1), identity);
    await saveCheckpoint(folder, makeCheckpoint(2), identity);
    const epoch = async () => (await load(folder)).checkpoint!.progress.epoch;

    // While the new file is written there is a part of it under a name of its own.
    await Deno.writeFile(`${path}.next.0a1b2c3d.partial`, new Uint8Array(10));
    assertEquals(await epoch(), 2);
    // The new file is complete, nothing is renamed yet.
    const bytes = await savedBytes(3);
    await Deno.writeFile(`${path}.next`, bytes);
    assertEquals(await epoch(), 2);
    // The old one has become the previous one, the new one is not in place.
    await Deno.rename(path, `${path}.previous`);
    assertEquals(await epoch(), 3);
    assertStringIncludes((await load(folder)).notices[0], "is missing");
    // Training goes on from there.
    await saveCheckpoint(folder, makeCheckpoint(4), identity);
    assertEquals(await epoch(), 4);
  });
});

async function savedBytes(epoch: number): Promise<Uint8Array> {
  let bytes = new Uint8Array();
  await inTemporaryFolder(async (folder) => {
    await saveCheckpoint(folder, makeCheckpoint(epoch), identity);
    bytes = await Deno.readFile(checkpointPath(folder));
  });
  return bytes;
}

Deno.test("checkpoint: a process killed with -9 while saving leaves one to resume from", async () => {
  await inTemporaryFolder(async (folder) => {
    for (let round = 0; round < 3; round++) {
      const child = new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", "--no-check", import.meta.resolve("./save_forever.ts"), folder],
        stdout: "piped",
        stderr: "null",
      }).spawn();
      const reader = child.stdout.getReader();
      for (let saved = 0; saved < 2 + round; saved++) await reader.read();
      child.kill("SIGKILL");
      await reader.cancel();
      await child.status;
      const { checkpoint } = await load(folder);
      assert(checkpoint!.progress.epoch >= 1);
    }
  });
});

Deno.test("checkpoint: other settings are named, up to five of them", async () => {
  await inTemporaryFolder(async (folder) => {
    await saveCheckpoint(folder, makeCheckpoint(1), identity);
    const other = {
      ...identity,
      config: { edge: 32 },
      trainIds: ["a", "b", "c", "d", "e", "f", "g"],
    };
    const error = await assertRejects(
      () => loadCheckpoint(folder, other, () => {}),
      UserError,
    );
    assertStringIncludes(error.message, "config.edge was 16, is 32");
    assertStringIncludes(error.message, "trainIds.2 was absent, is");
    assertStringIncludes(error.message, "and 1 more");
  });
});

Deno.test("checkpoint: what builds on other weights goes on with those alone", async () => {
  await inTemporaryFolder(async (folder) => {
    const loadWith = (basis: string) => loadCheckpoint(folder, { ...identity, basis }, () => {});
    await saveCheckpoint(folder, makeCheckpoint(1), identity);
    assertEquals((await loadWith("b"))?.progress.epoch, 1, "one that does not say");
    await saveCheckpoint(folder, makeCheckpoint(2), { ...identity, basis: "a" });
    assertEquals((await loadWith("a"))?.progress.epoch, 2);
    const error = await assertRejects(
      () => loadWith("b"),
      UserError,
      "the weights that it builds on",
    );
    assertStringIncludes(error.message, `Remove the folder ${folder}`);
  });
});

Deno.test("checkpoint: one of a time when views had no filter goes on without a filter", async () => {
  await inTemporaryFolder(async (folder) => {
    const withView = (view: Record<string, unknown>) => ({
      ...identity,
      config: { ...identity.config, detector: { view } },
    });
    await saveCheckpoint(folder, makeCheckpoint(1), withView({ edge: 16 }));
    const resume = (filter: string) =>
      loadCheckpoint(folder, withView({ edge: 16, filter }), () => {});
    const opened = await resume("none");
    assertEquals(opened?.progress.epoch, 1);
    const error = await assertRejects(() => resume("clahe"), UserError);
    assertStringIncludes(error.message, "detector.view.filter was absent, is");
  });
});

Deno.test("checkpoint: one of a time without a choice of model is the segmentor's", async () => {
  await inTemporaryFolder(async (folder) => {
    await saveCheckpoint(folder, makeCheckpoint(1), identity);
    const resume = (model: string) => {
      const config = { ...identity.config, model, modelWeights: "" };
      return loadCheckpoint(folder, { ...identity, config }, () => {});
    };
    assertEquals((await resume("segmentor"))?.progress.epoch, 1);
    const error = await assertRejects(() => resume("swin-smt"), UserError);
    assertStringIncludes(error.message, 'model was absent, is "swin-smt"');
  });
});

Deno.test("checkpoint: another format version is refused, not passed over", async () => {
  await inTemporaryFolder(async (folder) => {
    await saveCheckpoint(folder, makeCheckpoint(1), identity);
    await saveCheckpoint(folder, makeCheckpoint(2), identity);
    const { tensors, metadata } = await readSafetensors(checkpointPath(folder));
    await writeSafetensors(checkpointPath(folder), tensors, { ...metadata, formatVersion: "2" });
    await assertRejects(() => load(folder), UserError, "format version must be 1, but it is 2");
  });
});
