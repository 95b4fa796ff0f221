// The inner loop of a view's projections, in the same order and precision as its twin in TypeScript,
// so that both give the same bits (contraction must be off).
#pragma once

#include <cstdint>
#include <vector>

#include "resample.h"

namespace roiseg {

// Values [outer, slices, inner].
struct Stack {
  int64_t outer;
  int64_t slices;
  int64_t inner;
};

// result[i, outer, inner]: what the kernel makes of each line of slices.
inline void projectSlices(const float* values, const Stack& stack, const AxisKernel& along,
                          float* result) {
  const int64_t size = stack.inner;
  std::vector<double> sums(size);
  for (int64_t row = 0; row < stack.outer; row++) {
    for (int64_t i = 0; i < along.length; i++) {
      const double* weights = along.weights + i * along.taps;
      const float* from = values + (row * stack.slices + along.first[i]) * size;
      float* to = result + (i * stack.outer + row) * size;
      if (size == 1) {  // the loop that the other case has inside would be of one step
        double sum = 0;
        for (int64_t tap = 0; tap < along.taps; tap++) sum += weights[tap] * from[tap];
        *to = static_cast<float>(sum);
        continue;
      }
      for (int64_t j = 0; j < size; j++) sums[j] = 0;
      for (int64_t tap = 0; tap < along.taps; tap++, from += size) {
        for (int64_t j = 0; j < size; j++) sums[j] += weights[tap] * from[j];
      }
      for (int64_t j = 0; j < size; j++) to[j] = static_cast<float>(sums[j]);
    }
  }
}

}  // namespace roiseg
