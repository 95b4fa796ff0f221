// RoisegConvNorm2d: a convolution of pictures [n, rows, columns, inputs] with a kernel
// [k, k, inputs, outputs], the group normalisation of its result, plus `added`, if any, and ReLU.
#pragma once

#include "conv_norm2d.h"
#include "op_support.h"

namespace roiseg {
namespace {

class ConvNorm2dOp : public OpKernel {
 public:
  explicit ConvNorm2dOp(OpKernelConstruction* construction) : OpKernel(construction) {
    OP_REQUIRES_OK(construction, construction->GetAttr("stride", &stride_));
    OP_REQUIRES_OK(construction, construction->GetAttr("padding", &padding_));
    OP_REQUIRES_OK(construction, construction->GetAttr("groups", &groups_));
    OP_REQUIRES_OK(construction, construction->GetAttr("epsilon", &epsilon_));
    OP_REQUIRES_OK(construction, construction->GetAttr("added_count", &addedCount_));
  }

  void Compute(OpKernelContext* context) override {
    const Tensor& x = context->input(0);
    const Tensor& weight = context->input(1);
    OP_REQUIRES(context,
                x.dims() == 4 && x.NumElements() > 0 && weight.dims() == 4 &&
                    weight.dim_size(0) == weight.dim_size(1) && weight.dim_size(0) > 0 &&
                    weight.dim_size(2) == x.dim_size(3),
                tensorflow::errors::InvalidArgument("the kernel does not fit"));
    const Kernel2d kernel{weight.dim_size(0), stride_, padding_};
    const Pictures from{x.dim_size(0), x.dim_size(1), x.dim_size(2), x.dim_size(3)};
    const Pictures to{from.samples, kernel.outputOf(from.height), kernel.outputOf(from.width),
                      weight.dim_size(3)};
    const TensorShape shape({to.samples, to.height, to.width, to.channels});
    OP_REQUIRES(context,
                from.height + 2 * padding_ >= kernel.size &&
                    from.width + 2 * padding_ >= kernel.size && to.channels > 0 &&
                    to.channels % groups_ == 0 &&
                    context->input(2).NumElements() == to.channels &&
                    context->input(3).NumElements() == to.channels,
                tensorflow::errors::InvalidArgument("the norm does not fit its input"));
    OP_REQUIRES(context,
                addedCount_ == 0 || (addedCount_ == 1 && context->input(4).shape() == shape),
                tensorflow::errors::InvalidArgument("what is added does not fit"));
    float* y = output(context, 0, shape);
    if (!y) return;
    Workers workers = workersOf(context);
    ConvNorm2d(from, to, kernel, {to.channels, groups_, epsilon_}, workers)
        .apply(values(x), values(weight), values(context->input(2)), values(context->input(3)),
               addedCount_ == 0 ? nullptr : values(context->input(4)), y);
  }

 private:
  int64_t stride_, padding_, groups_, addedCount_;
  float epsilon_;
};

REGISTER_OP("RoisegConvNorm2d")
    .Attr("stride: int >= 1")
    .Attr("padding: int >= 0")
    .Attr("groups: int >= 1")
    .Attr("epsilon: float")
    .Attr("added_count: int >= 0")
    .Input("x: float")
    .Input("weight: float")
    .Input("scale: float")
    .Input("shift: float")
    .Input("added: added_count * float")
    .Output("y: float");
ROISEG_REGISTER("RoisegConvNorm2d", ConvNorm2dOp);

}  // namespace
}  // namespace roiseg
