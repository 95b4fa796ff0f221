// RoisegDeformableSum and its way back.
#pragma once

#include "deformable_sum.h"
#include "op_support.h"

namespace roiseg {
namespace {

class DeformableSumKernel : public OpKernel {
 public:
  explicit DeformableSumKernel(OpKernelConstruction* construction) : OpKernel(construction) {
    std::vector<int64_t> rows, columns;
    OP_REQUIRES_OK(construction, construction->GetAttr("rows", &rows));
    OP_REQUIRES_OK(construction, construction->GetAttr("columns", &columns));
    OP_REQUIRES(construction, rows.size() == columns.size(),
                tensorflow::errors::InvalidArgument("every map has rows and columns"));
    for (size_t i = 0; i < rows.size(); i++) maps_.push_back({rows[i], columns[i]});
  }

  void Compute(OpKernelContext* context) override {
    const Tensor& value = context->input(0);
    const Tensor& locations = context->input(1);
    const Tensor& weights = context->input(2);
    OP_REQUIRES(context,
                value.dims() == 4 && weights.dims() == 5 &&
                    weights.dim_size(0) == value.dim_size(0) &&
                    weights.dim_size(2) == value.dim_size(2) &&
                    weights.dim_size(3) == static_cast<int64_t>(maps_.size()) &&
                    locations.NumElements() == 2 * weights.NumElements(),
                tensorflow::errors::InvalidArgument("the places do not fit the values"));
    Workers workers = workersOf(context);
    const DeformableSum sum(value.dim_size(0), value.dim_size(2), value.dim_size(3),
                            weights.dim_size(1), weights.dim_size(4), maps_, workers);
    OP_REQUIRES(context, sum.pixels() == value.dim_size(1),
                tensorflow::errors::InvalidArgument("the maps do not fit the values"));
    compute(context, sum);
  }

 protected:
  virtual void compute(OpKernelContext* context, const DeformableSum& sum) = 0;

 private:
  std::vector<MapShape> maps_;
};

class DeformableSumOp : public DeformableSumKernel {
 public:
  using DeformableSumKernel::DeformableSumKernel;

 protected:
  void compute(OpKernelContext* context, const DeformableSum& sum) override {
    const Tensor& value = context->input(0);
    const Tensor& weights = context->input(2);
    float* result = output(context, 0, {weights.dim_size(0), weights.dim_size(1),
                                        value.dim_size(2) * value.dim_size(3)});
    if (!result) return;
    sum.apply(values(value), values(context->input(1)), values(weights), result);
  }
};

class DeformableSumBackOp : public DeformableSumKernel {
 public:
  using DeformableSumKernel::DeformableSumKernel;

 protected:
  void compute(OpKernelContext* context, const DeformableSum& sum) override {
    const float* inputs[3];
    float* slopes[3];
    for (int i = 0; i < 3; i++) {
      inputs[i] = values(context->input(i));
      slopes[i] = output(context, i, context->input(i).shape());
    }
    if (!context->status().ok()) return;
    sum.back(inputs[0], inputs[1], inputs[2], values(context->input(3)), slopes[0], slopes[1],
             slopes[2]);
  }
};

REGISTER_OP("RoisegDeformableSum")
    .Attr("rows: list(int)")
    .Attr("columns: list(int)")
    .Input("value: float")
    .Input("locations: float")
    .Input("weights: float")
    .Output("sum: float");
ROISEG_REGISTER("RoisegDeformableSum", DeformableSumOp);

REGISTER_OP("RoisegDeformableSumBack")
    .Attr("rows: list(int)")
    .Attr("columns: list(int)")
    .Input("value: float")
    .Input("locations: float")
    .Input("weights: float")
    .Input("slope: float")
    .Output("value_slope: float")
    .Output("location_slopes: float")
    .Output("weight_slopes: float");
ROISEG_REGISTER("RoisegDeformableSumBack", DeformableSumBackOp);

}  // namespace
}  // namespace roiseg
