import * as tf from "../tf.ts";
import type { FitTask } from "./fit_task.ts";
import type { Validation } from "./history.ts";
import type { LossParts } from "./loss_parts.ts";

/** Something of one of several tasks. */
export interface OfTask<Value> {
  /** Index of the task. */
  readonly task: number;
  /** How many samples it stands for. */
  readonly count: number;
  readonly value: Value;
}

/**
 * Several trainings of the same parameters as one: each sample is drawn for one of the tasks, all
 * equally likely, and a step minimises the mean of its samples' losses, whichever tasks they are of.
 * The validation's score is the mean of the tasks' scores.
 *
 * @param tasks by name, at least one; they have their parameters and training cases in common
 */
export function mixedTask<Sample, Batch>(
  tasks: Readonly<Record<string, FitTask<Sample, Batch>>>,
): FitTask<OfTask<Sample>, OfTask<Batch>[]> {
  const [names, all] = [Object.keys(tasks), Object.values(tasks)];
  const { parameters, trainIds } = all[0];
  return {
    parameters,
    trainIds,
    sample: async (id, random) => {
      const task = random.fork("task").integer(all.length);
      return { task, count: 1, value: await all[task].sample(id, random.fork("sample")) };
    },
    batch: (samples) => {
      const groups = Map.groupBy(samples, ({ task }) => task);
      return [...groups].map(([task, group]) => {
        const value = all[task].batch(group.map((sample) => sample.value));
        return { task, count: group.length, value };
      });
    },
    loss: (batches, pass) => {
      const total = batches.reduce((sum, { count }) => sum + count, 0);
      const parts = batches.map(({ task, count, value }) =>
        scaleParts(all[task].loss(value, pass), count / total)
      );
      return parts.reduce(addParts);
    },
    ...(all.every((task) => task.validate) ? { validate: () => validateAll(names, all) } : {}),
  };
}

async function validateAll<Sample, Batch>(
  names: readonly string[],
  tasks: readonly FitTask<Sample, Batch>[],
): Promise<Validation> {
  const metrics: Record<string, number> = {};
  let sum = 0;
  for (const [i, task] of tasks.entries()) {
    const { score } = await task.validate!();
    metrics[names[i]] = score;
    sum += score;
  }
  return { score: sum / tasks.length, metrics };
}

function scaleParts(parts: LossParts, factor: number): LossParts {
  return Object.fromEntries(
    Object.entries(parts).map(([name, value]) => [name, value.mul<tf.Scalar>(factor)]),
  );
}

/** The sums of parts of the same name, those of only one side as they are. */
function addParts(a: LossParts, b: LossParts): LossParts {
  const sum: Record<string, tf.Scalar> = { ...a };
  for (const [name, value] of Object.entries(b)) {
    sum[name] = name in sum ? sum[name].add<tf.Scalar>(value) : value;
  }
  return sum;
}
