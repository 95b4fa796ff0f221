// RoisegGelu, exact, and RoisegGeluBack.
#pragma once

#include "functions.h"
#include "op_support.h"

namespace roiseg {
namespace {

class GeluOp : public OpKernel {
 public:
  using OpKernel::OpKernel;

  void Compute(OpKernelContext* context) override {
    const Tensor& x = context->input(0);
    float* y = output(context, 0, x.shape());
    if (!y) return;
    const float* from = values(x);
    forStretches(context, x.NumElements(), [&](int64_t begin, int64_t end) {
      forVectors(end - begin, [&](ptrdiff_t i, auto lanes) {
        store(y + begin + i, gelu(load(from + begin + i, lanes)), lanes);
      });
    });
  }
};

class GeluBackOp : public OpKernel {
 public:
  using OpKernel::OpKernel;

  void Compute(OpKernelContext* context) override {
    const Tensor& x = context->input(0);
    const Tensor& slope = context->input(1);
    OP_REQUIRES(context, x.shape() == slope.shape(),
                tensorflow::errors::InvalidArgument("the slope does not fit"));
    float* xSlope = output(context, 0, x.shape());
    if (!xSlope) return;
    const float *from = values(x), *along = values(slope);
    forStretches(context, x.NumElements(), [&](int64_t begin, int64_t end) {
      forVectors(end - begin, [&](ptrdiff_t k, auto lanes) {
        const Vector at = load(from + begin + k, lanes);
        store(xSlope + begin + k, load(along + begin + k, lanes) * geluSlope(at, normal(at)),
              lanes);
      });
    });
  }
};

REGISTER_OP("RoisegGelu").Input("x: float").Output("y: float");
ROISEG_REGISTER("RoisegGelu", GeluOp);

REGISTER_OP("RoisegGeluBack").Input("x: float").Input("slope: float").Output("x_slope: float");
ROISEG_REGISTER("RoisegGeluBack", GeluBackOp);

}  // namespace
}  // namespace roiseg
