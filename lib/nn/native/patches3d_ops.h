// RoisegCubeConv3d (down), RoisegCubeConv3dTranspose (up) and the way back of each: convolutions
// whose kernel equals their stride. Down takes kernels [k, k, k, inputs, outputs], up
// [inputs, k, k, k, outputs].
#pragma once

#include "memory.h"
#include "op_support.h"
#include "patches3d.h"

namespace roiseg {
namespace {

class CubeConvKernel : public OpKernel {
 public:
  CubeConvKernel(OpKernelConstruction* construction, bool isUp)
      : OpKernel(construction), isUp_(isUp) {}

  void Compute(OpKernelContext* context) override {
    const Tensor& x = context->input(0);
    const Tensor& weight = context->input(1);
    Grid coarse;
    if (!gridOf(context, x, &coarse)) return;
    const int64_t inputs = coarse.channels;
    const int64_t kernel = weight.dims() == 5 ? weight.dim_size(1) : 0;
    OP_REQUIRES(context,
                kernel > 0 && weight.dim_size(2) == kernel &&
                    weight.dim_size(isUp_ ? 3 : 0) == kernel &&
                    weight.dim_size(isUp_ ? 0 : 3) == inputs &&
                    (isUp_ || (coarse.depth % kernel == 0 && coarse.height % kernel == 0 &&
                               coarse.width % kernel == 0)),
                tensorflow::errors::InvalidArgument("the kernel does not fit"));
    const int64_t outputs = weight.dim_size(4);
    if (!isUp_) {
      coarse = {coarse.samples, coarse.depth / kernel, coarse.height / kernel,
                coarse.width / kernel, outputs};
    }
    Workers workers = workersOf(context);
    compute(context, Cubes(coarse, kernel, isUp_ ? outputs : inputs), coarse, inputs, outputs,
            workers);
  }

 protected:
  virtual void compute(OpKernelContext* context, const Cubes& cubes, const Grid& coarse,
                       int64_t inputs, int64_t outputs, Workers& workers) = 0;

  const bool isUp_;
};

template <bool kIsUp>
class CubeConvOp : public CubeConvKernel {
 public:
  explicit CubeConvOp(OpKernelConstruction* construction) : CubeConvKernel(construction, kIsUp) {}

 protected:
  void compute(OpKernelContext* context, const Cubes& cubes, const Grid& coarse, int64_t inputs,
               int64_t outputs, Workers& workers) override {
    const int64_t k = kIsUp ? cubes.kernel : 1;
    float* y = output(context, 0,
                      {coarse.samples, coarse.depth * k, coarse.height * k, coarse.width * k,
                       outputs});
    if (!y) return;
    const float* x = values(context->input(0));
    const float* weight = values(context->input(1));
    const Tensor& bias = context->input(2);
    OP_REQUIRES(context, bias.NumElements() == outputs,
                tensorflow::errors::InvalidArgument("the bias does not fit"));
    if (kIsUp) {
      spreadCubes(cubes, x, weight, values(bias), inputs, outputs, y, workers);
    } else {
      convolveCubes(cubes, x, weight, values(bias), outputs, y, workers);
    }
  }
};

template <bool kIsUp>
class CubeConvBackOp : public CubeConvKernel {
 public:
  explicit CubeConvBackOp(OpKernelConstruction* construction)
      : CubeConvKernel(construction, kIsUp) {}

 protected:
  void compute(OpKernelContext* context, const Cubes& cubes, const Grid&, int64_t inputs,
               int64_t outputs, Workers& workers) override {
    const Tensor& x = context->input(0);
    const Tensor& weight = context->input(1);
    const Tensor& slope = context->input(2);
    OP_REQUIRES(context,
                slope.NumElements() == cubes.rows * (kIsUp ? cubes.width : outputs),
                tensorflow::errors::InvalidArgument("the slope does not fit"));
    float* xSlope = output(context, 0, x.shape());
    float* weightSlope = output(context, 1, weight.shape());
    float* biasSlope = output(context, 2, {outputs});
    if (!context->status().ok()) return;
    if (kIsUp) {
      spreadCubesBack(cubes, values(x), values(weight), inputs, outputs, values(slope), xSlope,
                      weightSlope, biasSlope, workers);
    } else {
      convolveCubesBack(cubes, values(x), values(weight), outputs, values(slope), xSlope,
                        weightSlope, biasSlope, workers);
    }
  }
};

#define ROISEG_CUBE_CONV(name, isUp)              \
  REGISTER_OP(name)                               \
      .Input("x: float")                          \
      .Input("weight: float")                     \
      .Input("bias: float")                       \
      .Output("y: float");                        \
  REGISTER_OP(name "Back")                        \
      .Input("x: float")                          \
      .Input("weight: float")                     \
      .Input("slope: float")                      \
      .Output("x_slope: float")                   \
      .Output("weight_slope: float")              \
      .Output("bias_slope: float");               \
  ROISEG_REGISTER(name, CubeConvOp<isUp>);        \
  ROISEG_REGISTER(name "Back", CubeConvBackOp<isUp>)

ROISEG_CUBE_CONV("RoisegCubeConv3d", false);
ROISEG_CUBE_CONV("RoisegCubeConv3dTranspose", true);

}  // namespace
}  // namespace roiseg
