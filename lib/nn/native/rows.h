// Steps on rows of channels: [rows, c], row-major.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "functions.h"
#include "product.h"
#include "vector.h"
#include "workers.h"

namespace roiseg {

// Rows that a task takes through a chain of products at a time, so that they stay in the cache.
constexpr int64_t kBlockRows = 64;

// Calls each(first row, rows) for the blocks of [begin, end).
template <typename Each>
inline void forBlocks(int64_t begin, int64_t end, const Each& each) {
  for (int64_t row = begin; row < end; row += kBlockRows) {
    each(row, std::min(kBlockRows, end - row));
  }
}

// Sum of each(row) over rows [0, rows): blocks first, since a float sum of thousands of values in a
// row loses three digits. kSums sums at a time.
template <int kSums, typename Each>
inline std::array<Vector, kSums> sumRows(int64_t rows, const Each& each) {
  std::array<Vector, kSums> sums{};
  for (int64_t row = 0; row < rows;) {
    std::array<Vector, kSums> block{};
    for (const int64_t end = std::min(rows, row + kBlockRows); row < end; row++) each(row, block);
    for (int i = 0; i < kSums; i++) sums[i] += block[i];
  }
  return sums;
}

// to [columns, rows] = from [rows, columns] transposed, in squares of whole vectors.
inline void transpose(const float* from, int64_t rows, int64_t columns, float* to) {
  for (int64_t top = 0; top < rows; top += kLanes) {
    const int64_t height = std::min<int64_t>(kLanes, rows - top);
    forVectors(columns, [&](ptrdiff_t left, auto across) {
      const float* source = from + top * columns + left;
      float* target = to + left * rows + top;
      const int64_t width = std::min<int64_t>(kLanes, columns - left);
      if (height == kLanes && width == kLanes) {
        Vector square[kLanes];
#pragma GCC unroll 16
        for (int i = 0; i < kLanes; i++) square[i] = load(source + i * columns);
        transposeSquare(square);
#pragma GCC unroll 16
        for (int i = 0; i < kLanes; i++) store(target + i * rows, square[i]);
        return;
      }
      Vector square[kLanes] = {};
      for (int64_t i = 0; i < height; i++) square[i] = load(source + i * columns, across);
      transposeSquare(square);
      const Part down(static_cast<int>(height));
      for (int64_t j = 0; j < width; j++) store(target + j * rows, square[j], down);
    });
  }
}

// Mean and sum of squared distances from it, by channel, of some rows.
struct Moments {
  explicit Moments(int64_t channels) : mean(channels), squares(channels) {}

  // Two passes: rows must be few enough to stay in the cache.
  void measure(const float* x, int64_t rows, int64_t channels) {
    count = rows;
    forVectors(channels, [&](ptrdiff_t c, auto lanes) {
      const auto [sum] = sumRows<1>(rows, [&](int64_t row, auto& sums) {
        sums[0] += load(x + row * channels + c, lanes);
      });
      const Vector centre = sum / static_cast<float>(rows);
      const auto [square] = sumRows<1>(rows, [&](int64_t row, auto& sums) {
        const Vector apart = load(x + row * channels + c, lanes) - centre;
        sums[0] += apart * apart;
      });
      for (int64_t i = c; i < std::min<int64_t>(c + kLanes, channels); i++) {
        mean[i] = centre[i - c];
        squares[i] = square[i - c];
      }
    });
  }

  // Takes in other rows (Chan, Golub and LeVeque 1979).
  void add(const Moments& other) {
    const double all = count + other.count;
    for (size_t c = 0; c < mean.size(); c++) {
      const double apart = other.mean[c] - mean[c];
      mean[c] += apart * (other.count / all);
      squares[c] += other.squares[c] + apart * apart * (count * other.count / all);
    }
    count = all;
  }

  double count = 0;
  std::vector<double> mean, squares;
};

// A norm of channels: (x - mean) * inverse * scale + shift.
struct ChannelNorm {
  const float* mean;
  const float* inverse;
  const float* scale;
  const float* shift;

  template <typename Lanes>
  Vector standard(Vector x, ptrdiff_t c, Lanes lanes) const {
    return (x - load(mean + c, lanes)) * load(inverse + c, lanes);
  }

  void apply(const float* x, int64_t rows, int64_t channels, float* y) const {
    apply(x, rows, channels, y, [](Vector value, ptrdiff_t, auto) { return value; });
  }

  // As above, then what `last(value, place, lanes)` makes of it.
  template <typename Last>
  void apply(const float* x, int64_t rows, int64_t channels, float* y, const Last& last) const {
    forVectors(channels, [&](ptrdiff_t c, auto lanes) {
      const Vector factor = load(inverse + c, lanes) * load(scale + c, lanes);
      const Vector centre = load(mean + c, lanes);
      const Vector offset = load(shift + c, lanes);
      for (int64_t row = 0; row < rows; row++) {
        const ptrdiff_t at = row * channels + c;
        const Vector value = (load(x + at, lanes) - centre) * factor + offset;
        store(y + at, last(value, at, lanes), lanes);
      }
    });
  }

  // Adds the sums over rows of slope and slope * standard(x): the slopes of shift and scale.
  void addGradients(const float* x, const float* slope, int64_t rows, int64_t channels,
                    float* scaleSlope, float* shiftSlope) const {
    forVectors(channels, [&](ptrdiff_t c, auto lanes) {
      const auto [along, sum] = sumRows<2>(rows, [&](int64_t row, auto& sums) {
        const ptrdiff_t at = row * channels + c;
        const Vector value = load(slope + at, lanes);
        sums[0] += value * standard(load(x + at, lanes), c, lanes);
        sums[1] += value;
      });
      store(scaleSlope + c, load(scaleSlope + c, lanes) + along, lanes);
      store(shiftSlope + c, load(shiftSlope + c, lanes) + sum, lanes);
    });
  }

  // The slope of x for `slope` of the result, stored or added. Where the statistics were the
  // batch's own, `share` is 1 / rows and the slopes of scale and shift are those of all rows; else 0.
  template <Result kResult>
  void slopeOfInput(const float* x, const float* slope, int64_t rows, int64_t channels,
                    const float* scaleSlope, const float* shiftSlope, float share,
                    float* to) const {
    forVectors(channels, [&](ptrdiff_t c, auto lanes) {
      const Vector factor = load(inverse + c, lanes) * load(scale + c, lanes);
      const Vector along = load(scaleSlope + c, lanes) * share;
      const Vector level = load(shiftSlope + c, lanes) * share;
      for (int64_t row = 0; row < rows; row++) {
        const ptrdiff_t at = row * channels + c;
        const Vector own = load(slope + at, lanes) - level -
                           standard(load(x + at, lanes), c, lanes) * along;
        store(to + at, kResult == Result::kAdd ? load(to + at, lanes) + factor * own : factor * own,
              lanes);
      }
    });
  }
};

// y = x + gelu(x expand) compress; y may be x. `hidden` holds kBlockRows * 4 c floats.
inline void addMlp(const float* x, int64_t rows, int64_t channels, const float* expand,
                   const float* compress, float* hidden, float* y) {
  const int64_t wide = 4 * channels;
  product<Result::kReplace>(rows, channels, wide, {x, channels, 1}, expand, wide, hidden, wide);
  forVectors(rows * wide, [&](ptrdiff_t i, auto lanes) {
    store(hidden + i, gelu(load(hidden + i, lanes)), lanes);
  });
  if (y != x) std::copy_n(x, rows * channels, y);
  product<Result::kAdd>(rows, wide, channels, {hidden, wide, 1}, compress, channels, y, channels);
}

// Weights of a perceptron, their transposes, where the sums of their slopes are, and what becomes of
// what lies there.
struct MlpSlopes {
  const float* expand;
  const float* expandTransposed;
  const float* compressTransposed;
  float* expandSlope;
  float* compressSlope;
  Result slopesBecome;
};

// The reverse of addMlp: `slope`, that of y, becomes that of x. `hidden` holds 3 kBlockRows * 4 c.
inline void addMlpBack(const float* x, int64_t rows, int64_t channels, const MlpSlopes& mlp,
                       float* hidden, float* slope) {
  const int64_t wide = 4 * channels;
  float* activated = hidden;
  float* derivative = hidden + kBlockRows * wide;
  float* back = hidden + 2 * kBlockRows * wide;
  product<Result::kReplace>(rows, channels, wide, {x, channels, 1}, mlp.expand, wide, activated,
                            wide);
  forVectors(rows * wide, [&](ptrdiff_t i, auto lanes) {
    const Vector value = load(activated + i, lanes);
    const Normal at = normal(value);
    store(activated + i, value * at.below, lanes);
    store(derivative + i, geluSlope(value, at), lanes);
  });
  product(mlp.slopesBecome, wide, rows, channels, {activated, 1, wide}, slope, channels,
          mlp.compressSlope, channels);
  product<Result::kReplace>(rows, channels, wide, {slope, channels, 1}, mlp.compressTransposed,
                            wide, back, wide);
  forVectors(rows * wide, [&](ptrdiff_t i, auto lanes) {
    store(back + i, load(back + i, lanes) * load(derivative + i, lanes), lanes);
  });
  product(mlp.slopesBecome, channels, rows, wide, {x, 1, channels}, back, wide, mlp.expandSlope,
          wide);
  product<Result::kAdd>(rows, wide, channels, {back, wide, 1}, mlp.expandTransposed, channels,
                        slope, channels);
}

}  // namespace roiseg
