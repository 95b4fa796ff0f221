// RoisegOverlapLoss and its way back.
#pragma once

#include "op_support.h"
#include "overlap_loss.h"

namespace roiseg {
namespace {

class OverlapLossKernel : public OpKernel {
 public:
  explicit OverlapLossKernel(OpKernelConstruction* construction) : OpKernel(construction) {
    OP_REQUIRES_OK(construction, construction->GetAttr("focal", &focal_));
  }

  void Compute(OpKernelContext* context) override {
    const Tensor& logits = context->input(0);
    const Tensor& target = context->input(1);
    OP_REQUIRES(context, logits.dims() > 0 && logits.NumElements() > 0 &&
                             logits.shape() == target.shape(),
                tensorflow::errors::InvalidArgument("logits and target must be alike"));
    Workers workers = workersOf(context);
    const int64_t samples = logits.dim_size(0);
    compute(context, OverlapLoss(samples, logits.NumElements() / samples, focal_, workers));
  }

 protected:
  virtual void compute(OpKernelContext* context, const OverlapLoss& loss) = 0;

 private:
  bool focal_;
};

class OverlapLossOp : public OverlapLossKernel {
 public:
  using OverlapLossKernel::OverlapLossKernel;

 protected:
  void compute(OpKernelContext* context, const OverlapLoss& loss) override {
    float* dice = output(context, 0, {});
    float* entropy = output(context, 1, {});
    float* sums = output(context, 2, {context->input(0).dim_size(0), 2});
    if (!context->status().ok()) return;
    const auto results = loss.apply(values(context->input(0)), values(context->input(1)), sums);
    *dice = results[0];
    *entropy = results[1];
  }
};

class OverlapLossBackOp : public OverlapLossKernel {
 public:
  using OverlapLossKernel::OverlapLossKernel;

 protected:
  void compute(OpKernelContext* context, const OverlapLoss& loss) override {
    const Tensor& logits = context->input(0);
    float* slope = output(context, 0, logits.shape());
    if (!slope) return;
    loss.back(values(logits), values(context->input(1)), values(context->input(2)),
              context->input(3).scalar<float>()(), context->input(4).scalar<float>()(), slope);
  }
};

REGISTER_OP("RoisegOverlapLoss")
    .Attr("focal: bool")
    .Input("logits: float")
    .Input("target: float")
    .Output("dice: float")
    .Output("entropy: float")
    .Output("sums: float");
ROISEG_REGISTER("RoisegOverlapLoss", OverlapLossOp);

REGISTER_OP("RoisegOverlapLossBack")
    .Attr("focal: bool")
    .Input("logits: float")
    .Input("target: float")
    .Input("sums: float")
    .Input("dice_slope: float")
    .Input("entropy_slope: float")
    .Output("slope: float");
ROISEG_REGISTER("RoisegOverlapLossBack", OverlapLossBackOp);

}  // namespace
}  // namespace roiseg
