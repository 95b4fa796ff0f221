// RoisegDepthwiseConv3d and its gradients.
#pragma once

#include "depthwise_conv3d.h"
#include "memory.h"
#include "op_support.h"

namespace roiseg {
namespace {

class DepthwiseConv3dOp : public OpKernel {
 public:
  explicit DepthwiseConv3dOp(OpKernelConstruction* construction) : OpKernel(construction) {
    OP_REQUIRES_OK(construction, construction->GetAttr("mirrored", &mirrored_));
  }

  void Compute(OpKernelContext* context) override {
    const Tensor& x = context->input(0);
    const Tensor& weight = context->input(1);
    Grid grid;
    if (!gridOf(context, x, &grid)) return;
    OP_REQUIRES(context, weight.dims() == 4 && weight.dim_size(3) == grid.channels &&
                             weight.dim_size(0) % 2 == 1 &&
                             weight.dim_size(1) == weight.dim_size(0) &&
                             weight.dim_size(2) == weight.dim_size(0),
                tensorflow::errors::InvalidArgument("the kernel does not fit"));
    const int64_t kernel = weight.dim_size(0);
    float* y = output(context, 0, x.shape());
    if (!y) return;
    const Floats mirror(mirrored_ ? weight.NumElements() : 0);
    if (mirrored_) mirrorKernel(values(weight), kernel, grid.channels, mirror.data());
    const float* taps = mirrored_ ? mirror.data() : values(weight);
    const Pieces planes = planePieces(grid);
    workersOf(context).run(planes.count(), grid.size() > 4000, [&](int64_t i) {
      convolvePlanes(grid, kernel, values(x), taps, nullptr, y, planes.begin(i), planes.end(i));
    });
  }

 private:
  bool mirrored_;
};

class DepthwiseConv3dFilterGradientOp : public OpKernel {
 public:
  explicit DepthwiseConv3dFilterGradientOp(OpKernelConstruction* construction)
      : OpKernel(construction) {
    OP_REQUIRES_OK(construction, construction->GetAttr("kernel", &kernel_));
  }

  void Compute(OpKernelContext* context) override {
    const Tensor& x = context->input(0);
    const Tensor& slope = context->input(1);
    Grid grid;
    if (!gridOf(context, x, &grid)) return;
    OP_REQUIRES(context, x.shape() == slope.shape(),
                tensorflow::errors::InvalidArgument("the slope does not fit"));
    float* gradient = output(context, 0, {kernel_, kernel_, kernel_, grid.channels});
    if (!gradient) return;
    const int64_t size = kernel_ * kernel_ * kernel_ * grid.channels;
    const Pieces planes = planePieces(grid);
    const Floats parts(planes.count() * size);
    workersOf(context).run(planes.count(), grid.size() > 4000, [&](int64_t i) {
      float* part = parts.data() + i * size;
      std::fill_n(part, size, 0.0f);
      addFilterGradient(grid, kernel_, values(x), values(slope), part, planes.begin(i),
                        planes.end(i));
    });
    sumParts(parts.data(), planes.count(), size, gradient);
  }

 private:
  int64_t kernel_;
};

// Mirrored: with the kernel turned about its centre, which gives the slope of x from that of y.
REGISTER_OP("RoisegDepthwiseConv3d")
    .Attr("mirrored: bool")
    .Input("x: float")
    .Input("weight: float")
    .Output("y: float");
ROISEG_REGISTER("RoisegDepthwiseConv3d", DepthwiseConv3dOp);

REGISTER_OP("RoisegDepthwiseConv3dFilterGradient")
    .Attr("kernel: int >= 1")
    .Input("x: float")
    .Input("slope: float")
    .Output("gradient: float");
ROISEG_REGISTER("RoisegDepthwiseConv3dFilterGradient", DepthwiseConv3dFilterGradientOp);

}  // namespace
}  // namespace roiseg
