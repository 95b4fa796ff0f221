// Depth-wise 3D convolution (correlation), stride 1, zeros around, of volumes [n, z, y, x, c] with
// kernels [k, k, k, c], k odd.
#pragma once

#include <algorithm>
#include <vector>

#include "vector.h"
#include "workers.h"

namespace roiseg {

struct Grid {
  int64_t samples, depth, height, width, channels;

  int64_t planes() const { return samples * depth; }
  int64_t voxels() const { return depth * height * width; }
  int64_t rows() const { return samples * voxels(); }
  int64_t size() const { return rows() * channels; }
};

// Planes in pieces for tasks; the filter's gradient has a partial sum for each.
inline Pieces planePieces(const Grid& grid) { return Pieces(grid.planes(), 1, 32); }

// The taps of a kernel that meet the volume at a position of one axis.
struct Taps {
  Taps(int64_t position, int64_t edge, int64_t kernel)
      : begin(std::max<int64_t>(0, kernel / 2 - position)),
        end(std::min(kernel, edge + kernel / 2 - position)) {}
  int64_t begin, end;
  bool all(int64_t kernel) const { return begin == 0 && end == kernel; }
};

// Where the neighbours of a voxel lie.
struct Neighbours {
  Neighbours(const Grid& grid, int64_t kernel)
      : kernel(kernel),
        half(kernel / 2),
        column(grid.channels),
        row(grid.width * column),
        plane(grid.height * row),
        first(-half * (plane + row + column)) {}
  // Of a tap, from the voxel.
  ptrdiff_t offset(int64_t z, int64_t y, int64_t x) const {
    return first + z * plane + y * row + x * column;
  }
  int64_t kernel, half;
  ptrdiff_t column, row, plane, first;
};

// The convolution at one voxel; x and weight point to the first of the vector's channels.
template <typename Lanes>
inline Vector convolveVoxel(const float* x, const float* weight, const Neighbours& at, Taps tz,
                            Taps ty, Taps tx, Lanes lanes) {
  Vector sum{};
  for (int64_t z = tz.begin; z < tz.end; z++) {
    for (int64_t y = ty.begin; y < ty.end; y++) {
      const float* from = x + at.offset(z, y, 0);
      const float* w = weight + (z * at.kernel + y) * at.kernel * at.column;
      for (int64_t i = tx.begin; i < tx.end; i++) {
        sum += load(from + i * at.column, lanes) * load(w + i * at.column, lanes);
      }
    }
  }
  return sum;
}

// A row of voxels [begin, end) that have all 27 neighbours; the kernel is held in registers.
template <typename Lanes>
inline void convolveInnerRow(const float* x, const float* addend, float* y, const Vector (&w)[27],
                             const Neighbours& at, int64_t begin, int64_t end, Lanes lanes) {
  for (int64_t i = begin; i < end; i++) {
    const float* from = x + i * at.column;
    Vector sum[3] = {};
#pragma GCC unroll 3
    for (int tz = 0; tz < 3; tz++) {
#pragma GCC unroll 3
      for (int ty = 0; ty < 3; ty++) {
#pragma GCC unroll 3
        for (int tx = 0; tx < 3; tx++) {
          sum[tx] += load(from + at.offset(tz, ty, tx), lanes) * w[(tz * 3 + ty) * 3 + tx];
        }
      }
    }
    Vector value = sum[0] + sum[1] + sum[2];
    if (addend) value += load(addend + i * at.column, lanes);
    store(y + i * at.column, value, lanes);
  }
}

// y = addend + convolution of x, on planes [begin, end) of all samples' planes; addend may be null.
inline void convolvePlanes(const Grid& grid, int64_t kernel, const float* x, const float* weight,
                           const float* addend, float* y, int64_t begin, int64_t end) {
  const Neighbours at(grid, kernel);
  forVectors(grid.channels, [&](ptrdiff_t c, auto lanes) {
    Vector inner[27];
    if (kernel == 3) {
      for (int tap = 0; tap < 27; tap++) inner[tap] = load(weight + tap * at.column + c, lanes);
    }
    for (int64_t plane = begin; plane < end; plane++) {
      const Taps tz(plane % grid.depth, grid.depth, kernel);
      for (int64_t row = 0; row < grid.height; row++) {
        const Taps ty(row, grid.height, kernel);
        const ptrdiff_t start = plane * at.plane + row * at.row + c;
        const auto voxel = [&](int64_t i) {
          const ptrdiff_t to = start + i * at.column;
          Vector value = convolveVoxel(x + to, weight + c, at, tz, ty, Taps(i, grid.width, kernel),
                                       lanes);
          if (addend) value += load(addend + to, lanes);
          store(y + to, value, lanes);
        };
        if (kernel == 3 && tz.all(3) && ty.all(3) && grid.width > 2) {
          voxel(0);
          convolveInnerRow(x + start, addend ? addend + start : nullptr, y + start, inner, at, 1,
                           grid.width - 1, lanes);
          voxel(grid.width - 1);
        } else {
          for (int64_t i = 0; i < grid.width; i++) voxel(i);
        }
      }
    }
  });
}

// The kernel with which the convolution of the result's slope gives the slope of x.
inline void mirrorKernel(const float* weight, int64_t kernel, int64_t channels, float* mirrored) {
  const int64_t taps = kernel * kernel * kernel;
  for (int64_t tap = 0; tap < taps; tap++) {
    std::copy_n(weight + (taps - 1 - tap) * channels, channels, mirrored + tap * channels);
  }
}

// Adds to `gradient` what planes [begin, end) contribute to the slope of the kernel.
inline void addFilterGradient(const Grid& grid, int64_t kernel, const float* x, const float* slope,
                              float* gradient, int64_t begin, int64_t end) {
  const Neighbours at(grid, kernel);
  forVectors(grid.channels, [&](ptrdiff_t c, auto lanes) {
    Vector inner[27] = {};
    for (int64_t plane = begin; plane < end; plane++) {
      const Taps tz(plane % grid.depth, grid.depth, kernel);
      for (int64_t row = 0; row < grid.height; row++) {
        const Taps ty(row, grid.height, kernel);
        const ptrdiff_t start = plane * at.plane + row * at.row + c;
        const auto voxel = [&](int64_t i) {
          const Taps tx(i, grid.width, kernel);
          const ptrdiff_t to = start + i * at.column;
          const Vector value = load(slope + to, lanes);
          for (int64_t z = tz.begin; z < tz.end; z++) {
            for (int64_t y = ty.begin; y < ty.end; y++) {
              for (int64_t t = tx.begin; t < tx.end; t++) {
                float* sum = gradient + ((z * kernel + y) * kernel + t) * at.column + c;
                store(sum, load(sum, lanes) + value * load(x + to + at.offset(z, y, t), lanes),
                      lanes);
              }
            }
          }
        };
        if (kernel == 3 && tz.all(3) && ty.all(3) && grid.width > 2) {
          voxel(0);
          for (int64_t i = 1; i + 1 < grid.width; i++) {
            const float* from = x + start + i * at.column;
            const Vector value = load(slope + start + i * at.column, lanes);
#pragma GCC unroll 3
            for (int z = 0; z < 3; z++) {
#pragma GCC unroll 3
              for (int y = 0; y < 3; y++) {
#pragma GCC unroll 3
                for (int t = 0; t < 3; t++) {
                  inner[(z * 3 + y) * 3 + t] += value * load(from + at.offset(z, y, t), lanes);
                }
              }
            }
          }
          voxel(grid.width - 1);
        } else {
          for (int64_t i = 0; i < grid.width; i++) voxel(i);
        }
      }
    }
    if (kernel != 3) return;
    for (int tap = 0; tap < 27; tap++) {
      float* sum = gradient + tap * at.column + c;
      store(sum, load(sum, lanes) + inner[tap], lanes);
    }
  });
}

// to[i] = sum over parts of parts[part * size + i], in the order of the parts.
inline void sumParts(const float* parts, int64_t count, int64_t size, float* to) {
  std::copy_n(parts, size, to);
  for (int64_t part = 1; part < count; part++) {
    const float* from = parts + part * size;
    for (int64_t i = 0; i < size; i++) to[i] += from[i];
  }
}

}  // namespace roiseg
