// The inner loops of lib/volume/intensity.ts and lib/training/augment_intensity.ts, in the same order
// and precision as their twins in TypeScript, so that both give the same bits (contraction must be
// off).
#pragma once

#include <cstdint>

namespace roiseg {

// Intensities from `low` on, times `scale`, cut off at 0 and 1; NaN becomes 0.
inline void window(const float* values, int64_t count, double low, double scale, float* result) {
  for (int64_t i = 0; i < count; i++) {
    const double value = (values[i] - low) * scale;
    const double above = value > 0 ? value : 0;
    result[i] = above < 1 ? above : 1;
  }
}

// Replaces values in [0, 1] by those of a curve at `size` - 2 equal steps and once more at its end.
inline void applyCurve(float* values, int64_t count, const float* __restrict curve, int64_t size) {
  const double steps = static_cast<double>(size - 2);
  for (int64_t i = 0; i < count; i++) {
    const double place = values[i] * steps;
    const auto step = static_cast<int32_t>(place);
    const double low = curve[step], high = curve[step + 1];
    values[i] = low + (place - step) * (high - low);
  }
}

// Writes value * contrast + offset + noise, cut off at 0 and 1. Each of `places` holds where the noise
// of two neighbours lies in the table, 13 bits each.
inline void changeContrast(float* values, int64_t count, double contrast, double offset,
                           const float* __restrict noise, const uint32_t* __restrict places) {
  for (int64_t i = 0; i < count; i++) {
    const uint32_t place = (places[i >> 1] >> ((i & 1) * 13)) & 8191;
    const double value = values[i] * contrast + offset + noise[place];
    const double above = value < 0 ? 0 : value;
    values[i] = above > 1 ? 1 : above;
  }
}

}  // namespace roiseg
