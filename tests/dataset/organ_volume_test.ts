import { assertEquals } from "@std/assert";
import { parseOrgan } from "../../lib/dataset/organ.ts";
import { organVolumeMl } from "../../lib/dataset/organ_volume.ts";

const box = { min: [0, 0, 0], max: [1, 1, 1] } as const;
const labels = {
  "2": { voxels: 10, volumeMm3: 120_000, boxUnit: box, pieces: 1 },
  "5": { voxels: 20, volumeMm3: 135_500, boxUnit: box, pieces: 1 },
};

Deno.test("an organ's volume is that of all its labels, in ml", () => {
  const declared = { "right kidney": 2, "left kidney": 5, liver: 6 };
  const of = (spec: string) => organVolumeMl({ labels }, parseOrgan(spec, declared));
  assertEquals(of("right kidney"), 120);
  assertEquals(of("kidneys=right kidney+left kidney"), 255.5);
  assertEquals(of("left kidney,liver"), 135.5);
  assertEquals(of("liver"), 0);
});
