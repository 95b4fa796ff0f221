import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import type { PreparedDataset } from "../../lib/dataset/case.ts";
import { caseFiles } from "../../lib/dataset/prepare_case.ts";
import { CaseStore } from "../../lib/training/case_store.ts";
import { scaleAndShift } from "../../lib/volume/affine.ts";
import { writeLabels, writeVolume } from "../../lib/volume/nifti_write.ts";
import type { Triple } from "../../lib/volume/volume.ts";
import { inTemporaryFolder } from "../temporary_folder.ts";
import { boxLabels, image } from "../dataset/volumes.ts";

const cubeShape: Triple = [4, 4, 4];
/** Floats and labels of 16 bits: what a kept cube takes. */
const cubeBytes = 64 * (4 + 2);

/** Prepared cases `a`, `b` and `c`; the labels of the first start at voxel 0, and so on. */
async function withCases(
  test: (prepared: PreparedDataset, dir: string) => Promise<void>,
): Promise<void> {
  await inTemporaryFolder(async (dir) => {
    const ids = ["a", "b", "c"];
    for (const [i, id] of ids.entries()) await writeCase(dir, id, i);
    const entries = ids.map((id) => ({ id }));
    await test({ dir, entries } as unknown as PreparedDataset, dir);
  });
}

async function writeCase(dir: string, id: string, at: number): Promise<void> {
  const affine = scaleAndShift([1, 2, 5], [0, 0, 0]);
  const cube = image({ shape: cubeShape, affine });
  const cubeLabels = boxLabels(7, [at, 0, 0], [at + 1, 1, 1], { shape: cubeShape, affine });
  const folder = `${dir}/${id}`;
  await writeVolume(`${folder}/${caseFiles.cubeImage}`, cube, { type: "float32" });
  await writeLabels(`${folder}/${caseFiles.cubeLabels}`, cubeLabels);
  await writeVolume(`${folder}/${caseFiles.scanImage}`, image(), { type: "float32" });
  await writeLabels(`${folder}/${caseFiles.scanLabels}`, boxLabels(5, [at, 0, 0], [at + 1, 1, 1]));
}

async function remove(dir: string, id: string): Promise<void> {
  await Deno.remove(`${dir}/${id}`, { recursive: true });
}

Deno.test("a case is read once, cube and scan apart", async () => {
  await withCases(async (prepared, dir) => {
    const store = new CaseStore(prepared);
    const [cube, again] = await Promise.all([store.cube("b"), store.cube("b")]);
    const scan = await store.scan("b");
    await remove(dir, "b");
    assertStrictEquals(again.image, cube.image);
    assertStrictEquals((await store.cube("b")).labels, cube.labels);
    assertStrictEquals((await store.scan("b")).image, scan.image);
    assertEquals([cube.image.shape, scan.image.shape], [cubeShape, image().shape]);
    assertEquals([cube.labels.data.indexOf(7), scan.labels.data.indexOf(5)], [1, 1]);
    assertEquals((await store.cube("c")).labels.data.indexOf(7), 2);
  });
});

Deno.test("beyond its memory it forgets the case that was not used for longest", async () => {
  await withCases(async (prepared, dir) => {
    const store = new CaseStore(prepared, 2 * cubeBytes);
    for (const id of ["a", "b", "a", "c"]) await store.cube(id);
    for (const id of ["a", "b", "c"]) await remove(dir, id);
    await store.cube("a");
    await store.cube("c");
    await assertRejects(() => store.cube("b"));
    // The failure takes no memory: what is kept stays.
    await store.cube("a");
  });
});

Deno.test("a case that alone is beyond the memory is kept until the next comes", async () => {
  await withCases(async (prepared, dir) => {
    const store = new CaseStore(prepared, 10);
    await store.cube("a");
    await remove(dir, "a");
    await store.cube("a");
    await store.cube("b");
    await assertRejects(() => store.cube("a"));
  });
});

Deno.test("many cases at once keep to the memory as well", async () => {
  await withCases(async (prepared, dir) => {
    const store = new CaseStore(prepared, cubeBytes);
    const loaded = await Promise.all(["a", "b", "c"].map((id) => store.cube(id)));
    assertEquals(loaded.map(({ labels }) => labels.data.indexOf(7)), [0, 1, 2]);
    for (const id of ["a", "b", "c"]) await remove(dir, id);
    const kept = await Promise.allSettled(["a", "b", "c"].map((id) => store.cube(id)));
    assertEquals(kept.filter(({ status }) => status === "fulfilled").length, 1);
  });
});

Deno.test("a failure is not remembered", async () => {
  await withCases(async (prepared, dir) => {
    const store = new CaseStore(prepared);
    await remove(dir, "c");
    await assertRejects(() => store.cube("c"));
    await writeCase(dir, "c", 2);
    assertEquals((await store.cube("c")).labels.data.indexOf(7), 2);
  });
});
