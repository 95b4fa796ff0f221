// The inner loop of lib/volume/affine_resample.ts, in the same order and precision as its twin in
// TypeScript, so that both give the same bits (contraction must be off).
#pragma once

#include <algorithm>
#include <cstdint>

namespace roiseg {

// Shape of a volume of interleaved channels, x fastest.
struct Block {
  int64_t width;
  int64_t height;
  int64_t depth;
  int64_t channels;
};

// A source coordinate between two voxels of an axis, held at the border.
struct Place {
  int64_t first;
  double fraction;
  int64_t next;  // the step to the second voxel: 0 behind the last

  Place(double at, int64_t size, int64_t step) {
    const double last = static_cast<double>(size - 1);
    const double held = std::min(last, std::max(0.0, at));
    const auto whole = static_cast<int64_t>(held);
    first = whole * step;
    fraction = held - static_cast<double>(whole);
    next = whole < size - 1 ? step : 0;
  }
};

inline double between(double a, double b, double fraction) { return a + fraction * (b - a); }

// result[x, y, z] = source[matrix (x, y, z) + offset], trilinearly, for every channel.
inline void resampleAffine(const float* source, const Block& block, const double* m,
                           const double* offset, float* result) {
  const int64_t c = block.channels;
  const int64_t row = c * block.width;
  const int64_t plane = row * block.height;
  for (int64_t z = 0; z < block.depth; z++) {
    for (int64_t y = 0; y < block.height; y++) {
      const double startX = m[1] * y + m[2] * z + offset[0];
      const double startY = m[4] * y + m[5] * z + offset[1];
      const double startZ = m[7] * y + m[8] * z + offset[2];
      for (int64_t x = 0; x < block.width; x++) {
        const Place px(m[0] * x + startX, block.width, c);
        const Place py(m[3] * x + startY, block.height, row);
        const Place pz(m[6] * x + startZ, block.depth, plane);
        const float* a = source + px.first + py.first + pz.first;
        const float* b = a + py.next;
        const float* e = a + pz.next;
        const float* f = e + py.next;
        for (int64_t i = 0; i < c; i++) {
          const double near = between(between(a[i], a[i + px.next], px.fraction),
                                      between(b[i], b[i + px.next], px.fraction), py.fraction);
          const double far = between(between(e[i], e[i + px.next], px.fraction),
                                     between(f[i], f[i + px.next], px.fraction), py.fraction);
          *result++ = static_cast<float>(between(near, far, pz.fraction));
        }
      }
    }
  }
}

}  // namespace roiseg
