// RoisegFlatten, RoisegBlend and RoisegAdamW: one op for all parameters of a model.
#pragma once

#include "tensorflow/core/framework/resource_mgr.h"
#include "tensorflow/core/framework/resource_var.h"

#include "flat.h"
#include "op_support.h"

namespace roiseg {
namespace {

FlatLayout layoutOf(const tensorflow::OpInputList& tensors) {
  std::vector<int64_t> sizes;
  for (const Tensor& tensor : tensors) sizes.push_back(tensor.NumElements());
  return FlatLayout(sizes);
}

class FlattenOp : public OpKernel {
 public:
  using OpKernel::OpKernel;

  void Compute(OpKernelContext* context) override {
    tensorflow::OpInputList tensors;
    OP_REQUIRES_OK(context, context->input_list("tensors", &tensors));
    const FlatLayout layout = layoutOf(tensors);
    float* flat = output(context, 0, {layout.size()});
    if (!flat) return;
    Workers workers = workersOf(context);
    layout.forStretches(workers, [&](int i, int64_t own, int64_t at, int64_t count) {
      std::copy_n(values(tensors[i]) + own, count, flat + at);
    });
  }
};

class BlendOp : public OpKernel {
 public:
  using OpKernel::OpKernel;

  void Compute(OpKernelContext* context) override {
    const Tensor& flat = context->input(0);
    const float share = context->input(1).scalar<float>()();
    tensorflow::OpInputList tensors;
    OP_REQUIRES_OK(context, context->input_list("tensors", &tensors));
    const FlatLayout layout = layoutOf(tensors);
    OP_REQUIRES(context, flat.NumElements() == layout.size(),
                tensorflow::errors::InvalidArgument("the vector does not fit the tensors"));
    float* blended = output(context, 0, flat.shape());
    if (!blended) return;
    Workers workers = workersOf(context);
    layout.forStretches(workers, [&](int i, int64_t own, int64_t at, int64_t count) {
      const float* from = values(flat) + at;
      const float* to = values(tensors[i]) + own;
      for (int64_t k = 0; k < count; k++) blended[at + k] = from[k] + (to[k] - from[k]) * share;
    });
  }
};

// The memory of a resident vector, for writing: a copy where tensors that were read from it still
// share that memory.
float* residentVector(OpKernelContext* context, int index, int64_t size,
                      tensorflow::core::RefCountPtr<tensorflow::Var>* variable) {
  const auto status = tensorflow::LookupResource(
      context, tensorflow::HandleFromInput(context, index), variable);
  if (!status.ok()) {
    context->CtxFailure(status);
    return nullptr;
  }
  Tensor* vector = (*variable)->tensor();
  if (vector->NumElements() != size) {
    context->CtxFailure(tensorflow::errors::InvalidArgument("a moment does not fit the tensors"));
    return nullptr;
  }
  if (!vector->RefCountIsOne()) {
    Tensor copy;
    const auto allocated = context->allocate_temp(tensorflow::DT_FLOAT, vector->shape(), &copy);
    if (!allocated.ok()) {
      context->CtxFailure(allocated);
      return nullptr;
    }
    std::copy_n(values(*vector), size, copy.flat<float>().data());
    *vector = copy;
  }
  return vector->flat<float>().data();
}

class AdamWOp : public OpKernel {
 public:
  using OpKernel::OpKernel;

  void Compute(OpKernelContext* context) override {
    const Tensor& gradient = context->input(2);
    const auto factors = context->input(3).flat<float>();
    OP_REQUIRES(context, factors.size() == 5,
                tensorflow::errors::InvalidArgument("there are five factors"));
    const float clip = context->input(4).scalar<float>()();
    tensorflow::OpInputList tensors;
    tensorflow::OpOutputList updated;
    OP_REQUIRES_OK(context, context->input_list("tensors", &tensors));
    OP_REQUIRES_OK(context, context->output_list("updated", &updated));
    const FlatLayout layout = layoutOf(tensors);
    OP_REQUIRES(context, gradient.NumElements() == layout.size(),
                tensorflow::errors::InvalidArgument("the gradient does not fit the tensors"));
    tensorflow::core::RefCountPtr<tensorflow::Var> variables[2];
    float* moments[2];
    for (int i = 0; i < 2; i++) {
      moments[i] = residentVector(context, i, layout.size(), &variables[i]);
      if (!moments[i]) return;
    }
    std::vector<float*> results;
    for (int i = 0; i < tensors.size(); i++) {
      Tensor* result = nullptr;
      OP_REQUIRES_OK(context, updated.allocate(i, tensors[i].shape(), &result));
      results.push_back(result->flat<float>().data());
    }
    const AdamW adam{factors(0), factors(1), factors(2), factors(3), factors(4), clip};
    Workers workers = workersOf(context);
    layout.forStretches(workers, [&](int i, int64_t own, int64_t at, int64_t count) {
      adam.update(values(gradient) + at, values(tensors[i]) + own, count, moments[0] + at,
                  moments[1] + at, results[i] + own);
    });
  }
};

REGISTER_OP("RoisegFlatten")
    .Attr("count: int >= 1")
    .Input("tensors: count * float")
    .Output("flat: float");
ROISEG_REGISTER("RoisegFlatten", FlattenOp);

REGISTER_OP("RoisegBlend")
    .Attr("count: int >= 1")
    .Input("flat: float")
    .Input("share: float")
    .Input("tensors: count * float")
    .Output("blended: float");
ROISEG_REGISTER("RoisegBlend", BlendOp);

REGISTER_OP("RoisegAdamW")
    .Attr("count: int >= 1")
    .Input("first: resource")
    .Input("second: resource")
    .Input("gradient: float")
    .Input("factors: float")
    .Input("clip: float")
    .Input("tensors: count * float")
    .Output("updated: count * float")
    .SetIsStateful();
ROISEG_REGISTER("RoisegAdamW", AdamWOp);

}  // namespace
}  // namespace roiseg
