// The inner loops of lib/volume/plane_resampler.ts and lib/volume/intensity.ts. They compute in the
// same order and precision as those, so that both give the same bits (contraction must be off).
#pragma once

#include <algorithm>
#include <cstdint>

namespace roiseg {

// One axis of a resampling: as AxisKernel in lib/volume/sampling_kernel.ts.
struct AxisKernel {
  int32_t length;
  int32_t taps;
  const int32_t* first;
  const double* weights;
};

inline void addScaled(float* result, const float* values, int64_t count, double weight) {
  for (int64_t i = 0; i < count; i++) result[i] += weight * values[i];
}

// Replaces a row by the weighted sum of `taps` others, each `step` further on.
inline void sumRows(float* result, const float* values, int64_t step, int64_t width,
                    const double* weights, int32_t taps) {
  std::fill(result, result + width, 0.0f);
  int32_t tap = 0;
  for (; tap + 4 <= taps; tap += 4) {
    const float* a = values + tap * step;
    const float* b = a + step;
    const float* c = b + step;
    const float* d = c + step;
    const double p = weights[tap], q = weights[tap + 1], r = weights[tap + 2], s = weights[tap + 3];
    for (int64_t x = 0; x < width; x++) {
      result[x] += p * a[x] + q * b[x] + r * c[x] + s * d[x];
    }
  }
  for (; tap < taps; tap++) {
    if (weights[tap] != 0) addScaled(result, values + tap * step, width, weights[tap]);
  }
}

// Applies the kernel to `count` rows of `width` values, the first of which is number `from`.
inline void alongRows(const float* values, int64_t width, int64_t count, const AxisKernel& kernel,
                      int64_t from, float* result) {
  for (int64_t y = 0; y < count; y++) {
    const float* row = values + y * width - from;
    for (int32_t i = 0; i < kernel.length; i++) {
      const double* weights = kernel.weights + i * int64_t{kernel.taps};
      double sum = 0;
      for (int32_t tap = 0; tap < kernel.taps; tap++) {
        sum += weights[tap] * row[kernel.first[i] + tap];
      }
      *result++ = sum;
    }
  }
}

// A plane of rows of `width` values, of which `columns` from `from` on are touched: y, then x.
inline void resamplePlane(const float* values, int64_t width, int64_t from, int64_t columns,
                          const AxisKernel& alongX, const AxisKernel& alongY, float* rows,
                          float* result) {
  for (int32_t i = 0; i < alongY.length; i++) {
    sumRows(rows + i * columns, values + from + width * alongY.first[i], width, columns,
            alongY.weights + i * int64_t{alongY.taps}, alongY.taps);
  }
  alongRows(rows, columns, alongY.length, alongX, from, result);
}

// Intensities from `low` on, times `scale`, cut off at 0 and 1; NaN becomes 0.
inline void window(const float* values, int64_t count, double low, double scale, float* result) {
  for (int64_t i = 0; i < count; i++) {
    const double value = (values[i] - low) * scale;
    const double above = value > 0 ? value : 0;
    result[i] = above < 1 ? above : 1;
  }
}

}  // namespace roiseg
