import { assert, assertEquals } from "@std/assert";
import { GroupNorm } from "../../lib/nn/group_norm.ts";
import { instanceNorm, ScaledInstanceNorm } from "../../lib/nn/instance_norm.ts";
import { Parameters } from "../../lib/nn/parameters.ts";
import { standardizeSpace } from "../../lib/nn/standardize_space.ts";
import { Random } from "../../lib/random.ts";
import * as tf from "../../lib/tf.ts";
import { assertClose, assertGradients, assertNoLeak, uniform } from "../tensors.ts";
import { testEachWay } from "./each_way.ts";

testEachWay("standardizeSpace() is exact on many voxels", () => {
  const [voxels, channels] = [64 * 96 * 32, 2];
  const x = uniform(new Random("space"), [1, 64, 96, 32, channels], 1, 4) as tf.Tensor5D;
  const values = x.dataSync();
  const actual = standardizeSpace(x).dataSync();
  for (let c = 0; c < channels; c++) {
    const own = (i: number) => values[i * channels + c];
    let [sum, squares] = [0, 0];
    for (let i = 0; i < voxels; i++) sum += own(i);
    for (let i = 0; i < voxels; i++) squares += (own(i) - sum / voxels) ** 2;
    const deviation = Math.sqrt(squares / voxels + 1e-5);
    let error = 0;
    for (let i = 0; i < voxels; i++) {
      const expected = (own(i) - sum / voxels) / deviation;
      error = Math.max(error, Math.abs(actual[i * channels + c] - expected));
    }
    assert(error < 1e-5, `channel ${c} is off by ${error}`);
  }
});

testEachWay(
  "instance norms: each channel of each sample by itself, gradients, one voxel",
  async () => {
    const x = uniform(new Random("norm"), [2, 3, 2, 4, 3]) as tf.Tensor5D;
    const parameters = new Parameters(0);
    const grouped = new GroupNorm(parameters.root().child("a"), { channels: 3, groups: 3 });
    const scaled = new ScaledInstanceNorm(parameters.root().child("b"), 3);
    for (const norm of [grouped, scaled]) {
      norm.scale.assign(tf.tensor1d([2, 0.5, -1]));
      norm.shift.assign(tf.tensor1d([0, 1, -3]));
    }
    assertClose(scaled.apply(x), grouped.apply(x), 1e-5, "scaled");
    assertClose(
      instanceNorm(x).mul(scaled.scale).add(scaled.shift),
      grouped.apply(x),
      1e-5,
      "plain",
    );
    const weights = uniform(new Random("weights"), x.shape);
    await assertNoLeak(() =>
      assertGradients((x) => instanceNorm(x as tf.Tensor5D).mul(weights).sum(), [x])
    );
    assertEquals([...instanceNorm(tf.ones([1, 1, 1, 1, 2])).dataSync()], [0, 0]);
    parameters.dispose();
  },
);
