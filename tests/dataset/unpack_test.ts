import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { memberPath } from "../../lib/dataset/archive.ts";
import { unpack } from "../../lib/dataset/unpack.ts";
import { UserError } from "../../lib/errors.ts";
import { exists } from "../../lib/files.ts";
import { makeTar, makeZip, type TestMember } from "./archives.ts";
import { inTemporaryFolder } from "../temporary_folder.ts";

const long = `deep/${"folder/".repeat(18)}end.txt`;
const noise = crypto.getRandomValues(new Uint8Array(60_000));
const sound: TestMember[] = [
  { name: "./" },
  { name: "set/" },
  { name: "set/dataset.json", content: "{}" },
  { name: "set/imagesTr/ü 1.nii.gz", content: noise, stored: true },
  { name: "set/imagesTr/empty" },
  { name: "set/labels.txt", content: "spleen ".repeat(9999), wide: true },
  { name: "set/imagesTr/._ü 1.nii.gz", content: "left by macOS" },
  { name: "__MACOSX/set", content: "left by macOS" },
  { name: long, content: "far down" },
];

const kinds = { zip: makeZip, tar: makeTar };

async function refuse(
  dir: string,
  kind: keyof typeof kinds,
  members: readonly TestMember[],
  expected: string,
): Promise<void> {
  const path = `${dir}/${crypto.randomUUID()}.${kind}`;
  await Deno.writeFile(path, kinds[kind](members));
  await assertRejects(() => unpack(path, `${dir}/out`), UserError, expected, expected);
  assertEquals(await exists(`${dir}/out`), false, "nothing was written");
}

for (const kind of ["zip", "tar"] as const) {
  Deno.test(`unpack() writes the members of a ${kind} file`, () =>
    inTemporaryFolder(async (dir) => {
      const path = `${dir}/a.${kind}`;
      await Deno.writeFile(path, kinds[kind](sound));
      const seen: [number, number][] = [];
      await unpack(path, `${dir}/out`, { onProgress: (done, total) => seen.push([done, total]) });
      assertEquals(await Deno.readFile(`${dir}/out/set/imagesTr/ü 1.nii.gz`), noise);
      assertEquals(await Deno.readTextFile(`${dir}/out/set/labels.txt`), "spleen ".repeat(9999));
      assertEquals(await Deno.readTextFile(`${dir}/out/${long}`), "far down");
      assertEquals((await Deno.stat(`${dir}/out/set/imagesTr/empty`)).size, 0);
      const names = [...Deno.readDirSync(`${dir}/out/set/imagesTr`)].map(({ name }) => name);
      assertEquals(names.sort(), ["empty", "ü 1.nii.gz"]);
      assertEquals(await exists(`${dir}/out/__MACOSX`), false);
      const total = noise.length + 7 * 9999 + "{}".length + "far down".length;
      assertEquals([seen[0], seen.at(-1)], [[0, total], [total, total]]);
    }));

  Deno.test(`unpack() writes nothing of a ${kind} file with a name that leads out of its folder`, () =>
    inTemporaryFolder(async (dir) => {
      for (const name of ["../evil", "a/../../evil", "/etc/evil", "C:/evil", "a\\..\\evil"]) {
        await refuse(dir, kind, [{ name: "good" }, { name, content: "x" }], "stay below");
      }
      await refuse(dir, kind, [{ name: "a/B" }, { name: "a/b" }], "upper and lower case");
    }));

  Deno.test(`unpack() asks for room for all of a ${kind} file`, () =>
    inTemporaryFolder(async (dir) => {
      const path = `${dir}/a.${kind}`;
      await Deno.writeFile(path, kinds[kind](sound));
      const freeBytes = () => Promise.resolve(50_000);
      await assertRejects(() => unpack(path, `${dir}/out`, { freeBytes }), UserError, "free");
    }));

  Deno.test(`unpack() refuses a ${kind} file that is cut off or of another kind`, () =>
    inTemporaryFolder(async (dir) => {
      const bytes = kinds[kind](sound);
      for (const length of [0, 100, 30_000, bytes.length - (kind === "zip" ? 30 : 1200)]) {
        await Deno.writeFile(`${dir}/cut.${kind}`, bytes.subarray(0, length));
        await assertRejects(() => unpack(`${dir}/cut.${kind}`, `${dir}/out`), UserError, "must");
      }
      await Deno.writeTextFile(`${dir}/text.${kind}`, "no archive ".repeat(999));
      await assertRejects(() => unpack(`${dir}/text.${kind}`, `${dir}/out`), UserError);
      await assertRejects(() => unpack(`${dir}/text.rar`, `${dir}/out`), UserError, ".zip or .tar");
    }));
}

Deno.test("unpack() refuses links and devices", () =>
  inTemporaryFolder(async (dir) => {
    await refuse(dir, "zip", [{ name: "a", content: "/etc", mode: 0o120777 }], "link or device");
    await refuse(dir, "zip", [{ name: "a/", mode: 0o120777 }], "link or device");
    await refuse(dir, "zip", [{ name: "a", mode: 0o020666 }], "link or device");
    for (const type of ["1", "2"]) await refuse(dir, "tar", [{ name: "a", type }], "a link");
    await refuse(dir, "tar", [{ name: "a", type: "3" }], 'type "3"');
  }));

Deno.test("unpack() refuses an encrypted or damaged member of a zip file", () =>
  inTemporaryFolder(async (dir) => {
    await refuse(dir, "zip", [{ name: "a", flags: 1 }], "encrypted");
    const path = `${dir}/a.zip`;
    await Deno.writeFile(path, makeZip([{ name: "a", content: "text", crc: 1 }]));
    await assertRejects(() => unpack(path, `${dir}/out`), UserError, "checksum is wrong");
    const bytes = makeZip([{ name: "a", content: "text ".repeat(99) }]);
    bytes.fill(0xff, 31, 36);
    await Deno.writeFile(path, bytes);
    await assertRejects(() => unpack(path, `${dir}/out2`), UserError, "damaged");
  }));

Deno.test("unpack() does not write more of a member than its list says", () =>
  inTemporaryFolder(async (dir) => {
    const bytes = makeZip([{ name: "bomb", content: new Uint8Array(1_000_000) }]);
    const view = new DataView(bytes.buffer);
    const central = bytes.length - 22 - 46 - 4;
    assertEquals(view.getUint32(central, true), 0x02014b50);
    view.setUint32(central + 24, 10, true);
    await Deno.writeFile(`${dir}/a.zip`, bytes);
    await assertRejects(() => unpack(`${dir}/a.zip`, `${dir}/out`), UserError, "larger than 10");
    assertEquals((await Deno.stat(`${dir}/out/bomb`)).size, 0);
  }));

Deno.test("memberPath() normalises what is safe", () => {
  assertEquals(memberPath("./a//b/./c", "x.zip"), "a/b/c");
  for (const name of ["", ".", "a/..", "a\nb", "..", "c:b"]) {
    assertThrows(() => memberPath(name, "x.zip"), UserError, undefined, name);
  }
});
