// RoisegGroupNorm, RoisegLayerNorm and their gradients.
#pragma once

#include "group_norm.h"
#include "layer_norm.h"
#include "memory.h"
#include "op_support.h"

namespace roiseg {
namespace {

// What the two group norm ops share: [n, ..., c] as samples, positions, channels. A narrow norm of
// one group takes the rows of several positions as one, with scale and shift repeated, so that
// whole vectors are used.
class GroupNormKernel : public OpKernel {
 public:
  explicit GroupNormKernel(OpKernelConstruction* construction) : OpKernel(construction) {
    OP_REQUIRES_OK(construction, construction->GetAttr("groups", &groups_));
    OP_REQUIRES_OK(construction, construction->GetAttr("epsilon", &epsilon_));
  }

  void Compute(OpKernelContext* context) override {
    const Tensor& x = context->input(0);
    const int64_t channels = x.dims() < 2 ? 0 : x.dim_size(x.dims() - 1);
    OP_REQUIRES(context,
                x.NumElements() > 0 && channels % groups_ == 0 &&
                    context->input(1).NumElements() == channels,
                tensorflow::errors::InvalidArgument("the norm does not fit its input"));
    const int64_t samples = x.dim_size(0);
    const int64_t positions = x.NumElements() / samples / channels;
    const bool isNarrow = groups_ == 1 && channels < 2 * kLanes && positions % 16 == 0;
    const int64_t repeats = isNarrow ? 16 : 1;
    Workers workers = workersOf(context);
    compute(context, repeats,
            GroupNorm(samples, positions / repeats, channels * repeats, groups_, epsilon_,
                      workers));
  }

 protected:
  virtual void compute(OpKernelContext* context, int64_t repeats, const GroupNorm& norm) = 0;

  static Floats repeated(const Tensor& vector, int64_t repeats) {
    const int64_t count = vector.NumElements();
    Floats all(count * repeats);
    for (int64_t i = 0; i < repeats; i++) {
      std::copy_n(values(vector), count, all.data() + i * count);
    }
    return all;
  }

  int64_t groups_;
  float epsilon_;
};

class GroupNormOp : public GroupNormKernel {
 public:
  using GroupNormKernel::GroupNormKernel;

 protected:
  void compute(OpKernelContext* context, int64_t repeats, const GroupNorm& norm) override {
    const Tensor& x = context->input(0);
    const Floats scale = repeated(context->input(1), repeats);
    const Floats shift = repeated(context->input(2), repeats);
    float* y = output(context, 0, x.shape());
    float* mean = output(context, 1, {x.dim_size(0), groups_});
    float* inverse = output(context, 2, {x.dim_size(0), groups_});
    if (!context->status().ok()) return;
    norm.apply(values(x), scale.data(), shift.data(), mean, inverse, y);
  }
};

class GroupNormBackOp : public GroupNormKernel {
 public:
  using GroupNormKernel::GroupNormKernel;

 protected:
  void compute(OpKernelContext* context, int64_t repeats, const GroupNorm& norm) override {
    const Tensor& x = context->input(0);
    const int64_t channels = context->input(1).NumElements();
    const Floats scale = repeated(context->input(1), repeats);
    const Floats sums(2 * channels * repeats);
    float* slopes[] = {sums.data(), sums.data() + channels * repeats};
    float* xSlope = output(context, 0, x.shape());
    float* results[] = {output(context, 1, {channels}), output(context, 2, {channels})};
    if (!context->status().ok()) return;
    norm.back(values(x), scale.data(), values(context->input(2)), values(context->input(3)),
              values(context->input(4)), xSlope, slopes[0], slopes[1]);
    for (int which = 0; which < 2; which++) {
      std::copy_n(slopes[which], channels, results[which]);
      for (int64_t i = channels; i < channels * repeats; i++) {
        results[which][i % channels] += slopes[which][i];
      }
    }
  }
};

// Rows of a layer norm in tasks: each adds to partial slopes of scale and shift.
inline Pieces layerNormRows(int64_t rows, int64_t channels) {
  return Pieces(rows, 1 + 16384 / channels, 64);
}

class LayerNormOp : public OpKernel {
 public:
  explicit LayerNormOp(OpKernelConstruction* construction) : OpKernel(construction) {
    OP_REQUIRES_OK(construction, construction->GetAttr("epsilon", &epsilon_));
  }

  void Compute(OpKernelContext* context) override {
    const Tensor& x = context->input(0);
    const int64_t channels = context->input(1).NumElements();
    OP_REQUIRES(context, x.dims() > 0 && x.dim_size(x.dims() - 1) == channels &&
                             context->input(2).NumElements() == channels,
                tensorflow::errors::InvalidArgument("scale and shift do not fit"));
    const int64_t rows = channels == 0 ? 0 : x.NumElements() / channels;
    float* y = output(context, 0, x.shape());
    float* mean = output(context, 1, {rows});
    float* inverse = output(context, 2, {rows});
    if (!context->status().ok()) return;
    const Pieces pieces = layerNormRows(rows, channels);
    const LayerNorm norm{channels, epsilon_};
    workersOf(context).run(pieces.count(), true, [&](int64_t i) {
      const int64_t row = pieces.begin(i);
      norm.apply(values(x) + row * channels, pieces.end(i) - row, values(context->input(1)),
                 values(context->input(2)), mean + row, inverse + row, y + row * channels);
    });
  }

 private:
  float epsilon_;
};

class LayerNormBackOp : public OpKernel {
 public:
  using OpKernel::OpKernel;

  void Compute(OpKernelContext* context) override {
    const Tensor& x = context->input(0);
    const Tensor& scale = context->input(1);
    const Tensor& mean = context->input(2);
    const Tensor& inverse = context->input(3);
    const Tensor& slope = context->input(4);
    const int64_t channels = scale.NumElements();
    const int64_t rows = mean.NumElements();
    OP_REQUIRES(context, x.NumElements() == rows * channels && slope.shape() == x.shape(),
                tensorflow::errors::InvalidArgument("the slope does not fit"));
    float* xSlope = output(context, 0, x.shape());
    float* scaleSlope = output(context, 1, {channels});
    float* shiftSlope = output(context, 2, {channels});
    if (!context->status().ok()) return;
    const Pieces pieces = layerNormRows(rows, channels);
    const Floats parts(pieces.count() * 2 * channels);
    const LayerNorm norm{channels, 0};
    workersOf(context).run(pieces.count(), true, [&](int64_t i) {
      const int64_t row = pieces.begin(i), at = row * channels;
      float* own = parts.data() + i * 2 * channels;
      std::fill_n(own, 2 * channels, 0.0f);
      norm.back(values(x) + at, pieces.end(i) - row, values(scale), values(mean) + row,
                values(inverse) + row, values(slope) + at, xSlope + at, own, own + channels);
    });
    const Floats sums(2 * channels);
    sumParts(parts.data(), pieces.count(), 2 * channels, sums.data());
    std::copy_n(sums.data(), channels, scaleSlope);
    std::copy_n(sums.data() + channels, channels, shiftSlope);
  }
};

REGISTER_OP("RoisegGroupNorm")
    .Attr("groups: int >= 1")
    .Attr("epsilon: float")
    .Input("x: float")
    .Input("scale: float")
    .Input("shift: float")
    .Output("y: float")
    .Output("mean: float")
    .Output("inverse: float");
ROISEG_REGISTER("RoisegGroupNorm", GroupNormOp);

REGISTER_OP("RoisegGroupNormBack")
    .Attr("groups: int >= 1")
    .Attr("epsilon: float")
    .Input("x: float")
    .Input("scale: float")
    .Input("mean: float")
    .Input("inverse: float")
    .Input("slope: float")
    .Output("x_slope: float")
    .Output("scale_slope: float")
    .Output("shift_slope: float");
ROISEG_REGISTER("RoisegGroupNormBack", GroupNormBackOp);

REGISTER_OP("RoisegLayerNorm")
    .Attr("epsilon: float")
    .Input("x: float")
    .Input("scale: float")
    .Input("shift: float")
    .Output("y: float")
    .Output("mean: float")
    .Output("inverse: float");
ROISEG_REGISTER("RoisegLayerNorm", LayerNormOp);

REGISTER_OP("RoisegLayerNormBack")
    .Input("x: float")
    .Input("scale: float")
    .Input("mean: float")
    .Input("inverse: float")
    .Input("slope: float")
    .Output("x_slope: float")
    .Output("scale_slope: float")
    .Output("shift_slope: float");
ROISEG_REGISTER("RoisegLayerNormBack", LayerNormBackOp);

}  // namespace
}  // namespace roiseg
