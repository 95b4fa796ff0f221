// The inner loop of a view's projections, in the same order and precision as its twin in TypeScript,
// so that both give the same bits (contraction must be off).
#pragma once

#include <algorithm>
#include <cstdint>

#include "resample.h"

namespace roiseg {

// Values [outer, slices, inner].
struct Stack {
  int64_t outer;
  int64_t slices;
  int64_t inner;
};

// Along neighbours in memory (inner is 1). A line's sum waits for each of its steps: so that there is
// something to do meanwhile, the sums of some lines are made together.
inline void projectLines(const float* values, const Stack& stack, const AxisKernel& along,
                         float* result) {
  constexpr int64_t kLines = 16;
  for (int64_t line = 0; line < stack.outer; line += kLines) {
    const int64_t count = std::min(kLines, stack.outer - line);
    for (int64_t i = 0; i < along.length; i++) {
      const double* weights = along.weights + i * along.taps;
      const float* from = values + line * stack.slices + along.first[i];
      double sums[kLines] = {};
      for (int64_t tap = 0; tap < along.taps; tap++) {
        for (int64_t j = 0; j < count; j++) {
          sums[j] += weights[tap] * from[j * stack.slices + tap];
        }
      }
      float* to = result + i * stack.outer + line;
      for (int64_t j = 0; j < count; j++) to[j] = static_cast<float>(sums[j]);
    }
  }
}

// result[i, outer, inner]: what the kernel makes of each line of slices.
inline void projectSlices(const float* values, const Stack& stack, const AxisKernel& along,
                          float* result) {
  if (stack.inner == 1) return projectLines(values, stack, along, result);
  constexpr int64_t kStretch = 1024;
  double sums[kStretch];
  for (int64_t row = 0; row < stack.outer; row++) {
    for (int64_t i = 0; i < along.length; i++) {
      const double* weights = along.weights + i * along.taps;
      const float* first = values + (row * stack.slices + along.first[i]) * stack.inner;
      float* to = result + (i * stack.outer + row) * stack.inner;
      for (int64_t begin = 0; begin < stack.inner; begin += kStretch) {
        const int64_t size = std::min(kStretch, stack.inner - begin);
        const float* from = first + begin;
        std::fill_n(sums, size, 0.0);
        for (int64_t tap = 0; tap < along.taps; tap++, from += stack.inner) {
          for (int64_t j = 0; j < size; j++) sums[j] += weights[tap] * from[j];
        }
        for (int64_t j = 0; j < size; j++) to[begin + j] = static_cast<float>(sums[j]);
      }
    }
  }
}

}  // namespace roiseg
