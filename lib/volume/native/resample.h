// The inner loops of lib/volume/plane_resampler.ts and lib/volume/resample.ts, in the same order and
// precision as their twins in TypeScript, so that both give the same bits (contraction must be off).
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

namespace roiseg {

// One axis of a resampling: as AxisKernel in lib/volume/sampling_kernel.ts.
struct AxisKernel {
  int32_t length;
  int32_t taps;
  const int32_t* first;
  const double* weights;
};

// A rectangle of a plane.
struct Window {
  int64_t left, right, top, bottom;
};

// Writes 1 where a label of the plane's part is one of `count` values and 0 elsewhere; returns
// whether there is any.
inline bool maskPlane(const uint16_t* labels, int64_t width, const Window& part,
                      const uint16_t* values, int64_t count, float* result) {
  bool isFound = false;
  for (int64_t y = part.top; y < part.bottom; y++) {
    const uint16_t* const __restrict row = labels + y * width;
    float* const __restrict to = result + y * width;
    std::fill(to + part.left, to + part.right, 0.0f);
    for (int64_t i = 0; i < count; i++) {
      const uint16_t value = values[i];
      int32_t found = 0;
      for (int64_t x = part.left; x < part.right; x++) {
        const int32_t is = row[x] == value;
        found |= is;
        to[x] = is ? 1.0f : to[x];
      }
      isFound |= found != 0;
    }
  }
  return isFound;
}

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

// Applies the kernel to `count` rows of `width` values, the first of which is number `from`. Tap by
// tap rather than value by value, so that the sums of a row are made several at a time.
inline void alongRows(const float* values, int64_t width, int64_t count, const AxisKernel& kernel,
                      int64_t from, float* result) {
  const int32_t length = kernel.length, taps = kernel.taps;
  thread_local std::vector<double> memory;
  memory.resize(size_t(length) * (taps + 1));
  double* const sums = memory.data();
  double* const weights = sums + length;  // those of a tap side by side
  for (int32_t i = 0; i < length; i++) {
    for (int32_t tap = 0; tap < taps; tap++) {
      weights[int64_t{tap} * length + i] = kernel.weights[int64_t{i} * taps + tap];
    }
  }
  for (int64_t y = 0; y < count; y++, result += length) {
    std::fill(sums, sums + length, 0.0);
    for (int32_t tap = 0; tap < taps; tap++) {
      const float* row = values + y * width - from + tap;
      const double* ofTap = weights + int64_t{tap} * length;
      for (int32_t i = 0; i < length; i++) sums[i] += ofTap[i] * row[kernel.first[i]];
    }
    for (int32_t i = 0; i < length; i++) result[i] = sums[i];
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

}  // namespace roiseg
