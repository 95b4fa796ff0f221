import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { createHash } from "node:crypto";
import { type DataSource, dataSources, findSource } from "../../lib/dataset/data_sources.ts";
import { downloadDataset, type DownloadOptions } from "../../lib/dataset/download.ts";
import { fetchFile, type RemoteFile } from "../../lib/dataset/fetch_file.ts";
import { openDataset } from "../../lib/dataset/layout.ts";
import { UserError } from "../../lib/errors.ts";
import { exists } from "../../lib/files.ts";
import { makeTar, makeZip } from "./archives.ts";
import { type ServerPlan, withServer } from "./server.ts";
import { inTemporaryFolder } from "../temporary_folder.ts";

const content = Uint8Array.from({ length: 95_000 }, (_, i) => (i * 7919) >> 3);
const md5 = (bytes: Uint8Array) => createHash("md5").update(bytes).digest("hex");
const quick = { retryDelayMs: 1, attempts: 3 };

function remote(origin: string, more: Partial<RemoteFile> = {}): RemoteFile {
  return { url: `${origin}/f`, name: "f", bytes: null, md5: md5(content), ...more };
}

/** Fetches "/f" from a server of the given plan into a folder of its own. */
function fetchTest(
  plan: Partial<ServerPlan>,
  test: (
    path: string,
    origin: string,
    seen: { range: string | null; ifRange: string | null }[],
  ) => Promise<void>,
): Promise<void> {
  return inTemporaryFolder((dir) =>
    withServer(
      { files: { "/f": content }, etag: '"one"', ...plan },
      (origin, seen) => test(`${dir}/deep/f`, origin, seen),
    )
  );
}

Deno.test("fetchFile() fetches a file once and leaves nothing else", () =>
  fetchTest({}, async (path, origin, seen) => {
    const progress: [number, number | null][] = [];
    await fetchFile(remote(origin), path, {
      ...quick,
      onProgress: (done, total) => progress.push([done, total]),
    });
    assertEquals(await Deno.readFile(path), content);
    assertEquals(progress[0], [0, content.length]);
    assertEquals(progress.at(-1), [content.length, content.length]);
    const names = [...Deno.readDirSync(path.replace(/\/f$/, ""))].map(({ name }) => name);
    assertEquals(names, ["f"]);
    await fetchFile(remote(origin), path, quick);
    assertEquals(seen.length, 1, "there already, with the right checksum");
  }));

Deno.test("fetchFile() asks for the rest after each break of the connection", () =>
  fetchTest({ breakAfter: [40_000, 20_000, undefined] }, async (path, origin, seen) => {
    await fetchFile(remote(origin), path, quick);
    assertEquals(await Deno.readFile(path), content);
    assertEquals(seen.length, 3);
    const starts = seen.map(({ range }) => Number(range?.match(/\d+/)?.[0] ?? 0));
    assert(0 < starts[1] && starts[1] < starts[2], `went on from ${starts}`);
    assertEquals(seen.map(({ ifRange }) => ifRange), [null, '"one"', '"one"']);
  }));

Deno.test("fetchFile() goes on where another process stopped", () =>
  fetchTest({}, async (path, origin, seen) => {
    const stop = new AbortController();
    const start = fetchFile(remote(origin), path, {
      ...quick,
      signal: stop.signal,
      onProgress: (done) => done >= 30_000 && stop.abort(),
    });
    const error = await assertRejects(() => start);
    assertEquals(error, stop.signal.reason);
    assertEquals(await exists(path), false);
    const { size } = await Deno.stat(`${path}.partial`);
    assert(size >= 30_000 && size < content.length);
    await fetchFile(remote(origin), path, quick);
    assertEquals(seen.at(-1)?.range, `bytes=${size}-`);
    assertEquals(await Deno.readFile(path), content);
  }));

Deno.test("fetchFile() begins anew when the server's file has changed or it knows no ranges", async () => {
  for (const plan of [{ etag: '"two"' }, { noRanges: true }]) {
    await fetchTest(plan, async (path, origin) => {
      await Deno.mkdir(path.replace(/\/f$/, ""), { recursive: true });
      await Deno.writeTextFile(`${path}.partial`, "of an older file");
      await Deno.writeTextFile(`${path}.partial.etag`, '"one"');
      await fetchFile(remote(origin), path, quick);
      assertEquals(await Deno.readFile(path), content);
    });
  }
});

Deno.test("fetchFile() sees that all has arrived already, and that too much has", async () => {
  for (const surplus of [0, 10]) {
    await fetchTest({}, async (path, origin) => {
      await Deno.mkdir(path.replace(/\/f$/, ""), { recursive: true });
      await Deno.writeFile(`${path}.partial`, content);
      await Deno.truncate(`${path}.partial`, content.length + surplus);
      await fetchFile(remote(origin), path, quick);
      assertEquals(await Deno.readFile(path), content);
    });
  }
});

Deno.test("fetchFile() deletes a file of a wrong checksum", () =>
  fetchTest({}, async (path, origin) => {
    const wrong = remote(origin, { md5: md5(new Uint8Array(1)) });
    await assertRejects(() => fetchFile(wrong, path, quick), UserError, md5(content));
    assertEquals([await exists(path), await exists(`${path}.partial`)], [false, false]);
  }));

Deno.test("fetchFile() tries again when the server is busy, not when it has no such file", async () => {
  await fetchTest({ statuses: [503, 429] }, async (path, origin, seen) => {
    await fetchFile(remote(origin), path, quick);
    assertEquals(seen.length, 3);
  });
  await fetchTest({ files: {} }, async (path, origin, seen) => {
    await assertRejects(() => fetchFile(remote(origin), path, quick), UserError, "404");
    assertEquals(seen.length, 1);
  });
  await fetchTest({ statuses: [500, 500, 500, 500] }, async (path, origin, seen) => {
    await assertRejects(() => fetchFile(remote(origin), path, quick), UserError, "500");
    assertEquals(seen.length, 3);
  });
});

Deno.test("fetchFile() gives up on a server that is out of reach or silent", async () => {
  await inTemporaryFolder(async (dir) => {
    const nobody = remote("http://127.0.0.1:9");
    await assertRejects(() => fetchFile(nobody, `${dir}/f`, quick), UserError, "in vain");
    const ended = Promise.withResolvers<void>();
    const silent = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      () => ended.promise.then(() => new Response("")),
    );
    const options = { ...quick, stallMs: 30, attempts: 2 };
    const file = remote(`http://127.0.0.1:${silent.addr.port}`);
    await assertRejects(() => fetchFile(file, `${dir}/g`, options), UserError, "nothing came");
    ended.resolve();
    await silent.shutdown();
  });
});

Deno.test("fetchFile() asks for room for the file and the reserve", () =>
  fetchTest({}, async (path, origin) => {
    const freeBytes = () => Promise.resolve(150_000);
    const fetch = (reserve: number) =>
      fetchFile(remote(origin), path, { ...quick, freeBytes, reserve });
    await assertRejects(() => fetch(1), UserError, "free");
    await fetch(0);
  }));

Deno.test("fetchFile() is alone with its file", () =>
  fetchTest({}, async (path, origin) => {
    await Deno.mkdir(path.replace(/\/f$/, ""), { recursive: true });
    using held = await Deno.open(`${path}.partial`, { create: true, write: true });
    await held.lock(true);
    await assertRejects(() => fetchFile(remote(origin), path, quick), UserError, "in use");
  }));

const description = JSON.stringify({
  modality: { 0: "MRI" },
  labels: { 0: "background", 1: "heart" },
  training: [{ image: "imagesTr/a.nii.gz", label: "labelsTr/a.nii.gz" }],
});
const heart = makeTar([
  { name: "Task02_Heart/dataset.json", content: description },
  { name: "Task02_Heart/imagesTr/a.nii.gz", content },
]);
const heartSource = (origin: string): DataSource => ({
  name: "Task02_Heart",
  title: "",
  licence: "",
  reference: "",
  origin: {
    kind: "archive",
    file: { url: `${origin}/heart.tar`, name: "heart.tar", bytes: null, md5: md5(heart) },
  },
});

Deno.test("downloadDataset() fetches and unpacks a Decathlon task, once, through a break", () =>
  inTemporaryFolder((dir) =>
    withServer(
      { files: { "/heart.tar": heart }, breakAfter: [50_000], etag: '"h"' },
      async (origin, seen) => {
        const steps = new Set<string>();
        const folder = await downloadDataset(heartSource(origin), dir, {
          ...quick,
          onProgress: (step) => steps.add(step),
        });
        assertEquals(folder, `${dir}/Task02_Heart`);
        assertEquals([...steps], ["download", "unpack"]);
        assertEquals((await openDataset(folder)).cases.map(({ id }) => id), ["a"]);
        assertEquals([...Deno.readDirSync(dir)].map(({ name }) => name), ["Task02_Heart"]);
        await downloadDataset(heartSource(origin), dir, quick);
        assertEquals(seen.length, 2);
      },
    )
  ));

Deno.test("downloadDataset() is alone with its data set until it is complete", () =>
  inTemporaryFolder((dir) =>
    withServer({ files: { "/heart.tar": heart } }, async (origin, seen) => {
      const download = (options: DownloadOptions) =>
        downloadDataset(heartSource(origin), dir, { ...quick, ...options });
      let others = 0;
      // Room is looked for before the download and before unpacking; both wait for the other's end.
      const freeBytes = async () => {
        await assertRejects(() => download({}), UserError, "in use by another");
        others++;
        return Infinity;
      };
      const folder = await download({ freeBytes });
      assertEquals(others, 2);
      assertEquals(await Deno.readFile(`${folder}/imagesTr/a.nii.gz`), content);
      assertEquals([...Deno.readDirSync(dir)].map(({ name }) => name), ["Task02_Heart"]);
      assertEquals(await download({}), folder);
      assertEquals(seen.length, 1);
    })
  ));

Deno.test("downloadDataset() finds AMOS22's archive in a record of Zenodo", () =>
  inTemporaryFolder(async (dir) => {
    const archive = makeZip([
      { name: "amos22/dataset.json", content: description },
      { name: "amos22/imagesTr/a.nii.gz", content, stored: true },
    ]);
    const files: ServerPlan["files"] = { "/files/amos22.zip/content": archive };
    await withServer({ files }, async (origin) => {
      const record = (key: string) =>
        JSON.stringify({
          files: [{
            key,
            size: archive.length,
            checksum: `md5:${md5(archive)}`,
            links: { self: `${origin}/files/amos22.zip/content` },
          }],
        });
      files["/record"] = record("amos22.zip");
      files["/other"] = record("amos21.zip");
      files["/strange"] = "[]";
      const source = (path: string): DataSource => ({
        ...heartSource(origin),
        name: "amos22",
        origin: { kind: "zenodo", recordUrl: `${origin}${path}`, archive: "amos22.zip" },
      });
      const download = (path: string) =>
        downloadDataset(source(path), dir, { ...quick, keepArchive: true });
      await assertRejects(() => download("/other"), UserError, "amos21.zip");
      await assertRejects(() => download("/strange"), UserError, "listing nothing");
      await assertRejects(() => download("/nowhere"), UserError, "404");
      assertEquals(await download("/record"), `${dir}/amos22`);
      assertEquals(await Deno.readFile(`${dir}/amos22/imagesTr/a.nii.gz`), content);
      assertEquals(await Deno.readFile(`${dir}/amos22.zip`), archive);
    });
  }));

Deno.test("downloadDataset() does not write over a folder that is something else", () =>
  inTemporaryFolder(async (dir) => {
    await Deno.mkdir(`${dir}/Task02_Heart`);
    const download = () => downloadDataset(heartSource("http://127.0.0.1:9"), dir, quick);
    await assertRejects(download, UserError, "another folder");
  }));

Deno.test("findSource() knows AMOS22 and ten tasks by name, number and organ", () => {
  assertEquals(dataSources.length, 11);
  assertEquals(findSource("AMOS22").name, "amos22");
  for (const name of ["Task04_Hippocampus", "task04", "Hippocampus"]) {
    assertEquals(findSource(name).name, "Task04_Hippocampus");
  }
  assertThrows(() => findSource("amos21"), UserError, "Did you mean amos22?");
  assertThrows(() => findSource("task"), UserError, "Task10_Colon");
});
