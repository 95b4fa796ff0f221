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

// Where some neighbouring results of a row lie on one axis of the source, in values rather than
// voxels: between `first` and `next` further on, which is 0 behind the last voxel.
struct Places {
  static constexpr int kMost = 64;

  // Results 0 to `count` - 1 at step * (x + i) + start, held at the border.
  void find(int64_t x, int64_t count, double step, double start, int64_t size, int64_t stride) {
    const double last = static_cast<double>(size - 1);
    const auto final = static_cast<int32_t>(size - 1), values = static_cast<int32_t>(stride);
    for (int64_t i = 0; i < count; i++) {
      const double at = step * static_cast<double>(static_cast<int32_t>(x + i)) + start;
      const double inside = at > 0.0 ? at : 0.0;
      const double held = inside < last ? inside : last;
      const auto whole = static_cast<int32_t>(held);
      fraction[i] = held - static_cast<double>(whole);
      first[i] = whole * values;
      next[i] = whole < final ? values : 0;
    }
  }

  double fraction[kMost];
  int32_t first[kMost];
  int32_t next[kMost];
};

inline double between(double a, double b, double fraction) { return a + fraction * (b - a); }

// result[x, y, z] = source[matrix (x, y, z) + offset], trilinearly, for every channel. A block has
// fewer than 2^31 values.
inline void resampleAffine(const float* source, const Block& block, const double* m,
                           const double* offset, float* result) {
  const int64_t c = block.channels;
  const int64_t row = c * block.width;
  const int64_t plane = row * block.height;
  Places px, py, pz;
  for (int64_t z = 0; z < block.depth; z++) {
    for (int64_t y = 0; y < block.height; y++) {
      const double startX = m[1] * y + m[2] * z + offset[0];
      const double startY = m[4] * y + m[5] * z + offset[1];
      const double startZ = m[7] * y + m[8] * z + offset[2];
      for (int64_t x = 0; x < block.width; x += Places::kMost) {
        const int64_t count = std::min<int64_t>(Places::kMost, block.width - x);
        px.find(x, count, m[0], startX, block.width, c);
        py.find(x, count, m[3], startY, block.height, row);
        pz.find(x, count, m[6], startZ, block.depth, plane);
        for (int64_t channel = 0; channel < c; channel++) {
          const float* const __restrict from = source + channel;
          double sums[Places::kMost];
          for (int32_t i = 0; i < count; i++) {
            const int32_t a = px.first[i] + py.first[i] + pz.first[i];
            const int32_t b = a + py.next[i], e = a + pz.next[i], f = e + py.next[i];
            const int32_t right = px.next[i];
            const double fx = px.fraction[i], fy = py.fraction[i], fz = pz.fraction[i];
            const double near = between(between(from[a], from[a + right], fx),
                                        between(from[b], from[b + right], fx), fy);
            const double far = between(between(from[e], from[e + right], fx),
                                       between(from[f], from[f + right], fx), fy);
            sums[i] = between(near, far, fz);
          }
          for (int64_t i = 0; i < count; i++) result[i * c + channel] = static_cast<float>(sums[i]);
        }
        result += count * c;
      }
    }
  }
}

}  // namespace roiseg
