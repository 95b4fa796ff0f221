// RoisegThinConv3d and its way back: a convolution of 3 x 3 x 3 taps of volumes whose channels are put
// side by side, with weights [3, 3, 3, inputs, outputs], followed by a ReLU if it is rectified.
#pragma once

#include "op_support.h"
#include "thin_conv3d.h"

namespace roiseg {
namespace {

class ThinConvKernel : public OpKernel {
 public:
  explicit ThinConvKernel(OpKernelConstruction* construction) : OpKernel(construction) {
    OP_REQUIRES_OK(construction, construction->GetAttr("rectified", &isRectified_));
    OP_REQUIRES_OK(construction, construction->GetAttr("part_count", &partCount_));
  }

 protected:
  // The convolution of an op whose inputs begin with x's parts and weight, and these parts; an error
  // where they do not fit.
  bool convOf(OpKernelContext* context, ThinConv* conv, ChannelParts* parts) const {
    if (!partsOf(context, &conv->grid, parts)) return false;
    const Tensor& weight = context->input(partCount_);
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

  int partCount_;

 private:
  // The volumes and the grid of all together.
  bool partsOf(OpKernelContext* context, Grid* all, ChannelParts* parts) const {
    for (int i = 0; i < partCount_; i++) {
      Grid grid;
      if (!gridOf(context, context->input(i), &grid)) return false;
      parts->push_back({values(context->input(i)), grid.channels});
      if (i > 0) grid.channels += all->channels;
      const bool fits = i == 0 || (grid.samples == all->samples && grid.depth == all->depth &&
                                   grid.height == all->height && grid.width == all->width);
      if (!fits) {
        context->CtxFailure(tensorflow::errors::InvalidArgument("the volumes do not fit"));
        return false;
      }
      *all = grid;
    }
    return true;
  }

  bool isRectified_;
};

class ThinConvOp : public ThinConvKernel {
 public:
  using ThinConvKernel::ThinConvKernel;

  void Compute(OpKernelContext* context) override {
    ThinConv conv;
    ChannelParts parts;
    if (!convOf(context, &conv, &parts)) return;
    const Tensor& bias = context->input(partCount_ + 1);
    OP_REQUIRES(context, bias.NumElements() == conv.outputs,
                tensorflow::errors::InvalidArgument("the bias does not fit"));
    conv.bias = values(bias);
    const Grid& grid = conv.grid;
    float* y =
        output(context, 0, {grid.samples, grid.depth, grid.height, grid.width, conv.outputs});
    if (!y) return;
    Workers workers = workersOf(context);
    convolveThin(conv, parts, y, workers);
  }
};

class ThinConvBackOp : public ThinConvKernel {
 public:
  using ThinConvKernel::ThinConvKernel;

  void Compute(OpKernelContext* context) override {
    ThinConv conv;
    ChannelParts parts;
    if (!convOf(context, &conv, &parts)) return;
    const Tensor& y = context->input(partCount_ + 1);
    const Tensor& slope = context->input(partCount_ + 2);
    const int64_t size = conv.grid.rows() * conv.outputs;
    OP_REQUIRES(context, y.NumElements() == size && slope.NumElements() == size,
                tensorflow::errors::InvalidArgument("the slope does not fit"));
    ThinConvSlopes slopes;
    for (int i = 0; i < partCount_; i++) {
      slopes.x.push_back(output(context, i, context->input(i).shape()));
    }
    slopes.weight = output(context, partCount_, context->input(partCount_).shape());
    slopes.bias = output(context, partCount_ + 1, {conv.outputs});
    if (!context->status().ok()) return;
    Workers workers = workersOf(context);
    convolveThinBack(conv, parts, values(y), values(slope), slopes, workers);
  }
};

REGISTER_OP("RoisegThinConv3d")
    .Attr("rectified: bool")
    .Attr("part_count: int >= 1")
    .Input("x: part_count * float")
    .Input("weight: float")
    .Input("bias: float")
    .Output("y: float");
REGISTER_OP("RoisegThinConv3dBack")
    .Attr("rectified: bool")
    .Attr("part_count: int >= 1")
    .Input("x: part_count * float")
    .Input("weight: float")
    .Input("y: float")
    .Input("slope: float")
    .Output("x_slopes: part_count * float")
    .Output("weight_slope: float")
    .Output("bias_slope: float");
ROISEG_REGISTER("RoisegThinConv3d", ThinConvOp);
ROISEG_REGISTER("RoisegThinConv3dBack", ThinConvBackOp);

}  // namespace
}  // namespace roiseg
