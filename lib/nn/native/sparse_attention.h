// Attention among every r-th voxel of one sample, and the spreading of its result over the voxels.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "depthwise_conv3d.h"
#include "memory.h"
#include "product.h"
#include "rows.h"

namespace roiseg {

// Where the voxels of a sample lie among its tokens: every voxel belongs to the token whose cube of
// r^3 voxels holds it, at one of the r^3 taps.
struct Spreading {
  Spreading(const Grid& grid, int64_t stride) : taps(stride * stride * stride) {
    const int64_t across = grid.width / stride;
    const int64_t down = grid.height / stride;
    tokens = grid.depth / stride * down * across;
    first.resize(tokens);
    token.reserve(grid.voxels());
    tap.reserve(grid.voxels());
    for (int64_t z = 0; z < grid.depth; z++) {
      for (int64_t y = 0; y < grid.height; y++) {
        for (int64_t x = 0; x < grid.width; x++) {
          token.push_back(((z / stride) * down + y / stride) * across + x / stride);
          tap.push_back((z % stride * stride + y % stride) * stride + x % stride);
          if (tap.back() == 0) first[token.back()] = token.size() - 1;
        }
      }
    }
  }
  int64_t taps, tokens;
  // By voxel.
  std::vector<int32_t> token, tap;
  // By token: the voxel that takes part in the attention.
  std::vector<int32_t> first;
};

// What the attention computes for a sample, for the way back: views into one block of memory.
struct AttentionState {
  AttentionState(int64_t tokens, int64_t channels, float* memory)
      : kept(memory),
        parts(kept + tokens * channels),
        mixed(parts + 3 * tokens * channels),
        weights(mixed + tokens * channels) {}
  static int64_t size(int64_t tokens, int64_t channels, int64_t heads) {
    return 5 * tokens * channels + heads * tokens * tokens;
  }
  float* kept;     // [token, c]
  float* parts;    // [token, head, (query, key, value), c / heads]
  float* mixed;    // [token, c]
  float* weights;  // [head, query, key]
};

inline void softmaxRow(float* row, int64_t count) {
  float most = row[0];
  for (int64_t i = 1; i < count; i++) most = std::max(most, row[i]);
  Vector sums{};
  forVectors(count, [&](ptrdiff_t i, auto lanes) {
    const Vector value = expOfNegative(load(row + i, lanes) - most);
    store(row + i, value, lanes);
    sums += load(row + i, lanes);  // without the lanes beyond the end
  });
  const float share = 1 / sumLanes(sums);
  for (int64_t i = 0; i < count; i++) row[i] *= share;
}

// Softmax(q k) v within each head of one sample; x is the sample's [voxel, c].
inline void attend(const float* x, const Spreading& spreading, int64_t channels, int64_t heads,
                   const float* queryKeyValue, const AttentionState& state) {
  const int64_t tokens = spreading.tokens, width = channels / heads, step = 3 * channels;
  for (int64_t t = 0; t < tokens; t++) {
    std::copy_n(x + spreading.first[t] * channels, channels, state.kept + t * channels);
  }
  product<Result::kReplace>(tokens, channels, step, {state.kept, channels, 1}, queryKeyValue, step,
                            state.parts, step);
  const Floats scratch(width * tokens);
  float* keys = scratch.data();
  for (int64_t head = 0; head < heads; head++) {
    const float* query = state.parts + head * 3 * width;
    const float* key = query + width;
    const float* value = key + width;
    float* weights = state.weights + head * tokens * tokens;
    for (int64_t t = 0; t < tokens; t++) {
      for (int64_t i = 0; i < width; i++) keys[i * tokens + t] = key[t * step + i];
    }
    product<Result::kReplace>(tokens, width, tokens, {query, step, 1}, keys, tokens, weights,
                              tokens);
    for (int64_t t = 0; t < tokens; t++) softmaxRow(weights + t * tokens, tokens);
    product<Result::kReplace>(tokens, tokens, width, {weights, tokens, 1}, value, step,
                              state.mixed + head * width, channels);
  }
}

// The slope of a softmax's logits from that of its result. The slopes are taken relative to that
// of the largest share, so that a saturated row gives exactly 0.
inline void softmaxRowBack(const float* shares, float* slope, int64_t count) {
  const float origin = slope[std::max_element(shares, shares + count) - shares];
  float along = 0;
  for (int64_t i = 0; i < count; i++) along += shares[i] * (slope[i] - origin);
  for (int64_t i = 0; i < count; i++) slope[i] = shares[i] * ((slope[i] - origin) - along);
}

// The reverse of `attend`: from the slope of `mixed` that of `parts`.
inline void attendBack(const AttentionState& state, int64_t tokens, int64_t channels, int64_t heads,
                       const float* mixedSlope, float* partsSlope) {
  const int64_t width = channels / heads, step = 3 * channels;
  const Floats scratch(width * tokens + tokens * tokens);
  float* values = scratch.data();
  float* slopes = values + width * tokens;
  for (int64_t head = 0; head < heads; head++) {
    const float* query = state.parts + head * 3 * width;
    const float* key = query + width;
    const float* value = key + width;
    const float* weights = state.weights + head * tokens * tokens;
    const float* slope = mixedSlope + head * width;
    float* querySlope = partsSlope + head * 3 * width;
    for (int64_t t = 0; t < tokens; t++) {
      for (int64_t i = 0; i < width; i++) values[i * tokens + t] = value[t * step + i];
    }
    product<Result::kReplace>(tokens, tokens, width, {weights, 1, tokens}, slope, channels,
                              querySlope + 2 * width, step);
    product<Result::kReplace>(tokens, width, tokens, {slope, channels, 1}, values, tokens, slopes,
                              tokens);
    for (int64_t t = 0; t < tokens; t++) {
      softmaxRowBack(weights + t * tokens, slopes + t * tokens, tokens);
    }
    product<Result::kReplace>(tokens, tokens, width, {slopes, tokens, 1}, key, step, querySlope,
                              step);
    product<Result::kReplace>(tokens, tokens, width, {slopes, 1, tokens}, query, step,
                              querySlope + width, step);
  }
}

// The depth-wise transposed convolution of what was attended (every token's channels times each of
// the r^3 taps, plus a bias) and its GroupNorm in one group, for one sample.
struct SpreadNorm {
  const Spreading* spreading;
  int64_t channels;
  const float* weight;  // [tap, c]
  const float* bias;
  const float* scale;
  const float* shift;

  static constexpr double kEpsilon = 1e-5;

  struct Statistics {
    float mean, inverse;
  };

  // Mean and deviation of all token x tap x channel values, from sums over tokens and over taps.
  Statistics measure(const float* mixed) const {
    double sum = 0, squares = 0;
    const double voxels = spreading->tokens * spreading->taps;
    for (int64_t c = 0; c < channels; c++) {
      double tokenSum = 0, tokenSquares = 0, tapSum = 0, tapSquares = 0;
      for (int64_t t = 0; t < spreading->tokens; t++) {
        const double value = mixed[t * channels + c];
        tokenSum += value;
        tokenSquares += value * value;
      }
      for (int64_t tap = 0; tap < spreading->taps; tap++) {
        const double value = weight[tap * channels + c];
        tapSum += value;
        tapSquares += value * value;
      }
      const double products = tokenSum * tapSum;
      sum += products + voxels * bias[c];
      squares += tokenSquares * tapSquares + 2 * bias[c] * products + voxels * bias[c] * bias[c];
    }
    const double count = voxels * channels;
    const double mean = sum / count;
    const double variance = std::max(0.0, squares / count - mean * mean);
    return {static_cast<float>(mean), static_cast<float>(1 / std::sqrt(variance + kEpsilon))};
  }

  template <typename Lanes>
  Vector standard(const float* mixed, Statistics at, int64_t voxel, ptrdiff_t c,
                  Lanes lanes) const {
    const Vector spread =
        load(mixed + spreading->token[voxel] * channels + c, lanes) *
            load(weight + spreading->tap[voxel] * channels + c, lanes) +
        load(bias + c, lanes);
    return (spread - at.mean) * at.inverse;
  }

  // The normalised rows of a sample's voxels [begin, begin + rows).
  void apply(const float* mixed, Statistics at, int64_t begin, int64_t rows, float* to) const {
    forVectors(channels, [&](ptrdiff_t c, auto lanes) {
      const Vector factor = load(scale + c, lanes);
      const Vector offset = load(shift + c, lanes);
      for (int64_t row = 0; row < rows; row++) {
        store(to + row * channels + c,
              standard(mixed, at, begin + row, c, lanes) * factor + offset, lanes);
      }
    });
  }

  // The reverse, for a whole sample: the slope of `mixed`, and this sample's slopes of weight,
  // bias, scale and shift.
  void back(const float* mixed, Statistics at, const float* slope, float* mixedSlope,
            float* weightSlope, float* biasSlope, float* scaleSlope, float* shiftSlope) const {
    const int64_t voxels = spreading->tokens * spreading->taps;
    double level = 0, along = 0;
    forVectors(channels, [&](ptrdiff_t c, auto lanes) {
      const auto [product, sum] = sumRows<2>(voxels, [&](int64_t voxel, auto& sums) {
        const Vector value = load(slope + voxel * channels + c, lanes);
        sums[0] += value * standard(mixed, at, voxel, c, lanes);
        sums[1] += value;
      });
      store(scaleSlope + c, product, lanes);
      store(shiftSlope + c, sum, lanes);
    });
    for (int64_t c = 0; c < channels; c++) {
      level += scale[c] * shiftSlope[c];
      along += scale[c] * scaleSlope[c];
    }
    const float levelShare = level / (voxels * channels);
    const float alongShare = along / (voxels * channels);
    std::fill_n(mixedSlope, spreading->tokens * channels, 0.0f);
    std::fill_n(weightSlope, spreading->taps * channels, 0.0f);
    forVectors(channels, [&](ptrdiff_t c, auto lanes) {
      const Vector factor = load(scale + c, lanes);
      Vector sum{};
      for (int64_t voxel = 0; voxel < voxels; voxel++) {
        const Vector own = at.inverse * (load(slope + voxel * channels + c, lanes) * factor -
                                         levelShare -
                                         standard(mixed, at, voxel, c, lanes) * alongShare);
        const ptrdiff_t token = spreading->token[voxel] * channels + c;
        const ptrdiff_t tap = spreading->tap[voxel] * channels + c;
        sum += own;
        store(mixedSlope + token,
              load(mixedSlope + token, lanes) + own * load(weight + tap, lanes), lanes);
        store(weightSlope + tap, load(weightSlope + tap, lanes) + own * load(mixed + token, lanes),
              lanes);
      }
      store(biasSlope + c, sum, lanes);
    });
  }
};

}  // namespace roiseg
