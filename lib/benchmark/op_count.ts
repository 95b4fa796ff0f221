import * as tf from "../tf.ts";

/** The methods of TensorFlow.js's native backend through which every op goes. */
interface OpRunner {
  executeSingleOutput(...args: unknown[]): unknown;
  executeMultipleOutputs(...args: unknown[]): unknown;
}

/** How many TensorFlow ops `run` executes, whoever asks for them. */
export async function countTensorflowOps(run: () => unknown | Promise<unknown>): Promise<number> {
  const backend = tf.backend() as unknown as OpRunner;
  const { executeSingleOutput, executeMultipleOutputs } = backend;
  let count = 0;
  const counting = (method: OpRunner["executeSingleOutput"]) => (...args: unknown[]) => {
    count++;
    return method.apply(backend, args);
  };
  backend.executeSingleOutput = counting(executeSingleOutput);
  backend.executeMultipleOutputs = counting(executeMultipleOutputs);
  try {
    await run();
  } finally {
    Object.assign(backend, { executeSingleOutput, executeMultipleOutputs });
  }
  return count;
}
