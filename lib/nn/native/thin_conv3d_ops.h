// RoisegThinConv3d and its way back: a convolution of 3 x 3 x 3 taps, with weights
// [3, 3, 3, inputs, outputs], followed by a ReLU if it is rectified.
#pragma once

#include "op_support.h"
#include "thin_conv3d.h"

namespace roiseg {
namespace {

class ThinConvKernel : public OpKernel {
 public:
  explicit ThinConvKernel(OpKernelConstruction* construction) : OpKernel(construction) {
    OP_REQUIRES_OK(construction, construction->GetAttr("rectified", &isRectified_));
  }

 protected:
  // The convolution of an op whose inputs begin with x and weight; an error where they do not fit.
  bool convOf(OpKernelContext* context, ThinConv* conv) const {
    if (!gridOf(context, context->input(0), &conv->grid)) return false;
    const Tensor& weight = context->input(1);
    if (weight.dims() != 5 || weight.dim_size(3) != conv->grid.channels ||
        weight.NumElements() != 27 * weight.dim_size(3) * weight.dim_size(4)) {
      context->CtxFailure(tensorflow::errors::InvalidArgument("the weight does not fit"));
      return false;
    }
    conv->outputs = weight.dim_size(4);
    conv->weight = values(weight);
    conv->bias = nullptr;
    conv->isRectified = isRectified_;
    return true;
  }

 private:
  bool isRectified_;
};

class ThinConvOp : public ThinConvKernel {
 public:
  using ThinConvKernel::ThinConvKernel;

  void Compute(OpKernelContext* context) override {
    ThinConv conv;
    if (!convOf(context, &conv)) return;
    const Tensor& bias = context->input(2);
    OP_REQUIRES(context, bias.NumElements() == conv.outputs,
                tensorflow::errors::InvalidArgument("the bias does not fit"));
    conv.bias = values(bias);
    const Grid& grid = conv.grid;
    float* y =
        output(context, 0, {grid.samples, grid.depth, grid.height, grid.width, conv.outputs});
    if (!y) return;
    Workers workers = workersOf(context);
    convolveThin(conv, values(context->input(0)), y, workers);
  }
};

class ThinConvBackOp : public ThinConvKernel {
 public:
  using ThinConvKernel::ThinConvKernel;

  void Compute(OpKernelContext* context) override {
    ThinConv conv;
    if (!convOf(context, &conv)) return;
    const Tensor& x = context->input(0);
    const Tensor& y = context->input(2);
    const Tensor& slope = context->input(3);
    const int64_t size = conv.grid.rows() * conv.outputs;
    OP_REQUIRES(context, y.NumElements() == size && slope.NumElements() == size,
                tensorflow::errors::InvalidArgument("the slope does not fit"));
    const ThinConvSlopes slopes = {output(context, 0, x.shape()),
                                   output(context, 1, context->input(1).shape()),
                                   output(context, 2, {conv.outputs})};
    if (!context->status().ok()) return;
    Workers workers = workersOf(context);
    convolveThinBack(conv, values(x), values(y), values(slope), slopes, workers);
  }
};

REGISTER_OP("RoisegThinConv3d")
    .Attr("rectified: bool")
    .Input("x: float")
    .Input("weight: float")
    .Input("bias: float")
    .Output("y: float");
REGISTER_OP("RoisegThinConv3dBack")
    .Attr("rectified: bool")
    .Input("x: float")
    .Input("weight: float")
    .Input("y: float")
    .Input("slope: float")
    .Output("x_slope: float")
    .Output("weight_slope: float")
    .Output("bias_slope: float");
ROISEG_REGISTER("RoisegThinConv3d", ThinConvOp);
ROISEG_REGISTER("RoisegThinConv3dBack", ThinConvBackOp);

}  // namespace
}  // namespace roiseg
