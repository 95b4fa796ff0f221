import { assertEquals } from "@std/assert";
import {
  fromPytorch,
  permute,
  type PytorchLayout,
  toPytorch,
} from "../../lib/nn/pytorch_layout.ts";

/** The values 0, 1, 2, ... in a shape. */
function count(...shape: number[]): { shape: number[]; data: Float32Array } {
  const size = shape.reduce((a, b) => a * b, 1);
  return { shape, data: Float32Array.from({ length: size }, (_, i) => i) };
}

Deno.test("permute moves axes, not values", () => {
  assertEquals(permute(count(2, 3), [1, 0]), {
    shape: [3, 2],
    data: Float32Array.of(0, 3, 1, 4, 2, 5),
  });
  const { shape, data } = permute(count(2, 3, 4), [2, 0, 1]);
  assertEquals(shape, [4, 2, 3]);
  // Element [3, 1, 2] was [1, 2, 3].
  assertEquals(data[3 * 6 + 1 * 3 + 2], 1 * 12 + 2 * 4 + 3);
});

Deno.test("layouts of PyTorch become those of lib/nn", () => {
  const shapeOf = (values: { shape: number[] }) => values.shape;
  assertEquals(shapeOf(fromPytorch(count(2, 3, 4, 5, 6), "conv")), [4, 5, 6, 3, 2]);
  assertEquals(shapeOf(fromPytorch(count(2, 3, 4, 5, 6), "transposedConv")), [2, 4, 5, 6, 3]);
  assertEquals(shapeOf(fromPytorch(count(2, 1, 4, 5, 6), "depthwiseConv")), [4, 5, 6, 2]);
  assertEquals(fromPytorch(count(2, 3), "linear").data, Float32Array.of(0, 3, 1, 4, 2, 5));
  assertEquals(shapeOf(fromPytorch(count(2, 3, 1, 1, 1), "pointwiseConv")), [3, 2]);
  assertEquals(fromPytorch(count(4), "plain"), count(4));
});

Deno.test("toPytorch() undoes fromPytorch()", () => {
  const shapes: Record<PytorchLayout, number[]> = {
    conv: [2, 3, 4, 5, 6],
    transposedConv: [2, 3, 4, 5, 6],
    depthwiseConv: [2, 1, 3, 4, 5],
    pointwiseConv: [2, 3, 1, 1, 1],
    linear: [2, 3],
    table: [1, 3, 4],
    plain: [4],
  };
  for (const [layout, shape] of Object.entries(shapes) as [PytorchLayout, number[]][]) {
    const stored = count(...shape);
    assertEquals(toPytorch(fromPytorch(stored, layout), layout), stored, layout);
  }
});
