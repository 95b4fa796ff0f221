/**
 * The segmentor at inference, written as its definition says: one sample, double precision, a loop
 * for every index, nothing shared with lib/nn. It takes the values of the parameters by name.
 */
import type { SegmentorConfig } from "../../lib/config/config.ts";

/** Values of a parameter, C order. */
export interface Values {
  readonly shape: readonly number[];
  readonly data: ArrayLike<number>;
}

/** The parameters of the network under test. */
export type Weights = ReadonlyMap<string, Values>;

/** Features of a cube: `data[((z * edge + y) * edge + x) * channels + c]`. */
interface Cube {
  readonly edge: number;
  readonly channels: number;
  readonly data: Float64Array;
}

/** The logits `[z, y, x, c]` of a cube of intensities. */
export function slowLogits(
  image: ArrayLike<number>,
  edge: number,
  stage: number,
  weights: Weights,
  config: SegmentorConfig,
): Float64Array {
  const at = (path: string) => new Part(weights, path);
  const fine = config.fineWidth > 0 ? at("fine") : null;
  let cube: Cube = { edge, channels: 1, data: Float64Array.from(image) };
  const standard = scale(cube, 0.3, 0.25);
  if (fine) cube = rectify(fine.child("features").sameConv(standard));
  const seen = cube;
  if (stage > 1) cube = at(`encoder.gate${stage}`).conv(cube, 2);
  const skips: Cube[] = [];
  for (let level = stage - 1; level <= config.stageCount; level++) {
    const part = at(`encoder.level${level}`);
    cube = part.child("norm").groupNorm(part.child("conv").conv(cube, level === 0 ? 4 : 2));
    for (let b = 0; b < config.blocks[level]; b++) {
      cube = refine(part.child(`block${b}`), cube, config, level);
    }
    skips.push(cube);
  }
  skips.pop();
  cube = bottleneck(cube, at("encoder").values("position"), config.rereadBottleneck);
  for (let level = config.stageCount; level >= stage - 1; level--) {
    const part = at(`decoder.level${level}`);
    for (let b = 0; b < config.blocks[level]; b++) {
      cube = refine(part.child(`block${b}`), cube, config, level);
    }
    cube = part.child("conv").transposedConv(cube, level === 0 ? 4 : 2);
    if (level > 0 || config.normalizeLogits) cube = part.child("norm").groupNorm(cube);
    const skip = skips.pop();
    if (skip) cube = add(cube, skip);
  }
  if (stage > 1) cube = at(`decoder.gate${stage}`).transposedConv(cube, 2);
  if (fine) {
    cube = add(cube, fine.child("correction").sameConv(join(standard, scale(cube, 0, 3), seen)));
  }
  return cube.data;
}

function rectify(x: Cube): Cube {
  return { ...x, data: x.data.map((value) => Math.max(value, 0)) };
}

function scale(x: Cube, mean: number, deviation: number): Cube {
  return { ...x, data: x.data.map((value) => (value - mean) / deviation) };
}

/** The channels of all. */
function join(...cubes: readonly Cube[]): Cube {
  const channels = cubes.flatMap((cube) =>
    Array.from({ length: cube.channels }, (_, c) => ({ cube, c }))
  );
  return make(cubes[0].edge, channels.length, (z, y, x, i) => {
    const { cube, c } = channels[i];
    return read(cube, z, y, x, c);
  });
}

function refine(part: Part, input: Cube, config: SegmentorConfig, level: number): Cube {
  const local = part.child("local");
  const spread = part.child("spread");
  let x = input;
  x = add(x, part.child("position1").depthwise(x));
  x = add(
    x,
    local.child("pointwise2").linear(
      local.child("norm2").batchNorm(
        local.child("depthwise").depthwise(
          local.child("pointwise1").linear(local.child("norm1").batchNorm(x)),
        ),
      ),
    ),
  );
  x = add(x, part.child("mlp1").mlp(x));
  x = add(x, part.child("position2").depthwise(x));
  const kept = attention(
    part.child("attention"),
    subsample(x, config.strides[level]),
    config.heads[level],
  );
  const grown = spread.child("transposed").depthwiseTransposed(kept, config.strides[level]);
  x = add(x, spread.child("pointwise").linear(spread.child("norm").groupNorm(grown)));
  return add(x, part.child("mlp2").mlp(x));
}

function attention(part: Part, x: Cube, heads: number): Cube {
  const tokens = x.edge ** 3;
  const width = x.channels / heads;
  const all = part.child("queryKeyValue").linear(x).data;
  const read = (token: number, head: number, which: number, i: number) =>
    all[token * 3 * x.channels + head * 3 * width + which * width + i];
  const data = new Float64Array(tokens * x.channels);
  for (let head = 0; head < heads; head++) {
    for (let query = 0; query < tokens; query++) {
      const scores = Array.from({ length: tokens }, (_, key) => {
        let sum = 0;
        for (let i = 0; i < width; i++) sum += read(query, head, 0, i) * read(key, head, 1, i);
        return sum;
      });
      const largest = Math.max(...scores);
      const powers = scores.map((score) => Math.exp(score - largest));
      const total = powers.reduce((a, b) => a + b);
      for (let i = 0; i < width; i++) {
        let sum = 0;
        for (let key = 0; key < tokens; key++) sum += powers[key] / total * read(key, head, 2, i);
        data[query * x.channels + head * width + i] = sum;
      }
    }
  }
  return { ...x, data };
}

function bottleneck(x: Cube, position: ArrayLike<number>, reread: boolean): Cube {
  const tokens = x.edge ** 3;
  const sum = x.data.map((value, i) => value + position[i]);
  if (!reread) return { ...x, data: sum };
  const data = sum.map((_, i) => sum[(i % x.channels) * tokens + Math.floor(i / x.channels)]);
  return { ...x, data };
}

function subsample(x: Cube, step: number): Cube {
  const edge = x.edge / step;
  return make(edge, x.channels, (z, y, xx, c) => read(x, z * step, y * step, xx * step, c));
}

function add(a: Cube, b: Cube): Cube {
  return { ...a, data: a.data.map((value, i) => value + b.data[i]) };
}

/** 0 outside the cube. */
function read({ edge, channels, data }: Cube, z: number, y: number, x: number, c: number): number {
  const inside = [z, y, x].every((i) => i >= 0 && i < edge);
  return inside ? data[((z * edge + y) * edge + x) * channels + c] : 0;
}

function make(
  edge: number,
  channels: number,
  value: (z: number, y: number, x: number, c: number) => number,
): Cube {
  const data = new Float64Array(edge ** 3 * channels);
  let i = 0;
  for (let z = 0; z < edge; z++) {
    for (let y = 0; y < edge; y++) {
      for (let x = 0; x < edge; x++) {
        for (let c = 0; c < channels; c++) data[i++] = value(z, y, x, c);
      }
    }
  }
  return { edge, channels, data };
}

/** A layer, by the place of its parameters. */
class Part {
  constructor(readonly weights: Weights, readonly path: string) {}

  child(name: string): Part {
    return new Part(this.weights, `${this.path}.${name}`);
  }

  values(name: string): ArrayLike<number> {
    return this.get(name).data;
  }

  get(name: string): Values {
    const found = this.weights.get(`${this.path}.${name}`);
    if (!found) throw new Error(`no weights at ${this.path}.${name}`);
    return found;
  }

  /** Kernel = stride = k. */
  conv(x: Cube, k: number): Cube {
    const { shape, data: w } = this.get("weight"); // [k, k, k, in, out]
    const [inputs, outputs] = shape.slice(3);
    const bias = this.values("bias");
    return make(x.edge / k, outputs, (z, y, xx, out) => {
      let sum = bias[out];
      for (let tap = 0; tap < k ** 3; tap++) {
        const [dz, dy, dx] = [Math.floor(tap / k / k), Math.floor(tap / k) % k, tap % k];
        for (let c = 0; c < inputs; c++) {
          sum += w[(tap * inputs + c) * outputs + out] *
            read(x, z * k + dz, y * k + dy, xx * k + dx, c);
        }
      }
      return sum;
    });
  }

  /** Kernel 3, zeros around. */
  sameConv(x: Cube): Cube {
    const { shape, data: w } = this.get("weight"); // [3, 3, 3, in, out]
    const [inputs, outputs] = shape.slice(3);
    const bias = this.values("bias");
    return make(x.edge, outputs, (z, y, xx, out) => {
      let sum = bias[out];
      for (let tap = 0; tap < 27; tap++) {
        const [dz, dy, dx] = [Math.floor(tap / 9) - 1, Math.floor(tap / 3) % 3 - 1, tap % 3 - 1];
        for (let c = 0; c < inputs; c++) {
          sum += w[(tap * inputs + c) * outputs + out] * read(x, z + dz, y + dy, xx + dx, c);
        }
      }
      return sum;
    });
  }

  /** Kernel = stride = k. */
  transposedConv(x: Cube, k: number): Cube {
    const { shape, data: w } = this.get("weight"); // [in, k, k, k, out]
    const outputs = shape[4];
    const bias = this.values("bias");
    return make(x.edge * k, outputs, (z, y, xx, out) => {
      const tap = ((z % k) * k + y % k) * k + xx % k;
      let sum = bias[out];
      for (let c = 0; c < x.channels; c++) {
        sum += w[(c * k ** 3 + tap) * outputs + out] *
          read(x, Math.floor(z / k), Math.floor(y / k), Math.floor(xx / k), c);
      }
      return sum;
    });
  }

  depthwiseTransposed(x: Cube, k: number): Cube {
    const [w, bias] = [this.values("weight"), this.values("bias")]; // [k, k, k, c]
    return make(x.edge * k, x.channels, (z, y, xx, c) => {
      const tap = ((z % k) * k + y % k) * k + xx % k;
      return bias[c] + w[tap * x.channels + c] *
          read(x, Math.floor(z / k), Math.floor(y / k), Math.floor(xx / k), c);
    });
  }

  depthwise(x: Cube): Cube {
    const w = this.values("weight"); // [3, 3, 3, c]
    return make(x.edge, x.channels, (z, y, xx, c) => {
      let sum = 0;
      for (let tap = 0; tap < 27; tap++) {
        const [dz, dy, dx] = [Math.floor(tap / 9) - 1, Math.floor(tap / 3) % 3 - 1, tap % 3 - 1];
        sum += w[tap * x.channels + c] * read(x, z + dz, y + dy, xx + dx, c);
      }
      return sum;
    });
  }

  linear(x: Cube): Cube {
    const { shape: [inputs, outputs], data: w } = this.get("weight");
    return make(x.edge, outputs, (z, y, xx, out) => {
      let sum = 0;
      for (let c = 0; c < inputs; c++) sum += w[c * outputs + out] * read(x, z, y, xx, c);
      return sum;
    });
  }

  mlp(x: Cube): Cube {
    const hidden = this.child("expand").linear(x);
    const active = { ...hidden, data: hidden.data.map((h) => h * (1 + erf(h * Math.SQRT1_2)) / 2) };
    return this.child("compress").linear(active);
  }

  batchNorm(x: Cube): Cube {
    const [scale, shift] = [this.values("scale"), this.values("shift")];
    const [mean, variance] = [this.values("runningMean"), this.values("runningVariance")];
    return make(
      x.edge,
      x.channels,
      (z, y, xx, c) =>
        (read(x, z, y, xx, c) - mean[c]) / Math.sqrt(variance[c] + 1e-5) * scale[c] + shift[c],
    );
  }

  groupNorm(x: Cube): Cube {
    const [scale, shift] = [this.values("scale"), this.values("shift")];
    const mean = x.data.reduce((a, b) => a + b) / x.data.length;
    const variance = x.data.reduce((sum, v) => sum + (v - mean) ** 2, 0) / x.data.length;
    return make(
      x.edge,
      x.channels,
      (z, y, xx, c) =>
        (read(x, z, y, xx, c) - mean) / Math.sqrt(variance + 1e-5) * scale[c] + shift[c],
    );
  }
}

/** The error function by its Taylor series, to 1e-13 or better where |x| < 3; beyond, by asymptotics. */
function erf(x: number): number {
  if (Math.abs(x) > 3) return Math.sign(x) * (1 - erfcTail(Math.abs(x)));
  let [sum, term] = [0, x];
  for (let k = 0; k < 80; k++) {
    sum += term / (2 * k + 1);
    term *= -x * x / (k + 1);
  }
  return 2 / Math.sqrt(Math.PI) * sum;
}

/** erfc by its continued fraction, for x >= 3. */
function erfcTail(x: number): number {
  let fraction = x;
  for (let k = 60; k >= 1; k--) fraction = x + k / 2 / fraction;
  return Math.exp(-x * x) / Math.sqrt(Math.PI) / fraction;
}
