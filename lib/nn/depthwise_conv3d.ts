import * as tf from "../tf.ts";
import { recordOp } from "./macs.ts";
import { type Scope, uniformFanIn } from "./parameters.ts";

/** Shape of a {@linkcode DepthwiseConv3d} layer. */
export interface DepthwiseConv3dOptions {
  readonly channels: number;
  /** Edge of the cubic kernel, odd. */
  readonly kernel: number;
}

/**
 * A depth-wise 3D convolution (correlation) without bias: one kernel per channel, stride 1, zeros
 * around the volume so that its shape stays.
 */
export class DepthwiseConv3d {
  /** `[kernel, kernel, kernel, channels]` */
  readonly weight: tf.Variable;

  constructor(scope: Scope, { channels, kernel }: DepthwiseConv3dOptions) {
    if (kernel % 2 === 0) throw new Error(`the kernel's edge must be odd, not ${kernel}`);
    const shape = [kernel, kernel, kernel, channels];
    this.weight = scope.weight("weight", shape, uniformFanIn(kernel ** 3));
  }

  /** `[n, z, y, x, channels]`, unchanged in shape. */
  apply(x: tf.Tensor5D): tf.Tensor5D {
    recordOp("convolution", x.size, x.size * this.weight.shape[0] ** 3);
    return depthwiseConv3d(x, this.weight as tf.Tensor as tf.Tensor4D);
  }
}

/**
 * The largest y edge for which {@linkcode foldedConv} is quicker than {@linkcode convByPlanes}: its
 * kernel grows with y, but it calls TensorFlow once and not `kernel` times (measured, CPU).
 */
const LARGEST_FOLDED_EDGE = 16;

/**
 * Convolves each channel of `x` `[n, z, y, x, c]` with its own kernel of `weight` `[k, k, k, c]`, k
 * odd, zeros around. TensorFlow has this operation in 2D only; where our own op is missing, the
 * quicker of two ways to compose it is taken.
 */
export function depthwiseConv3d(x: tf.Tensor5D, weight: tf.Tensor4D): tf.Tensor5D {
  if (tf.hasNativeOps()) return nativeConv(x, weight) as tf.Tensor5D;
  const folds = x.shape[2] <= LARGEST_FOLDED_EDGE && tf.deviceName() === "CPU";
  return folds ? foldedConv(x, weight) : convByPlanes(x, weight);
}

/** Our own op (lib/nn/native/depthwise_conv3d.h); mirrored, it is its own gradient by the input. */
const nativeConv = tf.customGrad((...args) => {
  const [x, weight, save] = args as [tf.Tensor, tf.Tensor, tf.GradSaveFunc];
  const run = (x: tf.Tensor, weight: tf.Tensor, mirrored: boolean) =>
    tf.rawOp("RoisegDepthwiseConv3d", { mirrored: tf.attr.bool(mirrored) }, [x, weight]);
  save([x, weight]);
  return {
    value: run(x, weight, false),
    gradFunc: (dy, [x, weight]) => {
      const kernel = { kernel: tf.attr.int(weight.shape[0]) };
      return [
        run(dy, weight, true),
        tf.rawOp("RoisegDepthwiseConv3dFilterGradient", kernel, [x, dy]),
      ];
    },
  };
});

/** The sum over the kernel's planes of 2D convolutions of the volume's planes. */
export function convByPlanes(x: tf.Tensor5D, weight: tf.Tensor4D): tf.Tensor5D {
  const [n, depth, height, width, channels] = x.shape;
  const kernel = weight.shape[0];
  const padding = (kernel - 1) / 2;
  const padded = tf.pad(x, [[0, 0], [padding, padding], [0, 0], [0, 0], [0, 0]]);
  const terms = tf.unstack(weight).map((plane, offset) => {
    const shifted = padded.slice([0, offset, 0, 0, 0], [n, depth, height, width, channels]);
    return tf.depthwiseConv2d(
      shifted.reshape<tf.Tensor4D>([n * depth, height, width, channels]),
      plane.reshape<tf.Tensor4D>([kernel, kernel, channels, 1]),
      1,
      "same",
    );
  });
  return tf.addN(terms).reshape(x.shape);
}

/**
 * One 2D convolution: the planes are laid under each other, (k - 1) / 2 rows of zeros between them,
 * as the rows of one picture, in which a neighbour in z is `height + (k - 1) / 2` rows away.
 */
export function foldedConv(x: tf.Tensor5D, weight: tf.Tensor4D): tf.Tensor5D {
  const folding = new Folding(x.shape, weight.shape[0]);
  const op = tf.customGrad((...args) => {
    const [x, weight, save] = args as [tf.Tensor5D, tf.Tensor4D, tf.GradSaveFunc];
    const picture = folding.fold(x);
    const filter = folding.foldKernel(weight);
    save([picture, filter]);
    return {
      value: folding.unfold(convolve(picture, filter)),
      gradFunc: (dy, [picture, filter]) => {
        const slope = folding.fold(dy as tf.Tensor5D);
        return [
          folding.unfold(convolveBackInput(picture.shape, filter, slope)),
          folding.unfoldKernel(convolveBackFilter(picture, filter.shape, slope)),
        ];
      },
    };
  });
  return op(x, weight) as tf.Tensor5D;
}

/** The linear maps between volumes and pictures; `unfold` and `fold` are each other's transpose. */
class Folding {
  readonly #pitch: number;
  readonly #rows: number;

  constructor(readonly shape: readonly number[], readonly kernel: number) {
    this.#pitch = Math.max(shape[2] + (kernel - 1) / 2, kernel);
    this.#rows = (kernel - 1) * this.#pitch + kernel;
  }

  /** `[n, z, y, x, c]` to `[n, z * pitch, x, c]`. */
  fold(volume: tf.Tensor5D): tf.Tensor {
    const [n, depth, height, width, channels] = this.shape;
    return tf.pad(volume, [[0, 0], [0, 0], [0, this.#pitch - height], [0, 0], [0, 0]])
      .reshape([n, depth * this.#pitch, width, channels]);
  }

  unfold(picture: tf.Tensor): tf.Tensor {
    const [n, depth, height, width, channels] = this.shape;
    return picture.reshape([n, depth, this.#pitch, width, channels])
      .slice([0, 0, 0, 0, 0], [n, depth, height, width, channels]);
  }

  /** `[k, k, k, c]` to `[(k - 1) * pitch + k, k, c, 1]`. */
  foldKernel(weight: tf.Tensor4D): tf.Tensor {
    const { kernel } = this;
    const channels = weight.shape[3];
    return weight.pad([[0, 0], [0, this.#pitch - kernel], [0, 0], [0, 0]])
      .reshape([kernel * this.#pitch, kernel, channels, 1])
      .slice([0, 0, 0, 0], [this.#rows, kernel, channels, 1]);
  }

  unfoldKernel(filter: tf.Tensor): tf.Tensor {
    const { kernel } = this;
    const channels = filter.shape[2] as number;
    return filter.pad([[0, kernel * this.#pitch - this.#rows], [0, 0], [0, 0], [0, 0]])
      .reshape([kernel, this.#pitch, kernel, channels])
      .slice([0, 0, 0, 0], [kernel, kernel, kernel, channels]);
  }
}

/**
 * Products up to which TensorFlow's own kernels beat those of oneDNN, whose set-up takes 0.1 ms a
 * call (measured). Explicit padding, which oneDNN does not know, selects them.
 */
const LARGEST_PLAIN_PRODUCTS = 300_000;

function attributes(picture: readonly number[], filter: readonly number[]): tf.RawAttrs {
  const [n, height, width, channels] = picture;
  const [rows, columns] = filter;
  const common = {
    T: tf.attr.type("float32"),
    strides: tf.attr.ints([1, 1, 1, 1]),
    data_format: tf.attr.string("NHWC"),
  };
  if (n * height * width * channels * rows * columns > LARGEST_PLAIN_PRODUCTS) {
    return { ...common, padding: tf.attr.string("SAME") };
  }
  const [above, left] = [(rows - 1) / 2, (columns - 1) / 2];
  return {
    ...common,
    padding: tf.attr.string("EXPLICIT"),
    explicit_paddings: tf.attr.ints([0, 0, above, above, left, left, 0, 0]),
  };
}

function convolve(picture: tf.Tensor, filter: tf.Tensor): tf.Tensor {
  const attrs = attributes(picture.shape, filter.shape);
  if (attrs.padding.value === "SAME") {
    return tf.rawOp("DepthwiseConv2dNative", attrs, [picture, filter]);
  }
  // With a kernel of odd edges it is the gradient of the convolution with the mirrored kernel, of
  // which TensorFlow has a plain version; the forward op goes to oneDNN whatever its padding.
  return convolveBackInput(picture.shape, filter.reverse([0, 1]), picture);
}

function convolveBackInput(shape: number[], filter: tf.Tensor, slope: tf.Tensor): tf.Tensor {
  return tf.rawOp("DepthwiseConv2dNativeBackpropInput", attributes(shape, filter.shape), [
    tf.tensor1d(shape, "int32"),
    filter,
    slope,
  ]);
}

function convolveBackFilter(picture: tf.Tensor, shape: number[], slope: tf.Tensor): tf.Tensor {
  return tf.rawOp("DepthwiseConv2dNativeBackpropFilter", attributes(picture.shape, shape), [
    picture,
    tf.tensor1d(shape, "int32"),
    slope,
  ]);
}
