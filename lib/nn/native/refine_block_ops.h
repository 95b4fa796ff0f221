// RoisegRefineBlockInfer, ...Apply (which keeps what the way back needs) and ...Back.
#pragma once

#include "op_support.h"
#include "refine_block.h"
#include "refine_block_back.h"

namespace roiseg {
namespace {

// What the ops of a refine block share: heads, stride, training; inputs x, weights, then others.
class RefineBlockKernel : public OpKernel {
 public:
  explicit RefineBlockKernel(OpKernelConstruction* construction) : OpKernel(construction) {
    OP_REQUIRES_OK(construction, construction->GetAttr("heads", &options_.heads));
    OP_REQUIRES_OK(construction, construction->GetAttr("stride", &options_.stride));
    OP_REQUIRES_OK(construction, construction->GetAttr("training", &options_.training));
  }

  void Compute(OpKernelContext* context) override {
    const Tensor& x = context->input(0);
    Grid grid;
    if (!gridOf(context, x, &grid)) return;
    const int64_t r = options_.stride;
    OP_REQUIRES(context,
                grid.depth % r == 0 && grid.height % r == 0 && grid.width % r == 0 &&
                    grid.channels % options_.heads == 0,
                tensorflow::errors::InvalidArgument("stride and heads must divide the volume"));
    Weights weights;
    for (int i = 0; i < kWeightCount; i++) {
      const Tensor& weight = context->input(1 + i);
      OP_REQUIRES(context,
                  weight.NumElements() == weightSize(static_cast<Weight>(i), grid.channels, r),
                  tensorflow::errors::InvalidArgument("weight ", i, " does not fit"));
      weights[i] = values(weight);
    }
    Workers workers = workersOf(context);
    compute(context, grid, RefineBlock(grid, options_, weights, workers));
  }

 protected:
  static constexpr int kFirstOther = 1 + kWeightCount;

  virtual void compute(OpKernelContext* context, const Grid& grid, const RefineBlock& block) = 0;

  static RunningStatistics runningStatistics(OpKernelContext* context) {
    RunningStatistics running;
    for (int i = 0; i < 4; i++) running[i] = values(context->input(kFirstOther + i));
    return running;
  }

  RefineOptions options_;
};

class RefineBlockInferOp : public RefineBlockKernel {
 public:
  using RefineBlockKernel::RefineBlockKernel;

 protected:
  void compute(OpKernelContext* context, const Grid& grid, const RefineBlock& block) override {
    const Tensor& x = context->input(0);
    float* y = output(context, 0, x.shape());
    if (y) block.infer(values(x), runningStatistics(context), y);
  }
};

class RefineBlockApplyOp : public RefineBlockKernel {
 public:
  using RefineBlockKernel::RefineBlockKernel;

 protected:
  void compute(OpKernelContext* context, const Grid& grid, const RefineBlock& block) override {
    const Tensor& x = context->input(0);
    float* y = output(context, 0, x.shape());
    float* features = output(context, 1, {6, grid.size()});
    float* statistics = output(context, 2, {4, grid.channels});
    MovedStatistics moved;
    for (int i = 0; i < 4; i++) {
      moved[i] = output(context, 3 + i, {options_.training ? grid.channels : 0});
    }
    if (!context->status().ok()) return;
    block.apply(values(x), runningStatistics(context), options_.training ? &moved : nullptr,
                features, statistics, y);
  }
};

class RefineBlockBackOp : public RefineBlockKernel {
 public:
  using RefineBlockKernel::RefineBlockKernel;

 protected:
  void compute(OpKernelContext* context, const Grid& grid, const RefineBlock& block) override {
    const Tensor& x = context->input(0);
    const Tensor& features = context->input(kFirstOther);
    const Tensor& statistics = context->input(kFirstOther + 1);
    const Tensor& slope = context->input(kFirstOther + 2);
    OP_REQUIRES(context,
                features.NumElements() == 6 * grid.size() &&
                    statistics.NumElements() == 4 * grid.channels && slope.shape() == x.shape(),
                tensorflow::errors::InvalidArgument("what was kept does not fit"));
    float* xSlope = output(context, 0, x.shape());
    Slopes slopes;
    for (int i = 0; i < kWeightCount; i++) {
      slopes[i] = output(context, 1 + i, context->input(1 + i).shape());
    }
    if (!context->status().ok()) return;
    block.back(values(x), values(features), values(statistics), values(slope), xSlope, slopes);
  }
};

#define ROISEG_REFINE_ATTRS \
  .Attr("heads: int >= 1").Attr("stride: int >= 1").Attr("training: bool") \
      .Attr("weight_count: int = 19")

REGISTER_OP("RoisegRefineBlockInfer") ROISEG_REFINE_ATTRS
    .Input("x: float")
    .Input("weights: weight_count * float")
    .Attr("statistic_count: int = 4")
    .Input("running: statistic_count * float")
    .Output("y: float");
ROISEG_REGISTER("RoisegRefineBlockInfer", RefineBlockInferOp);

REGISTER_OP("RoisegRefineBlockApply") ROISEG_REFINE_ATTRS
    .Input("x: float")
    .Input("weights: weight_count * float")
    .Attr("statistic_count: int = 4")
    .Input("running: statistic_count * float")
    .Output("y: float")
    .Output("features: float")
    .Output("statistics: float")
    .Output("moved: statistic_count * float");
ROISEG_REGISTER("RoisegRefineBlockApply", RefineBlockApplyOp);

REGISTER_OP("RoisegRefineBlockBack") ROISEG_REFINE_ATTRS
    .Input("x: float")
    .Input("weights: weight_count * float")
    .Input("features: float")
    .Input("statistics: float")
    .Input("slope: float")
    .Output("x_slope: float")
    .Output("slopes: weight_count * float");
ROISEG_REGISTER("RoisegRefineBlockBack", RefineBlockBackOp);

}  // namespace
}  // namespace roiseg
