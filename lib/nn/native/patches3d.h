// Dense 3D convolutions whose kernel equals their stride, down (a cube of k^3 voxels becomes one)
// and up (one becomes a cube): products of matrices, since the cubes neither overlap nor leave gaps.
#pragma once

#include <algorithm>

#include "depthwise_conv3d.h"
#include "memory.h"
#include "rows.h"
#include "workers.h"

namespace roiseg {

// A fine grid cut into cubes of k^3 voxels: row i of the coarse grid is a cube of the fine one.
struct Cubes {
  Cubes(const Grid& coarse, int64_t kernel, int64_t fineChannels)
      : rows(coarse.rows()),
        kernel(kernel),
        run(kernel * fineChannels),
        width(kernel * kernel * run),
        coarse_(coarse),
        fineRow_(coarse.width * run) {}

  // Calls each(offset in the fine volume, offset in the cube) for the k^2 stretches of `run` values
  // that make up a cube.
  template <typename Each>
  void forStretches(int64_t row, const Each& each) const {
    const int64_t x = row % coarse_.width, y = row / coarse_.width % coarse_.height;
    const int64_t plane = row / coarse_.width / coarse_.height;
    for (int64_t z = 0; z < kernel; z++) {
      for (int64_t i = 0; i < kernel; i++) {
        const int64_t fineRow = (plane * kernel + z) * coarse_.height * kernel + y * kernel + i;
        each(fineRow * fineRow_ + x * run, (z * kernel + i) * run);
      }
    }
  }

  void gather(const float* fine, int64_t row, int64_t count, float* to) const {
    for (int64_t i = 0; i < count; i++, to += width) {
      forStretches(row + i, [&](int64_t at, int64_t in) { std::copy_n(fine + at, run, to + in); });
    }
  }

  void scatter(const float* from, int64_t row, int64_t count, float* fine) const {
    for (int64_t i = 0; i < count; i++, from += width) {
      forStretches(row + i, [&](int64_t at, int64_t in) { std::copy_n(from + in, run, fine + at); });
    }
  }

  int64_t rows;
  int64_t kernel;
  // Values of a cube that lie together, and of a whole cube.
  int64_t run, width;

 private:
  Grid coarse_;
  int64_t fineRow_;
};

inline void addColumns(const float* x, int64_t rows, int64_t columns, float* sums) {
  forVectors(columns, [&](ptrdiff_t c, auto lanes) {
    const auto [sum] = sumRows<1>(rows, [&](int64_t row, auto& block) {
      block[0] += load(x + row * columns + c, lanes);
    });
    store(sums + c, load(sums + c, lanes) + sum, lanes);
  });
}

// Down: y [row, outputs] = bias + cube weight, with weight [k^3 inputs, outputs].
inline void convolveCubes(const Cubes& cubes, const float* fine, const float* weight,
                          const float* bias, int64_t outputs, float* y, Workers& workers) {
  const Pieces pieces(cubes.rows, 16, 64);
  workers.run(pieces.count(), cubes.rows * cubes.width * outputs > 100000, [&](int64_t i) {
    float* patches = threadScratch(kBlockRows * cubes.width);
    forBlocks(pieces.begin(i), pieces.end(i), [&](int64_t row, int64_t count) {
      cubes.gather(fine, row, count, patches);
      float* to = y + row * outputs;
      for (int64_t r = 0; r < count; r++) std::copy_n(bias, outputs, to + r * outputs);
      product<Result::kAdd>(count, cubes.width, outputs, {patches, cubes.width, 1}, weight, outputs,
                            to, outputs);
    });
  });
}

// Up: cube = bias + x weight, with weight [inputs, k^3 outputs].
inline void spreadCubes(const Cubes& cubes, const float* x, const float* weight, const float* bias,
                        int64_t inputs, int64_t outputs, float* fine, Workers& workers) {
  const Pieces pieces(cubes.rows, 16, 64);
  workers.run(pieces.count(), cubes.rows * cubes.width * inputs > 100000, [&](int64_t i) {
    float* patches = threadScratch(kBlockRows * cubes.width);
    forBlocks(pieces.begin(i), pieces.end(i), [&](int64_t row, int64_t count) {
      for (int64_t v = 0; v < count * cubes.width; v += outputs) {
        std::copy_n(bias, outputs, patches + v);
      }
      product<Result::kAdd>(count, inputs, cubes.width, {x + row * inputs, inputs, 1}, weight,
                            cubes.width, patches, cubes.width);
      cubes.scatter(patches, row, count, fine);
    });
  });
}

// Slopes of a matrix and a bias that tasks add up, each for itself, and their sum in order.
class CubeSlopes {
 public:
  CubeSlopes(int64_t pieces, int64_t matrix, int64_t bias)
      : pieces_(pieces), matrix_(matrix), bias_(bias), parts_(pieces * (matrix + bias)) {}

  float* matrix(int64_t piece) const { return parts_.data() + piece * (matrix_ + bias_); }
  float* bias(int64_t piece) const { return matrix(piece) + matrix_; }
  void clear(int64_t piece) const { std::fill_n(matrix(piece), matrix_ + bias_, 0.0f); }

  void sum(float* matrixSlope, float* biasSlope, Workers& workers) const {
    const Pieces stretches(matrix_, 4096, 64);
    workers.run(stretches.count(), pieces_ * matrix_ > 65536, [&](int64_t i) {
      const int64_t begin = stretches.begin(i), count = stretches.end(i) - begin;
      std::fill_n(matrixSlope + begin, count, 0.0f);
      for (int64_t piece = 0; piece < pieces_; piece++) {
        const float* from = matrix(piece) + begin;
        for (int64_t k = 0; k < count; k++) matrixSlope[begin + k] += from[k];
      }
    });
    std::fill_n(biasSlope, bias_, 0.0f);
    for (int64_t piece = 0; piece < pieces_; piece++) {
      for (int64_t k = 0; k < bias_; k++) biasSlope[k] += bias(piece)[k];
    }
  }

 private:
  int64_t pieces_, matrix_, bias_;
  Floats parts_;
};

// The way back of convolveCubes.
inline void convolveCubesBack(const Cubes& cubes, const float* fine, const float* weight,
                              int64_t outputs, const float* slope, float* fineSlope,
                              float* weightSlope, float* biasSlope, Workers& workers) {
  const Pieces pieces(cubes.rows, 128, 32);
  const CubeSlopes slopes(pieces.count(), cubes.width * outputs, outputs);
  const Floats turned(cubes.width * outputs);
  transpose(weight, cubes.width, outputs, turned.data());
  workers.run(pieces.count(), true, [&](int64_t i) {
    slopes.clear(i);
    float* patches = threadScratch(kBlockRows * cubes.width);
    forBlocks(pieces.begin(i), pieces.end(i), [&](int64_t row, int64_t count) {
      const float* from = slope + row * outputs;
      cubes.gather(fine, row, count, patches);
      product<Result::kAdd>(cubes.width, count, outputs, {patches, 1, cubes.width}, from, outputs,
                            slopes.matrix(i), outputs);
      addColumns(from, count, outputs, slopes.bias(i));
      product<Result::kReplace>(count, outputs, cubes.width, {from, outputs, 1}, turned.data(),
                                cubes.width, patches, cubes.width);
      cubes.scatter(patches, row, count, fineSlope);
    });
  });
  slopes.sum(weightSlope, biasSlope, workers);
}

// The way back of spreadCubes.
inline void spreadCubesBack(const Cubes& cubes, const float* x, const float* weight,
                            int64_t inputs, int64_t outputs, const float* slope, float* xSlope,
                            float* weightSlope, float* biasSlope, Workers& workers) {
  const Pieces pieces(cubes.rows, 128, 32);
  const CubeSlopes slopes(pieces.count(), inputs * cubes.width, outputs);
  const Floats turned(inputs * cubes.width);
  transpose(weight, inputs, cubes.width, turned.data());
  workers.run(pieces.count(), true, [&](int64_t i) {
    slopes.clear(i);
    float* patches = threadScratch((kBlockRows + 1) * cubes.width);
    float* sums = patches + kBlockRows * cubes.width;
    std::fill_n(sums, cubes.width, 0.0f);
    forBlocks(pieces.begin(i), pieces.end(i), [&](int64_t row, int64_t count) {
      const float* from = x + row * inputs;
      cubes.gather(slope, row, count, patches);
      product<Result::kAdd>(inputs, count, cubes.width, {from, 1, inputs}, patches, cubes.width,
                            slopes.matrix(i), cubes.width);
      addColumns(patches, count, cubes.width, sums);
      product<Result::kReplace>(count, cubes.width, inputs, {patches, cubes.width, 1},
                                turned.data(), inputs, xSlope + row * inputs, inputs);
    });
    for (int64_t k = 0; k < cubes.width; k++) slopes.bias(i)[k % outputs] += sums[k];
  });
  slopes.sum(weightSlope, biasSlope, workers);
}

}  // namespace roiseg
