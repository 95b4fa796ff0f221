import { assertEquals } from "@std/assert";
import { toLabelValues } from "../../lib/evaluation/label_values.ts";
import { boxLabels } from "../dataset/volumes.ts";

Deno.test("class numbers become the data set's values, in the order of the classes", () => {
  const classes = boxLabels(1, [0, 0, 0], [2, 1, 1]);
  classes.data[5] = 2;
  const organ = {
    name: "both",
    classes: [{ name: "liver", values: [600] }, { name: "kidneys", values: [3, 2] }],
  };
  const labels = toLabelValues(classes, organ);
  assertEquals([...labels.data.subarray(0, 6)], [600, 600, 0, 0, 0, 3]);
  assertEquals([labels.shape, labels.affine], [classes.shape, classes.affine]);
  assertEquals(classes.data[0], 1, "its input stays as it is");
});
