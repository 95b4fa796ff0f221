// RoisegThinConv3d and its ways back: a convolution of 3 x 3 x 3 taps of volumes whose channels are put
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
    if (!gridOf(context, context->input(0), &conv->grid)) return false;
    if (!partsOf(context, partCount_, 5, parts)) return false;
    conv->grid.channels = channelsOf(*parts);
    const Tensor& weight = context->input(partCount_);
    if (weight.dims() != 5 || weight.dim_size(3) != conv->grid.channels ||
        weight.NumElements() != 27 * weight.dim_size(3) * weight.dim_size(4)) {
      context->CtxFailure(tensorflow::errors::InvalidArgument("the weight does not fit"));
      return false;
    }
    conv->outputs = weight.dim_size(4);
    conv->weight = values(weight);
    conv->isRectified = isRectified_;
    return true;
  }

  int partCount_;

 private:
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
    const Grid& grid = conv.grid;
    float* y =
        output(context, 0, {grid.samples, grid.depth, grid.height, grid.width, conv.outputs});
    if (!y) return;
    Workers workers = workersOf(context);
    convolveThin(conv, parts, values(bias), y, workers);
  }
};

// A way back, whose inputs are x's parts, weight, y and its slope.
class ThinConvBackKernel : public ThinConvKernel {
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
    compute(context, conv, parts, {values(y), values(slope)});
  }

 protected:
  virtual void compute(OpKernelContext* context, const ThinConv& conv, const ChannelParts& x,
                       const ThinConvResult& result) = 0;
};

class ThinConvBackOp : public ThinConvBackKernel {
 public:
  explicit ThinConvBackOp(OpKernelConstruction* construction) : ThinConvBackKernel(construction) {
    OP_REQUIRES_OK(construction, construction->GetAttr("part", &part_));
    OP_REQUIRES(construction, part_ < partCount_,
                tensorflow::errors::InvalidArgument("the part does not fit"));
  }

 protected:
  void compute(OpKernelContext* context, const ThinConv& conv, const ChannelParts& x,
               const ThinConvResult& result) override {
    float* slope = output(context, 0, context->input(part_).shape());
    if (!slope) return;
    int64_t first = 0;
    for (int i = 0; i < part_; i++) first += x[i].channels;
    Workers workers = workersOf(context);
    convolveThinBack(conv, result, first, x[part_].channels, slope, workers);
  }

 private:
  int part_;
};

class ThinConvWeightSlopesOp : public ThinConvBackKernel {
 public:
  using ThinConvBackKernel::ThinConvBackKernel;

 protected:
  void compute(OpKernelContext* context, const ThinConv& conv, const ChannelParts& x,
               const ThinConvResult& result) override {
    float* weight = output(context, 0, context->input(partCount_).shape());
    float* bias = output(context, 1, {conv.outputs});
    if (!context->status().ok()) return;
    Workers workers = workersOf(context);
    thinConvWeightSlopes(conv, x, result, weight, bias, workers);
  }
};

#define ROISEG_THIN_CONV_INPUTS \
  .Attr("rectified: bool").Attr("part_count: int >= 1").Input("x: part_count * float") \
      .Input("weight: float")

REGISTER_OP("RoisegThinConv3d") ROISEG_THIN_CONV_INPUTS
    .Input("bias: float")
    .Output("y: float");
REGISTER_OP("RoisegThinConv3dBack") ROISEG_THIN_CONV_INPUTS
    .Attr("part: int >= 0")
    .Input("y: float")
    .Input("slope: float")
    .Output("part_slope: float");
REGISTER_OP("RoisegThinConv3dWeightSlopes") ROISEG_THIN_CONV_INPUTS
    .Input("y: float")
    .Input("slope: float")
    .Output("weight_slope: float")
    .Output("bias_slope: float");
ROISEG_REGISTER("RoisegThinConv3d", ThinConvOp);
ROISEG_REGISTER("RoisegThinConv3dBack", ThinConvBackOp);
ROISEG_REGISTER("RoisegThinConv3dWeightSlopes", ThinConvWeightSlopesOp);

}  // namespace
}  // namespace roiseg
