// Layer normalisation: each row of [rows, c] standardised, then every channel scaled and shifted.
#pragma once

#include <cmath>

#include "vector.h"

namespace roiseg {

struct LayerNorm {
  int64_t channels;
  double epsilon;

  // y, and each row's mean and inverse deviation.
  void apply(const float* x, int64_t rows, const float* scale, const float* shift, float* mean,
             float* inverse, float* y) const {
    for (int64_t row = 0; row < rows; row++, x += channels, y += channels) {
      Vector sums{};
      forVectors(channels, [&](ptrdiff_t c, auto lanes) { sums += load(x + c, lanes); });
      const float centre = sumLanes(sums) / channels;
      Vector squares{};
      forVectors(channels, [&](ptrdiff_t c, auto lanes) {
        const Vector apart = load(x + c, lanes) - centre;
        store(y + c, apart, lanes);
        const Vector own = load(y + c, lanes);  // without the lanes beyond the end
        squares += own * own;
      });
      const float factor = 1 / std::sqrt(sumLanes(squares) / channels + epsilon);
      mean[row] = centre;
      inverse[row] = factor;
      forVectors(channels, [&](ptrdiff_t c, auto lanes) {
        store(y + c, load(y + c, lanes) * factor * load(scale + c, lanes) + load(shift + c, lanes),
              lanes);
      });
    }
  }

  // From the slope of y that of x; adds to the slopes of scale and shift.
  void back(const float* x, int64_t rows, const float* scale, const float* mean,
            const float* inverse, const float* slope, float* xSlope, float* scaleSlope,
            float* shiftSlope) const {
    for (int64_t row = 0; row < rows; row++, x += channels, slope += channels, xSlope += channels) {
      const float centre = mean[row], factor = inverse[row];
      Vector sums{}, products{};
      forVectors(channels, [&](ptrdiff_t c, auto lanes) {
        const Vector raw = load(slope + c, lanes);
        const Vector own = raw * load(scale + c, lanes);
        const Vector standard = (load(x + c, lanes) - centre) * factor;
        sums += own;
        products += own * standard;
        store(scaleSlope + c, load(scaleSlope + c, lanes) + raw * standard, lanes);
        store(shiftSlope + c, load(shiftSlope + c, lanes) + raw, lanes);
      });
      const float level = sumLanes(sums) / channels, along = sumLanes(products) / channels;
      forVectors(channels, [&](ptrdiff_t c, auto lanes) {
        const Vector standard = (load(x + c, lanes) - centre) * factor;
        const Vector own = load(slope + c, lanes) * load(scale + c, lanes);
        store(xSlope + c, (own - level - standard * along) * factor, lanes);
      });
    }
  }
};

}  // namespace roiseg
