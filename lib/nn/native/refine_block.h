// The refine structure of lib/nn/refine_block.ts, forward and back, in steps of x <- x + f(x):
//   x1 = x + position1(x)            depth-wise 3^3
//   x2 = x1 + local(x1)              norm, linear, depth-wise 3^3, norm, linear
//   x3 = x2 + mlp1(x2)
//   x4 = x3 + position2(x3)          depth-wise 3^3
//   x5 = x4 + spread(attention(x4))
//   y  = x5 + mlp2(x5)
// Each step is one or two passes over the voxels, whose tasks are planes, rows or samples.
#pragma once

#include <array>
#include <cmath>
#include <vector>

#include "depthwise_conv3d.h"
#include "memory.h"
#include "rows.h"
#include "sparse_attention.h"
#include "workers.h"

namespace roiseg {

// The trained tensors of a block, in the order of their creation.
enum Weight {
  kPosition1,
  kNorm1Scale,
  kNorm1Shift,
  kPointwise1,
  kDepthwise,
  kNorm2Scale,
  kNorm2Shift,
  kPointwise2,
  kExpand1,
  kCompress1,
  kPosition2,
  kQueryKeyValue,
  kTransposed,
  kTransposedBias,
  kSpreadScale,
  kSpreadShift,
  kSpreadPointwise,
  kExpand2,
  kCompress2,
  kWeightCount
};

using Weights = std::array<const float*, kWeightCount>;
using Slopes = std::array<float*, kWeightCount>;

struct RefineOptions {
  int64_t heads;
  int64_t stride;
  // Whether the norms of the local step use the batch's statistics, or those given.
  bool training;
};

// Running statistics of the two norms: `mean1, variance1, mean2, variance2`, each [c].
using RunningStatistics = std::array<const float*, 4>;
using MovedStatistics = std::array<float*, 4>;

class RefineBlock {
 public:
  RefineBlock(const Grid& grid, const RefineOptions& options, const Weights& weights,
              Workers& workers)
      : grid_(grid),
        options_(options),
        weights_(weights),
        workers_(workers),
        channels_(grid.channels),
        spreading_(grid, options.stride),
        planes_(planePieces(grid)),
        worthThreads_(grid.size() * grid.channels > 20000) {}

  // y = block(x), without anything for the way back.
  void infer(const float* x, const RunningStatistics& running, float* y) const {
    if (grid_.samples > 1 && grid_.samples >= workers_.threads() && grid_.voxels() >= 64) {
      inferSamples(x, running, y);
      return;
    }
    const Floats memory(3 * grid_.size() + 4 * channels_);
    float* a = memory.data();
    float* b = a + grid_.size();
    float* mixing = b + grid_.size();
    float* statistics = mixing + grid_.size();
    const State at{a, a, a, b, b, mixing, statistics};
    forward(x, running, nullptr, b, at, y);
  }

  // As `infer`, filling `kept`, and in training the moved running statistics.
  void apply(const float* x, const RunningStatistics& running, const MovedStatistics* moved,
             float* features, float* statistics, float* y) const {
    const Floats memory(grid_.size());
    forward(x, running, moved, memory.data(), State(features, grid_.size(), statistics), y);
  }

  // From the slope of y those of x and of the weights.
  void back(const float* x, const float* features, const float* statistics, const float* slope, float* xSlope,
            const Slopes& slopes) const;

 private:
  static constexpr double kEpsilon = 1e-5;
  static constexpr double kMomentum = 0.1;

  // A thread for each sample, whose features then stay in its cache.
  void inferSamples(const float* x, const RunningStatistics& running, float* y) const {
    Grid one = grid_;
    one.samples = 1;
    run(grid_.samples, [&](int64_t i) {
      Workers alone(1, nullptr);
      RefineBlock(one, options_, weights_, alone).infer(x + i * one.size(), running,
                                                        y + i * one.size());
    });
  }

  // Where the features are.
  struct State {
    State(float* x1, float* x2, float* x3, float* x4, float* x5, float* mixed, float* statistics)
        : x1(x1), x2(x2), x3(x3), x4(x4), x5(x5), mixed(mixed), statistics(statistics) {}
    State(float* features, int64_t size, float* statistics)
        : State(features, features + size, features + 2 * size, features + 3 * size,
                features + 4 * size, features + 5 * size, statistics) {}
    float *x1, *x2, *x3, *x4, *x5;
    float* mixed;       // the local step after its depth-wise convolution
    float* statistics;  // mean and inverse deviation of norm 1, then of norm 2
  };

  ChannelNorm norm1(const State& at) const {
    return {at.statistics, at.statistics + channels_, weights_[kNorm1Scale], weights_[kNorm1Shift]};
  }
  ChannelNorm norm2(const State& at) const {
    return {at.statistics + 2 * channels_, at.statistics + 3 * channels_, weights_[kNorm2Scale],
            weights_[kNorm2Shift]};
  }
  SpreadNorm spread() const {
    return {&spreading_,
            channels_,
            weights_[kTransposed],
            weights_[kTransposedBias],
            weights_[kSpreadScale],
            weights_[kSpreadShift]};
  }
  int64_t attentionSize() const {
    return AttentionState::size(spreading_.tokens, channels_, options_.heads);
  }
  AttentionState attention(const Floats& memory, int64_t sample) const {
    return {spreading_.tokens, channels_, memory.data() + sample * attentionSize()};
  }
  // Rows in pieces of a size that is worth its while, but at least two: few rows are of many channels.
  Pieces rowPieces(int64_t usual, int64_t most) const {
    return Pieces(grid_.rows(), std::min(usual, (grid_.rows() + 1) / 2), most);
  }
  // For a forward pass.
  Pieces rowPieces() const { return rowPieces(32, 64); }

  template <typename Task>
  void run(int64_t tasks, const Task& task) const {
    workers_.run(tasks, worthThreads_, task);
  }

  // to = from + depth-wise convolution of from; in training with moments of each piece of `to`.
  void convolve(const float* from, const float* weight, const float* addend, float* to,
                std::vector<Moments>* moments) const {
    run(planes_.count(), [&](int64_t i) {
      convolvePlanes(grid_, 3, from, weight, addend, to, planes_.begin(i), planes_.end(i));
      if (!moments) return;
      const int64_t plane = grid_.height * grid_.width;
      const int64_t begin = planes_.begin(i) * plane, end = planes_.end(i) * plane;
      (*moments)[i].measure(to + begin * channels_, end - begin, channels_);
    });
  }

  // The statistics of a norm: the batch's from its pieces, moving the running ones, or the latter.
  void settleStatistics(const std::vector<Moments>* moments, const float* runningMean,
                        const float* runningVariance, float* movedMean, float* movedVariance,
                        float* mean, float* inverse) const {
    if (!moments) {
      for (int64_t c = 0; c < channels_; c++) {
        mean[c] = runningMean[c];
        inverse[c] = 1 / std::sqrt(runningVariance[c] + kEpsilon);
      }
      return;
    }
    Moments all = (*moments)[0];
    for (size_t i = 1; i < moments->size(); i++) all.add((*moments)[i]);
    for (int64_t c = 0; c < channels_; c++) {
      mean[c] = all.mean[c];
      inverse[c] = 1 / std::sqrt(all.squares[c] / all.count + kEpsilon);
      const double unbiased = all.squares[c] / std::max(1.0, all.count - 1);
      movedMean[c] = runningMean[c] + kMomentum * (all.mean[c] - runningMean[c]);
      movedVariance[c] = runningVariance[c] + kMomentum * (unbiased - runningVariance[c]);
    }
  }

  void forward(const float* x, const RunningStatistics& running, const MovedStatistics* moved,
               float* scratch, const State& at, float* y) const {
    const int64_t c = channels_;
    std::vector<Moments> pieces(moved ? planes_.count() : 0, Moments(c));
    std::vector<Moments>* moments = moved ? &pieces : nullptr;
    const auto settle = [&](int norm) {
      float* mean = at.statistics + 2 * norm * c;
      settleStatistics(moments, running[2 * norm], running[2 * norm + 1],
                       moved ? (*moved)[2 * norm] : nullptr,
                       moved ? (*moved)[2 * norm + 1] : nullptr, mean, mean + c);
    };

    convolve(x, weights_[kPosition1], x, at.x1, moments);
    settle(0);
    mixChannels(at, scratch);
    convolve(scratch, weights_[kDepthwise], nullptr, at.mixed, moments);
    settle(1);
    finishLocalAndMlp(at);
    convolve(at.x3, weights_[kPosition2], at.x3, at.x4, nullptr);

    const Floats attended(grid_.samples * attentionSize());
    std::vector<SpreadNorm::Statistics> spreadStatistics(grid_.samples);
    run(grid_.samples, [&](int64_t i) { attendSample(at.x4, i, attended, &spreadStatistics[i]); });
    spreadAndMlp(at, attended, spreadStatistics, y);
  }

  // to = norm1(x1) pointwise1
  void mixChannels(const State& at, float* to) const {
    const Pieces rows = rowPieces();
    run(rows.count(), [&](int64_t i) {
      float* normed = threadScratch(kBlockRows * channels_);
      forBlocks(rows.begin(i), rows.end(i), [&](int64_t row, int64_t count) {
        norm1(at).apply(at.x1 + row * channels_, count, channels_, normed);
        product<Result::kReplace>(count, channels_, channels_, {normed, channels_, 1},
                                  weights_[kPointwise1], channels_, to + row * channels_,
                                  channels_);
      });
    });
  }

  // x2 = x1 + norm2(mixed) pointwise2, x3 = x2 + mlp1(x2)
  void finishLocalAndMlp(const State& at) const {
    const Pieces rows = rowPieces();
    const int64_t c = channels_;
    run(rows.count(), [&](int64_t i) {
      float* normed = threadScratch(kBlockRows * 5 * c);
      forBlocks(rows.begin(i), rows.end(i), [&](int64_t row, int64_t count) {
        const int64_t from = row * c;
        norm2(at).apply(at.mixed + from, count, c, normed);
        if (at.x2 != at.x1) std::copy_n(at.x1 + from, count * c, at.x2 + from);
        product<Result::kAdd>(count, c, c, {normed, c, 1}, weights_[kPointwise2], c, at.x2 + from,
                              c);
        addMlp(at.x2 + from, count, c, weights_[kExpand1], weights_[kCompress1],
               normed + kBlockRows * c, at.x3 + from);
      });
    });
  }

  void attendSample(const float* x4, int64_t sample, const Floats& attended,
                    SpreadNorm::Statistics* statistics) const {
    const AttentionState state = attention(attended, sample);
    attend(x4 + sample * grid_.voxels() * channels_, spreading_, channels_, options_.heads,
           weights_[kQueryKeyValue], state);
    *statistics = spread().measure(state.mixed);
  }

  // x5 = x4 + spread pointwise, y = x5 + mlp2(x5)
  void spreadAndMlp(const State& at, const Floats& attended,
                    const std::vector<SpreadNorm::Statistics>& statistics, float* y) const {
    const Pieces rows = rowPieces();
    const int64_t c = channels_;
    run(rows.count(), [&](int64_t i) {
      float* normed = threadScratch(kBlockRows * 5 * c);
      forBlocks(rows.begin(i), rows.end(i), [&](int64_t row, int64_t count) {
        const int64_t from = row * c;
        spreadRows(attended, statistics, row, count, normed);
        if (at.x5 != at.x4) std::copy_n(at.x4 + from, count * c, at.x5 + from);
        product<Result::kAdd>(count, c, c, {normed, c, 1}, weights_[kSpreadPointwise], c,
                              at.x5 + from, c);
        addMlp(at.x5 + from, count, c, weights_[kExpand2], weights_[kCompress2],
               normed + kBlockRows * c, y + from);
      });
    });
  }

  // The normalised spread rows of a block, which may reach over several samples.
  void spreadRows(const Floats& attended, const std::vector<SpreadNorm::Statistics>& statistics,
                  int64_t row, int64_t count, float* to) const {
    for (int64_t done = 0; done < count;) {
      const int64_t sample = (row + done) / grid_.voxels();
      const int64_t voxel = (row + done) % grid_.voxels();
      const int64_t some = std::min(count - done, grid_.voxels() - voxel);
      spread().apply(attention(attended, sample).mixed, statistics[sample], voxel, some,
                     to + done * channels_);
      done += some;
    }
  }

  const Grid grid_;
  const RefineOptions options_;
  const Weights& weights_;
  Workers& workers_;
  const int64_t channels_;
  const Spreading spreading_;
  const Pieces planes_;
  const bool worthThreads_;
};

}  // namespace roiseg
