import { assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { readLabelNames } from "../../lib/dataset/dataset_json.ts";
import { openDataset } from "../../lib/dataset/layout.ts";
import { UserError } from "../../lib/errors.ts";
import { inTemporaryFolder, writeTree } from "../temporary_folder.ts";

Deno.test("openDataset() reads AMOS22: parts, typos in names, modality by case number", () =>
  inTemporaryFolder(async (dir) => {
    await writeTree(dir, {
      "amos22/dataset.json": JSON.stringify({
        modality: { "0": "CT" },
        labels: { "0": "background", "1": "spleen", "8": "arota", "15": "prostate/uterus" },
        numTraining: 2,
        training: [
          { image: "./imagesTr/amos_0507.nii.gz", label: "./labelsTr/amos_0507.nii.gz" },
          { image: "./imagesTr/amos_0500.nii.gz", label: "./labelsTr/amos_0500.nii.gz" },
        ],
        validation: [{ image: "imagesVa/amos_0008.nii.gz", label: "labelsVa/amos_0008.nii.gz" }],
        test: [{ image: "./imagesTs/amos_0600.nii.gz" }],
      }),
    });
    const dataset = await openDataset(`${dir}/amos22/`);
    assertEquals(dataset.layout, "amos");
    assertEquals(dataset.name, "amos22");
    assertEquals(dataset.labels, { "spleen": 1, "arota": 8, "prostate/uterus": 15 });
    assertEquals(
      dataset.cases.map(({ id, modality, subset }) => [id, modality, subset]),
      [
        ["amos_0500", "ct", "training"],
        ["amos_0507", "mr", "training"],
        ["amos_0008", "ct", "validation"],
        ["amos_0600", "mr", "test"],
      ],
    );
    assertEquals(dataset.cases[0].labelPath, `${dataset.root}/labelsTr/amos_0500.nii.gz`);
    assertEquals(dataset.cases[3].labelPath, null);
  }));

Deno.test("openDataset() reads the Decathlon, with a channel of several", () =>
  inTemporaryFolder(async (dir) => {
    await writeTree(dir, {
      "dataset.json": JSON.stringify({
        modality: { "0": "FLAIR", "1": "T1w" },
        labels: { "0": "background", "1": "edema" },
        numTraining: 1,
        training: [{ image: "./imagesTr/b.nii.gz", label: "./labelsTr/b.nii.gz" }],
        test: ["./imagesTs/a.nii.gz"],
      }),
    });
    const dataset = await openDataset(dir, { channel: 1 });
    assertEquals(dataset.layout, "msd");
    assertEquals(
      dataset.cases.map((
        { id, modality, subset, imageVolume },
      ) => [id, modality, subset, imageVolume]),
      [["b", "mr", "training", 1], ["a", "mr", "test", 1]],
    );
    const there = "no channel 2. Its channels: 0 (FLAIR), 1 (T1w)";
    await assertRejects(() => openDataset(dir, { channel: 2 }), UserError, there);
    const told = { channel: 2, modality: "mr" } as const;
    await assertRejects(() => openDataset(dir, told), UserError, there);
  }));

Deno.test("openDataset() reads nnU-Net v2: pairs, leftovers, regions", () =>
  inTemporaryFolder(async (dir) => {
    await writeTree(dir, {
      "dataset.json": JSON.stringify({
        channel_names: { "0": "CT", "1": "PET" },
        labels: { background: 0, whole: [1, 2], core: 2 },
        numTraining: 2,
        file_ending: ".nii.gz",
      }),
      "imagesTr/b_0000.nii.gz": "",
      "imagesTr/b_0001.nii.gz": "",
      "imagesTr/a_0000.nii.gz": "",
      "imagesTr/._a_0000.nii.gz": "",
      "imagesTr/notes.txt": "",
      "labelsTr/b.nii.gz": "",
      "labelsTr/c.nii.gz": "",
      "imagesTs/t_0000.nii.gz": "",
    });
    const dataset = await openDataset(dir);
    assertEquals(dataset.layout, "nnunet");
    assertEquals(dataset.labels, { core: 2, "1": 1 });
    assertEquals(
      dataset.cases.map(({ id, modality, subset, labelPath }) => [
        id,
        modality,
        subset,
        labelPath !== null,
      ]),
      [["a", "ct", "training", false], ["b", "ct", "training", true], ["t", "ct", "test", false]],
    );
    assertEquals(dataset.unpairedLabels, [`${dataset.root}/labelsTr/c.nii.gz`]);
    const pet = await openDataset(dir, { channel: 1 });
    assertEquals(pet.cases.map(({ imagePath }) => imagePath), [
      `${dataset.root}/imagesTr/b_0001.nii.gz`,
    ]);
    assertEquals([pet.cases[0].modality, pet.cases[0].imageChannel], ["mr", 1]);
    assertEquals(dataset.cases.map(({ imageChannel }) => imageChannel), [0, 0, 0]);
    for (const modality of [undefined, "ct"] as const) {
      const open = () => openDataset(dir, { channel: 3, modality });
      await assertRejects(open, UserError, "no channel 3. Its channels: 0 (CT), 1 (PET)");
    }
  }));

Deno.test("openDataset() reads a plain pair, with names of either form, and asks for the modality", () =>
  inTemporaryFolder(async (dir) => {
    await writeTree(dir, {
      "images/scan one.nii": "",
      "images/zwölf.nii.gz": "",
      "labels/scan one.nii.gz": "",
      "labels/zwo\u0308lf.nii.gz": "",
      "labels.json": JSON.stringify({ liver: 5, "7": "pancreas", background: 0 }),
    });
    const error = await assertRejects(() => openDataset(dir), UserError);
    assertStringIncludes(error.message, "--modality");
    const dataset = await openDataset(dir, { modality: "ct" });
    assertEquals(dataset.layout, "pair");
    assertEquals(dataset.labels, { liver: 5, pancreas: 7 });
    assertEquals(
      dataset.cases.map(({ id, labelPath }) => [id, labelPath !== null]),
      [["scan one", true], ["zwölf", true]],
    );
    const { cases: [second] } = await openDataset(dir, { modality: "ct", channel: 1 });
    assertEquals([dataset.cases[0].imageVolume, second.imageVolume], [undefined, 1]);
  }));

Deno.test("openDataset() refuses what is no data set, and says what is wrong", () =>
  inTemporaryFolder(async (dir) => {
    const listed = (training: unknown) => JSON.stringify({ modality: { 0: "MRI" }, training });
    const trees: [string, Record<string, string>, string][] = [
      ["empty", { "readme.txt": "" }, "images and labels"],
      ["broken", { "dataset.json": "{" }, "JSON"],
      ["array", { "dataset.json": "[]" }, "JSON object"],
      ["strange", { "dataset.json": '{"hello": 1}' }, "hello"],
      ["no-cases", { "dataset.json": listed([]) }, "at least one case"],
      ["no-image", { "dataset.json": listed([{ label: "a" }]) }, "name an image"],
      ["unknown", { "dataset.json": '{"training": ["a.nii"]}' }, "--modality"],
      [
        "value",
        { "dataset.json": '{"modality": "CT", "labels": {"x": 1.5}, "training": ["a.nii"]}' },
        "integer",
      ],
      [
        "shared-value",
        { "dataset.json": '{"modality": "CT", "labels": {"x": 1, "y": 1}, "training": ["a.nii"]}' },
        "one name",
      ],
      [
        "ignored",
        {
          "dataset.json":
            '{"modality": "CT", "labels": {"x": 1, "ignore": 2}, "training": ["a.nii"]}',
        },
        "cannot be left out",
      ],
      [
        "ending",
        { "dataset.json": '{"channel_names": {"0": "CT"}, "file_ending": ".nrrd"}' },
        ".nrrd",
      ],
      [
        "two-values",
        {
          "dataset.json":
            '{"modality": "CT", "labels": {"1": "x", "6": "x"}, "training": ["a.nii"]}',
        },
        "1 and 6 of x",
      ],
      ["twins", { "dataset.json": listed(["a/Case.nii.gz", "b/case.nii"]) }, "must differ"],
      ["dots", { "dataset.json": listed(["images/...nii.gz"]) }, '".." of '],
      ["nameless", { "dataset.json": listed(["images/.nii.gz"]) }, "fit for a folder"],
      ["manifest", { "dataset.json": listed(["images/manifest.json"]) }, "fit for a folder"],
      [
        "two-files",
        {
          "dataset.json": '{"channel_names": {"0": "CT"}}',
          "imagesTr/c_0000.nii": "",
          "imagesTr/c_0000.nii.gz": "",
        },
        "c_0000.nii.gz",
      ],
      [
        "folder",
        { "dataset.json": '{"channel_names": {"0": "CT"}}', "imagesTr": "" },
        "must be a folder",
      ],
    ];
    for (const [name, files, expected] of trees) {
      await writeTree(`${dir}/${name}`, files);
      const error = await assertRejects(() => openDataset(`${dir}/${name}`), UserError);
      assertStringIncludes(error.message, expected, name);
    }
    await assertRejects(() => openDataset(`${dir}/nowhere`), UserError, "no folder");
  }));

Deno.test("label values are numbers, or digits; nothing else becomes one, or is passed over", () => {
  const read = (value: unknown) => readLabelNames({ x: value }, "labels.json");
  assertEquals(read(5), { x: 5 });
  assertEquals(read(" 5 "), { x: 5 });
  assertEquals(read([5, "7"]), { "5": 5, "7": 7 });
  for (const value of [null, "", " ", true, "0x10", "1e2", "-1", 1.5, 65536, [70000]]) {
    assertThrows(() => read(value), UserError, "integer in 0 .. 65535");
  }
  for (const value of [[], [null], [[1]], ["1e2"]]) {
    assertThrows(() => read(value), UserError, "a list of label values");
  }
});
