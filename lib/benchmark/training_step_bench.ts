import type { PhaseConfig } from "../config/config.ts";
import { peakIntermediateBytes } from "../evaluation/cost.ts";
import type { Parameters, Pass } from "../nn/parameters.ts";
import { Random } from "../random.ts";
import * as tf from "../tf.ts";
import { AdamW } from "../training/adamw.ts";
import type { LossParts } from "../training/loss_parts.ts";
import { trainStep } from "../training/train_step.ts";
import type { BenchContext } from "./bench_context.ts";
import { timeBesidePeer } from "./beside_peer.ts";
import type { Peer } from "./comparison.ts";
import { workLimit } from "./machine_limits.ts";
import { countTensorflowOps } from "./op_count.ts";

/** A model whose training steps are measured. */
export interface TrainingSubject {
  readonly name: string;
  readonly parameters: Parameters;
  readonly phase: PhaseConfig;
  /** The loss of a batch that stays the same. */
  loss(pass: Pass): LossParts;
  /** Multiply-accumulates of the batch's way forward. */
  readonly forwardMacs: number;
  /** Trained values that the batch depends on. */
  readonly activeParameters: number;
  /** Values of the batch's inputs and outputs. */
  readonly batchValues: number;
}

/** A step goes forward and makes two gradients, each of which costs what the way forward does. */
const passes = 3;

/** Times training steps: forward, backward, optimizer, and the loss read back. */
export async function benchTrainingStep(
  context: BenchContext,
  subject: TrainingSubject,
  preparePeer: (() => Promise<Peer>) | null = null,
): Promise<void> {
  const { name, parameters, phase } = subject;
  const before = await parameters.read();
  const optimizer = new AdamW(parameters, phase);
  const pass: Pass = { training: true, random: new Random("dropout") };
  const step = async () => {
    const trainee = { parameters, optimizer, average: null };
    const values = tf.tidy(() => {
      return trainStep(trainee, () => subject.loss(pass), phase.learningRate).values;
    });
    await values.data();
    values.dispose();
  };
  const peakBytes = await peakIntermediateBytes(() => {
    tf.variableGrads(() => tf.addN(Object.values(subject.loss(pass))));
  });
  parameters.write(before, "the benchmark");
  const timed = await timeBesidePeer(context, step, preparePeer);
  const macs = passes * subject.forwardMacs;
  context.report({
    part: "networks",
    name,
    ...timed,
    facts: {
      "parameters": subject.activeParameters,
      "MMAC": macs / 1e6,
      "ops": await countTensorflowOps(step),
      "peak MB": peakBytes / 1e6,
    },
    limit: workLimit(context.limits, {
      macs,
      bytes: 4 * passes * (subject.activeParameters + subject.batchValues),
    }),
  });
  optimizer.dispose();
  parameters.write(before, "the benchmark");
}
