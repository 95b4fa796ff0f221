// RoisegOverlapLoss and its way back.
#pragma once

#include "class_overlap_loss.h"
#include "op_support.h"
#include "overlap_loss.h"

namespace roiseg {
namespace {

class OverlapLossKernel : public OpKernel {
 public:
  explicit OverlapLossKernel(OpKernelConstruction* construction) : OpKernel(construction) {
    OP_REQUIRES_OK(construction, construction->GetAttr("focal", &focal_));
  }

 protected:
  // use(the loss of logits with so many channels), when the inputs fit.
  template <typename Use>
  void withLoss(OpKernelContext* context, const Use& use) const {
    const Tensor& logits = context->input(0);
    OP_REQUIRES(context, logits.dims() > 0 && logits.NumElements() > 0 &&
                             logits.shape() == context->input(1).shape(),
                tensorflow::errors::InvalidArgument("logits and target must be alike"));
    Workers workers = workersOf(context);
    const int64_t samples = logits.dim_size(0), channels = channelsOf(logits);
    const int64_t voxels = logits.NumElements() / samples / channels;
    if (channels == 1) return use(OverlapLoss(samples, voxels, focal_, workers));
    use(ClassOverlapLoss(samples, voxels, channels, focal_, workers));
  }

  static int64_t channelsOf(const Tensor& logits) { return logits.dim_size(logits.dims() - 1); }

 private:
  bool focal_;
};

class OverlapLossOp : public OverlapLossKernel {
 public:
  using OverlapLossKernel::OverlapLossKernel;

  void Compute(OpKernelContext* context) override {
    withLoss(context, [&](const auto& loss) {
      const Tensor& logits = context->input(0);
      const int64_t classes = std::max<int64_t>(1, channelsOf(logits) - 1);
      float* dice = output(context, 0, {});
      float* entropy = output(context, 1, {});
      float* sums = output(context, 2, {logits.dim_size(0), classes, 2});
      if (!context->status().ok()) return;
      const auto results = loss.apply(values(logits), values(context->input(1)), sums);
      *dice = results[0];
      *entropy = results[1];
    });
  }
};

class OverlapLossBackOp : public OverlapLossKernel {
 public:
  using OverlapLossKernel::OverlapLossKernel;

  void Compute(OpKernelContext* context) override {
    withLoss(context, [&](const auto& loss) {
      const Tensor& logits = context->input(0);
      float* slope = output(context, 0, logits.shape());
      if (!slope) return;
      loss.back(values(logits), values(context->input(1)), values(context->input(2)),
                context->input(3).scalar<float>()(), context->input(4).scalar<float>()(), slope);
    });
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
