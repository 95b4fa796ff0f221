import { join } from "node:path";
import type { PhaseConfig, SegmentorConfig } from "../config/config.ts";
import { Parameters } from "../nn/parameters.ts";
import { Segmentor } from "../segmentor/segmentor.ts";
import * as tf from "../tf.ts";
import { diceCrossEntropyLoss } from "../training/segmentation_loss.ts";
import type { BenchContext } from "./bench_context.ts";
import type { Peer } from "./comparison.ts";
import { writePublishedWeights } from "./published_weights.ts";
import type { PythonPeer } from "./python_peer.ts";
import { timingOf } from "./timing.ts";

/** Cubes and what they are to become: `[n, z, y, x, 1]` in C order each. */
export interface CubeValues {
  readonly images: Float32Array;
  readonly targets: Float32Array;
}

/** Largest difference between the programs' results, as a share of the largest value. */
const tolerance = { logits: 1e-4, loss: 1e-4, gradientNorm: 1e-3 };
const trialRuns = 3;

/** `torch_segmentor.py` with the weights of a segmentor of ours. */
export class TorchTwin {
  readonly #peer: PythonPeer;
  readonly #layouts: readonly string[];
  readonly #folder: string;
  readonly #config: SegmentorConfig;
  readonly #parameters: Parameters;

  private constructor(
    peer: PythonPeer,
    layouts: readonly string[],
    folder: string,
    config: SegmentorConfig,
    parameters: Parameters,
  ) {
    this.#peer = peer;
    this.#layouts = layouts;
    this.#folder = folder;
    this.#config = config;
    this.#parameters = parameters;
  }

  /** Loads the present values of the parameters into the twin; null where there is no PyTorch. */
  static async load(
    { peer, folder }: Pick<BenchContext, "peer" | "folder">,
    parameters: Parameters,
    config: SegmentorConfig,
  ): Promise<TorchTwin | null> {
    if (peer?.versions.torch === undefined) return null;
    const path = join(folder, "segmentor.safetensors");
    await writePublishedWeights(path, parameters);
    const layouts = await peer.ask<string[]>({ do: "load_segmentor", path, config });
    return new TorchTwin(peer, layouts, folder, config, parameters);
  }

  /**
   * The twin's inference in its quicker memory layout.
   *
   * @param ourLogits of the same cube
   * @throws Error when the twin's logits differ from ours
   */
  async inference(edge: number, cube: Float32Array, ourLogits: Float32Array): Promise<Peer> {
    const image = await this.#write("image", cube);
    const request = { edge, image };
    for (const layout of this.#layouts) {
      const answer = await this.#peer.ask<{ path: string }>({ do: "logits", layout, ...request });
      const logits = new Float32Array((await Deno.readFile(answer.path)).buffer);
      refuse("logits", layout, largestDifference(ourLogits, logits), tolerance.logits);
    }
    return await this.#quickest(
      this.#layouts.map((layout) => ({ do: "time_inference", layout, ...request })),
      ({ layout }) => layout,
    );
  }

  /**
   * The twin's training step in its quicker memory layout, with the quicker form of AdamW.
   *
   * @throws Error when loss or gradient differ from ours
   */
  async training(edge: number, { images, targets }: CubeValues, phase: PhaseConfig): Promise<Peer> {
    const request = {
      edge,
      image: await this.#write("image", images),
      target: await this.#write("target", targets),
    };
    const ours = await this.#gradients(edge, { images, targets });
    for (const layout of this.#layouts) {
      const theirs = await this.#peer.ask<LossAndNorm>({ do: "gradients", layout, ...request });
      const apart = (a: number, b: number) => Math.abs(a - b) / Math.abs(a);
      refuse("loss", layout, apart(ours.loss, theirs.loss), tolerance.loss);
      refuse("gradient", layout, apart(ours.norm, theirs.norm), tolerance.gradientNorm);
    }
    return await this.#quickest(
      this.#layouts.flatMap((layout) =>
        ["fused", "foreach"].map((optimizer) => ({
          do: "time_training",
          layout,
          optimizer,
          phase,
          ...request,
        }))
      ),
      ({ layout, optimizer }) => `${layout}, ${optimizer} AdamW`,
    );
  }

  /** Loss and gradient of our own segmentor without dropout, which differs by chance. */
  async #gradients(edge: number, { images, targets }: CubeValues): Promise<LossAndNorm> {
    const copy = new Parameters("copy");
    const segmentor = new Segmentor(copy, { ...this.#config, dropout: 0 }, 1);
    copy.write(await this.#parameters.read(), "the benchmark");
    const cubes = (values: Float32Array): tf.Tensor5D =>
      tf.tensor5d(values, [values.length / edge ** 3, edge, edge, edge, 1]);
    const both = tf.tidy(() => {
      const { value, grads } = tf.variableGrads(() => {
        const logits = segmentor.apply(cubes(images), { training: true });
        return tf.addN(Object.values(diceCrossEntropyLoss(logits, cubes(targets))));
      }, copy.names("trainable").map((name) => copy.get(name)));
      const squares = Object.values(grads).filter(Boolean).map((grad) => grad.square().sum());
      return tf.stack([value, tf.addN(squares).sqrt()]);
    });
    const [loss, norm] = await both.data();
    both.dispose();
    copy.dispose();
    return { loss, norm };
  }

  async #quickest<Request extends { do: string }>(
    requests: readonly Request[],
    describe: (request: Request) => string,
  ): Promise<Peer> {
    let best: { request: Request; ms: number } | undefined;
    for (const request of requests) {
      const { medianMs } = timingOf(await this.#time(request, trialRuns));
      if (best === undefined || medianMs < best.ms) best = { request, ms: medianMs };
    }
    const { request } = best!;
    return {
      name: `PyTorch ${this.#peer.versions.torch}, ${describe(request)}`,
      time: (runs) => this.#time(request, runs),
    };
  }

  async #time(request: { do: string }, runs: number): Promise<number[]> {
    return await this.#peer.ask<number[]>({ ...request, runs, warm_up: 1 });
  }

  async #write(name: string, values: Float32Array): Promise<string> {
    const path = join(this.#folder, `${name}.f32`);
    await Deno.writeFile(path, new Uint8Array(values.buffer as ArrayBuffer));
    return path;
  }
}

interface LossAndNorm {
  readonly loss: number;
  readonly norm: number;
}

/** The largest absolute difference as a share of the largest value. */
export function largestDifference(expected: Float32Array, actual: Float32Array): number {
  if (expected.length !== actual.length) return Infinity;
  let [difference, scale] = [0, 0];
  for (let i = 0; i < expected.length; i++) {
    difference = Math.max(difference, Math.abs(actual[i] - expected[i]));
    scale = Math.max(scale, Math.abs(expected[i]));
  }
  return difference / scale;
}

function refuse(what: string, layout: string, difference: number, limit: number): void {
  if (difference <= limit) return;
  throw new Error(`the ${what} of PyTorch (${layout}) differ from ours by ${difference}`);
}
