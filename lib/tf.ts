/**
 * TensorFlow.js on its native backend: the only import of TensorFlow.js in the project.
 *
 * `import * as tf from "../tf.ts"` gives everything that `@tensorflow/tfjs-node-gpu` exports, with
 * its types, and some additions: {@link deviceName}, {@link rawOp}, {@link rawOps} and, for the
 * project's own ops (lib/nn/native), {@link hasNativeOps}.
 */
import "./runtime/node_util_patch.ts";
import "./runtime/native_ready.ts";
import * as tfjs from "@tensorflow/tfjs-node-gpu";
import type { Tensor, TensorInfo } from "@tensorflow/tfjs-node-gpu";
import { loadOpLibrary } from "./runtime/op_library_load.ts";

export * from "@tensorflow/tfjs-node-gpu";

/** A value of an attribute of a raw TensorFlow op. Make one with {@link attr}. */
export interface RawAttr {
  readonly kind: "type" | "int" | "float" | "bool" | "string" | "shape";
  readonly value: string | number | boolean | readonly number[] | readonly boolean[];
}

/** Element types that cross between TensorFlow and TensorFlow.js. */
export type RawType = "float32" | "int32" | "bool" | "complex64" | "string";

/**
 * Attribute values for {@link rawOp}, by the type that the op's definition gives them: `list(int)`
 * is `ints`, `type` is `type`, and so on. Integers in a list must fit 32 bits.
 */
export const attr = {
  type: (value: RawType): RawAttr => ({ kind: "type", value }),
  int: (value: number): RawAttr => ({ kind: "int", value }),
  ints: (value: readonly number[]): RawAttr => ({ kind: "int", value }),
  float: (value: number): RawAttr => ({ kind: "float", value }),
  floats: (value: readonly number[]): RawAttr => ({ kind: "float", value }),
  bool: (value: boolean): RawAttr => ({ kind: "bool", value }),
  bools: (value: readonly boolean[]): RawAttr => ({ kind: "bool", value }),
  string: (value: string): RawAttr => ({ kind: "string", value }),
  shape: (value: readonly number[]): RawAttr => ({ kind: "shape", value }),
};

/** Attributes of a raw op by name; those left out keep the default of the op's definition. */
export type RawAttrs = Readonly<Record<string, RawAttr>>;

/** The part of the node backend that this file calls. */
interface NodeBackend {
  readonly isUsingGpuDevice: boolean;
  readonly binding: {
    readonly TF_ATTR_STRING: number;
    readonly TF_ATTR_INT: number;
    readonly TF_ATTR_FLOAT: number;
    readonly TF_ATTR_BOOL: number;
    readonly TF_ATTR_TYPE: number;
    readonly TF_ATTR_SHAPE: number;
    readonly TF_FLOAT: number;
    readonly TF_INT32: number;
    readonly TF_BOOL: number;
    readonly TF_COMPLEX64: number;
    readonly TF_STRING: number;
    readonly TF_Version: string;
  };
  executeSingleOutput(name: string, attrs: NativeAttr[], inputs: TensorInfo[]): Tensor;
  executeMultipleOutputs(
    name: string,
    attrs: NativeAttr[],
    inputs: TensorInfo[],
    outputCount: number,
  ): Tensor[];
}

interface NativeAttr {
  name: string;
  type: number;
  value: RawAttr["value"];
}

function nodeBackend(): NodeBackend {
  return tfjs.backend() as unknown as NodeBackend;
}

/** The device that tensors live on: "CPU", or "CUDA GPU" where TensorFlow found one. */
export function deviceName(): "CPU" | "CUDA GPU" {
  return nodeBackend().isUsingGpuDevice ? "CUDA GPU" : "CPU";
}

/** The version of the native TensorFlow library that is loaded: "2.21.0". */
export function nativeVersion(): string {
  return nodeBackend().binding.TF_Version;
}

let whyNoNativeOps: string | null | undefined;
let nativeOpsWanted = true;

/**
 * True where the project's own ops (lib/nn/native, registered as "Roiseg...") can be run by
 * {@link rawOp}: on a CPU, when set-up could compile them. Else their callers compose the same
 * result of TensorFlow's ops.
 */
export function hasNativeOps(): boolean {
  return nativeOpsWanted && reasonWithoutNativeOps() === null;
}

/** Why the project's own ops cannot be run here, in a few words; null where they can. */
export function reasonWithoutNativeOps(): string | null {
  if (deviceName() !== "CPU") return "they are for the CPU";
  if (whyNoNativeOps === undefined) whyNoNativeOps = loadOpLibrary() ?? null;
  return whyNoNativeOps;
}

/** Runs something with composed ops only, to its end where it is asynchronous: for tests. */
export function withoutNativeOps<Result>(run: () => Result): Result {
  const wanted = nativeOpsWanted;
  const restore = () => void (nativeOpsWanted = wanted);
  nativeOpsWanted = false;
  let result: Result | undefined;
  try {
    return result = run();
  } finally {
    if (result instanceof Promise) result.then(restore, restore);
    else restore();
  }
}

/** True while a gradient is being recorded, so that an op must keep what its gradient needs. */
export function isRecordingGradient(): boolean {
  return tfjs.engine().isTapeOn();
}

/**
 * Runs one TensorFlow op that has one output, also one that TensorFlow.js has no wrapper for.
 *
 * The op is not on the gradient tape: inside a loss, call it within `tf.customGrad`. The result
 * follows `tf.tidy` like any other tensor.
 *
 * @param name The op's registered name, for example "DepthwiseConv2dNative".
 * @param attrs Its attributes; required ones have no default, most ops need at least `T`.
 * @param inputs Its inputs, in the order of its definition.
 * @throws Error with TensorFlow's own message where the op refuses.
 */
export function rawOp(name: string, attrs: RawAttrs, inputs: readonly Tensor[]): Tensor {
  return nodeBackend().executeSingleOutput(name, nativeAttrs(attrs), [...inputs]);
}

/** As {@link rawOp}, for an op with `outputCount` outputs. */
export function rawOps(
  name: string,
  attrs: RawAttrs,
  inputs: readonly Tensor[],
  outputCount: number,
): Tensor[] {
  return nodeBackend().executeMultipleOutputs(name, nativeAttrs(attrs), [...inputs], outputCount);
}

function nativeAttrs(attrs: RawAttrs): NativeAttr[] {
  const { binding } = nodeBackend();
  const typeCode = {
    float32: binding.TF_FLOAT,
    int32: binding.TF_INT32,
    bool: binding.TF_BOOL,
    complex64: binding.TF_COMPLEX64,
    string: binding.TF_STRING,
  };
  const kindCode = {
    type: binding.TF_ATTR_TYPE,
    int: binding.TF_ATTR_INT,
    float: binding.TF_ATTR_FLOAT,
    bool: binding.TF_ATTR_BOOL,
    string: binding.TF_ATTR_STRING,
    shape: binding.TF_ATTR_SHAPE,
  };
  return Object.entries(attrs).map(([name, { kind, value }]) => ({
    name,
    type: kindCode[kind],
    value: kind === "type" ? typeCode[value as RawType] : value,
  }));
}
