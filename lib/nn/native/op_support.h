// What the definitions of the ops share.
#pragma once

#include "tensorflow/core/framework/op.h"
#include "tensorflow/core/framework/op_kernel.h"

#include "channel_part.h"
#include "depthwise_conv3d.h"
#include "workers.h"

namespace roiseg {

using tensorflow::OpKernel;
using tensorflow::OpKernelConstruction;
using tensorflow::OpKernelContext;
using tensorflow::Tensor;
using tensorflow::TensorShape;

inline Workers workersOf(OpKernelContext* context) {
  const auto& threads = *context->device()->tensorflow_cpu_worker_threads();
  return Workers(threads.num_threads, [pool = threads.workers](std::function<void()> work) {
    pool->Schedule(std::move(work));
  });
}

inline const float* values(const Tensor& tensor) { return tensor.flat<float>().data(); }

// A new output's memory, or null when there is none left.
inline float* output(OpKernelContext* context, int index, const TensorShape& shape) {
  Tensor* tensor = nullptr;
  const auto status = context->allocate_output(index, shape, &tensor);
  if (!status.ok()) context->CtxFailure(status);
  return status.ok() ? tensor->flat<float>().data() : nullptr;
}

// The grid of a volume; an error where it has no five axes.
inline bool gridOf(OpKernelContext* context, const Tensor& volume, Grid* grid) {
  if (volume.dims() != 5) {
    context->CtxFailure(tensorflow::errors::InvalidArgument("a volume must have 5 axes, not ",
                                                            volume.dims()));
    return false;
  }
  *grid = {volume.dim_size(0), volume.dim_size(1), volume.dim_size(2), volume.dim_size(3),
           volume.dim_size(4)};
  return true;
}

// The first inputs, whose channels are put side by side; an error where one is empty or does not have
// so many axes, or where they differ along another axis than the last.
inline bool partsOf(OpKernelContext* context, int count, int axes, ChannelParts* parts) {
  for (int i = 0; i < count; i++) {
    const Tensor& part = context->input(i);
    bool fits = part.dims() == axes && part.NumElements() > 0;
    for (int axis = 0; fits && axis < axes - 1; axis++) {
      fits = part.dim_size(axis) == context->input(0).dim_size(axis);
    }
    if (!fits) {
      context->CtxFailure(tensorflow::errors::InvalidArgument("the parts do not fit"));
      return false;
    }
    parts->push_back({values(part), part.dim_size(axes - 1)});
  }
  return true;
}

// Calls each(begin, end) for stretches of a long array, in parallel.
template <typename Each>
void forStretches(OpKernelContext* context, int64_t size, const Each& each) {
  const Pieces pieces(size, 1 << 13, 1 << 12);
  workersOf(context).run(pieces.count(), size > (1 << 14), [&](int64_t i) {
    each(pieces.begin(i), pieces.end(i));
  });
}

}  // namespace roiseg

#define ROISEG_REGISTER(name, kernel) \
  REGISTER_KERNEL_BUILDER(Name(name).Device(tensorflow::DEVICE_CPU), kernel)
