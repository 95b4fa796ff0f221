// The way back through a refine block; see refine_block.h for its steps.
#pragma once

#include <initializer_list>
#include <numeric>

#include "refine_block.h"

namespace roiseg {

inline int64_t weightSize(Weight weight, int64_t channels, int64_t stride) {
  switch (weight) {
    case kPosition1:
    case kPosition2:
    case kDepthwise:
      return 27 * channels;
    case kPointwise1:
    case kPointwise2:
    case kSpreadPointwise:
      return channels * channels;
    case kExpand1:
    case kCompress1:
    case kExpand2:
    case kCompress2:
      return 4 * channels * channels;
    case kQueryKeyValue:
      return 3 * channels * channels;
    case kTransposed:
      return stride * stride * stride * channels;
    default:
      return channels;
  }
}

// What each of several tasks adds to the slopes of some weights, and the sum in the tasks' order:
// the first task's share lies where the sum will be.
class PartialSlopes {
 public:
  PartialSlopes(int64_t pieces, std::initializer_list<Weight> weights, int64_t channels,
                int64_t stride, const Slopes& sums)
      : pieces_(pieces), sums_(sums), weights_(weights), size_(0), offsets_{} {
    for (const Weight weight : weights_) {
      sizes_[weight] = weightSize(weight, channels, stride);
      offsets_[weight] = size_;
      size_ += (sizes_[weight] + 15) / 16 * 16;
    }
    memory_ = Floats((pieces - 1) * size_);
  }

  float* at(int64_t piece, Weight weight) const {
    return piece == 0 ? sums_[weight] : memory_.data() + (piece - 1) * size_ + offsets_[weight];
  }

  void clear(int64_t piece, std::initializer_list<Weight> weights) const {
    for (const Weight weight : weights) std::fill_n(at(piece, weight), sizes_[weight], 0.0f);
  }

  // Once for each weight, when all tasks are done.
  void sum(Weight weight) const {
    float* to = sums_[weight];
    for (int64_t piece = 1; piece < pieces_; piece++) {
      const float* from = at(piece, weight);
      for (int64_t i = 0; i < sizes_[weight]; i++) to[i] += from[i];
    }
  }

  const std::vector<Weight>& weights() const { return weights_; }

 private:
  int64_t pieces_;
  const Slopes& sums_;
  std::vector<Weight> weights_;
  int64_t size_;
  std::array<int64_t, kWeightCount> offsets_, sizes_;
  Floats memory_{0};
};

inline void RefineBlock::back(const float* x, const float* features,
                              const float* statistics,
                              const float* slope, float* xSlope, const Slopes& slopes) const {
  const int64_t c = channels_, size = grid_.size(), tokens = spreading_.tokens;
  // The way back reads what was kept, and writes none of it.
  const State at(const_cast<float*>(features), size, const_cast<float*>(statistics));
  const Pieces rows = rowPieces(128, 32);
  const float share = options_.training ? 1.0f / grid_.rows() : 0.0f;

  const PartialSlopes byRows(rows.count(),
                             {kExpand2, kCompress2, kSpreadPointwise, kExpand1, kCompress1,
                              kPointwise2, kPointwise1},
                             c, options_.stride, slopes);
  const PartialSlopes ofNorms(rows.count(), {kNorm2Scale, kNorm2Shift, kNorm1Scale, kNorm1Shift},
                              c, options_.stride, slopes);
  const PartialSlopes byPlanes(planes_.count(), {kPosition2, kDepthwise, kPosition1}, c,
                               options_.stride, slopes);
  const PartialSlopes bySamples(grid_.samples,
                                {kTransposed, kTransposedBias, kSpreadScale, kSpreadShift}, c,
                                options_.stride, slopes);

  const Floats buffers(3 * size);
  float* stream = buffers.data();  // the slope of x5, x4, ... x1 in turn
  float* branch = stream + size;   // slopes within a step
  float* spare = branch + size;

  // Transposed weights.
  struct Turned {
    Weight weight;
    int64_t inputs, outputs;
    float* data;
  };
  const Floats turnedMemory(22 * c * c);
  std::array<Turned, 8> turned{{{kExpand2, c, 4 * c},
                                {kCompress2, 4 * c, c},
                                {kExpand1, c, 4 * c},
                                {kCompress1, 4 * c, c},
                                {kQueryKeyValue, c, 3 * c},
                                {kSpreadPointwise, c, c},
                                {kPointwise2, c, c},
                                {kPointwise1, c, c}}};
  float* turnedEnd = turnedMemory.data();
  for (Turned& one : turned) {
    one.data = turnedEnd;
    turnedEnd += one.inputs * one.outputs;
  }
  run(turned.size(), [&](int64_t i) {
    const Turned& one = turned[i];
    transpose(weights_[one.weight], one.inputs, one.outputs, one.data);
  });
  const auto turn = [&](Weight weight) -> const float* {
    return std::find_if(turned.begin(), turned.end(), [&](const Turned& one) {
             return one.weight == weight;
           })->data;
  };
  // A piece's first block of rows begins the sums.
  const auto begins = [&](int64_t piece, int64_t row) {
    return row == rows.begin(piece) ? Result::kReplace : Result::kAdd;
  };
  const auto mlpSlopes = [&](int64_t piece, int64_t row, Weight expand, Weight compress) {
    return MlpSlopes{weights_[expand],
                     turn(expand),
                     turn(compress),
                     byRows.at(piece, expand),
                     byRows.at(piece, compress),
                     begins(piece, row)};
  };
  // slope of a [rows, c] x [c, c] product's matrix, and of its rows
  const auto squareBack = [&](const float* input, const float* outputSlope, int64_t count,
                              const float* turnedWeight, Result slopeBecomes, float* weightSlope,
                              float* inputSlope) {
    product(slopeBecomes, c, count, c, {input, 1, c}, outputSlope, c, weightSlope, c);
    product<Result::kReplace>(count, c, c, {outputSlope, c, 1}, turnedWeight, c, inputSlope, c);
  };
  // to = from's way back through a depth-wise convolution whose input was `input`
  const auto convolveBack = [&](Weight weight, const float* input, const float* from,
                                const float* addend, float* to) {
    const Floats mirrored(27 * c);
    mirrorKernel(weights_[weight], 3, c, mirrored.data());
    run(planes_.count(), [&](int64_t i) {
      const int64_t begin = planes_.begin(i), end = planes_.end(i);
      std::fill_n(byPlanes.at(i, weight), 27 * c, 0.0f);
      convolvePlanes(grid_, 3, from, mirrored.data(), addend, to, begin, end);
      addFilterGradient(grid_, 3, input, from, byPlanes.at(i, weight), begin, end);
    });
  };

  // The attention again: it is small, and nothing of it was kept.
  const Floats attended(grid_.samples * attentionSize());
  std::vector<SpreadNorm::Statistics> spreadStatistics(grid_.samples);
  run(grid_.samples, [&](int64_t i) { attendSample(at.x4, i, attended, &spreadStatistics[i]); });

  // y = x5 + mlp2(x5); x5 = x4 + spread pointwise
  const float* spreadTurned = turn(kSpreadPointwise);
  run(rows.count(), [&](int64_t i) {
    float* normed = threadScratch(kBlockRows * 13 * c);
    forBlocks(rows.begin(i), rows.end(i), [&](int64_t row, int64_t count) {
      float* rowSlope = stream + row * c;
      std::copy_n(slope + row * c, count * c, rowSlope);
      addMlpBack(at.x5 + row * c, count, c, mlpSlopes(i, row, kExpand2, kCompress2),
                 normed + kBlockRows * c, rowSlope);
      spreadRows(attended, spreadStatistics, row, count, normed);
      squareBack(normed, rowSlope, count, spreadTurned, begins(i, row),
                 byRows.at(i, kSpreadPointwise), branch + row * c);
    });
  });

  // spread(attention(x4)), by samples
  const float* queryKeyValueTurned = turn(kQueryKeyValue);
  const Floats partsSlopes(grid_.samples * tokens * 3 * c);
  run(grid_.samples, [&](int64_t i) {
    const AttentionState state = attention(attended, i);
    float* partsSlope = partsSlopes.data() + i * tokens * 3 * c;
    const Floats memory(2 * tokens * c);
    float* mixedSlope = memory.data();
    float* keptSlope = mixedSlope + tokens * c;
    spread().back(state.mixed, spreadStatistics[i], branch + i * grid_.voxels() * c, mixedSlope,
                  bySamples.at(i, kTransposed), bySamples.at(i, kTransposedBias),
                  bySamples.at(i, kSpreadScale), bySamples.at(i, kSpreadShift));
    attendBack(state, tokens, c, options_.heads, mixedSlope, partsSlope);
    product<Result::kReplace>(tokens, 3 * c, c, {partsSlope, 3 * c, 1}, queryKeyValueTurned, c,
                              keptSlope, c);
    for (int64_t t = 0; t < tokens; t++) {
      float* to = stream + (i * grid_.voxels() + spreading_.first[t]) * c;
      for (int64_t k = 0; k < c; k++) to[k] += keptSlope[t * c + k];
    }
  });
  const Pieces inputs(c, kTileRows, 16);
  run(inputs.count(), [&](int64_t i) {
    const int64_t begin = inputs.begin(i), count = inputs.end(i) - begin;
    float* to = slopes[kQueryKeyValue] + begin * 3 * c;
    std::fill_n(to, count * 3 * c, 0.0f);
    for (int64_t sample = 0; sample < grid_.samples; sample++) {
      product<Result::kAdd>(count, tokens, 3 * c, {attention(attended, sample).kept + begin, 1, c},
                            partsSlopes.data() + sample * tokens * 3 * c, 3 * c, to, 3 * c);
    }
  });

  // x4 = x3 + position2(x3)
  convolveBack(kPosition2, at.x3, stream, stream, spare);
  std::swap(stream, spare);

  // x3 = x2 + mlp1(x2); x2 = x1 + norm2(mixed) pointwise2. The input of the depth-wise convolution
  // between the norms is made again, in `spare`.
  const float* pointwise2Turned = turn(kPointwise2);
  run(rows.count(), [&](int64_t i) {
    float* normed = threadScratch(kBlockRows * 13 * c);
    ofNorms.clear(i, {kNorm2Scale, kNorm2Shift});
    forBlocks(rows.begin(i), rows.end(i), [&](int64_t row, int64_t count) {
      float* rowSlope = stream + row * c;
      addMlpBack(at.x2 + row * c, count, c, mlpSlopes(i, row, kExpand1, kCompress1),
                 normed + kBlockRows * c, rowSlope);
      norm2(at).apply(at.mixed + row * c, count, c, normed);
      squareBack(normed, rowSlope, count, pointwise2Turned, begins(i, row),
                 byRows.at(i, kPointwise2), branch + row * c);
      norm2(at).addGradients(at.mixed + row * c, branch + row * c, count, c,
                             ofNorms.at(i, kNorm2Scale), ofNorms.at(i, kNorm2Shift));
    });
  });
  ofNorms.sum(kNorm2Scale);
  ofNorms.sum(kNorm2Shift);
  mixChannels(at, spare);
  run(rows.count(), [&](int64_t i) {
    const int64_t from = rows.begin(i) * c;
    norm2(at).slopeOfInput<Result::kReplace>(at.mixed + from, branch + from,
                                             rows.end(i) - rows.begin(i), c, slopes[kNorm2Scale],
                                             slopes[kNorm2Shift], share, branch + from);
  });
  float* mixedInput = xSlope;  // free until the last step
  convolveBack(kDepthwise, spare, branch, nullptr, mixedInput);

  // norm1(x1) pointwise1
  const float* pointwise1Turned = turn(kPointwise1);
  run(rows.count(), [&](int64_t i) {
    float* normed = threadScratch(kBlockRows * c);
    ofNorms.clear(i, {kNorm1Scale, kNorm1Shift});
    forBlocks(rows.begin(i), rows.end(i), [&](int64_t row, int64_t count) {
      norm1(at).apply(at.x1 + row * c, count, c, normed);
      squareBack(normed, mixedInput + row * c, count, pointwise1Turned, begins(i, row),
                 byRows.at(i, kPointwise1), branch + row * c);
      norm1(at).addGradients(at.x1 + row * c, branch + row * c, count, c,
                             ofNorms.at(i, kNorm1Scale), ofNorms.at(i, kNorm1Shift));
    });
  });
  ofNorms.sum(kNorm1Scale);
  ofNorms.sum(kNorm1Shift);
  run(rows.count(), [&](int64_t i) {
    const int64_t from = rows.begin(i) * c;
    norm1(at).slopeOfInput<Result::kAdd>(at.x1 + from, branch + from,
                                         rows.end(i) - rows.begin(i), c, slopes[kNorm1Scale],
                                         slopes[kNorm1Shift], share, stream + from);
  });

  // x1 = x + position1(x)
  convolveBack(kPosition1, x, stream, stream, xSlope);

  // What the tasks added up, in their order.
  std::vector<std::pair<const PartialSlopes*, Weight>> sums;
  for (const PartialSlopes* partial : {&byRows, &byPlanes, &bySamples}) {
    for (const Weight weight : partial->weights()) sums.emplace_back(partial, weight);
  }
  run(sums.size(), [&](int64_t i) {
    const auto [partial, weight] = sums[i];
    partial->sum(weight);
  });
}

}  // namespace roiseg
