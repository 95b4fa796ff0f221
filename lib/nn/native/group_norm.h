// Group normalisation of [n, s, c]: each sample's channels in groups of neighbours, each group
// standardised over its channels and all s positions, then every channel scaled and shifted.
// Instance normalisation has as many groups as channels.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "memory.h"
#include "rows.h"
#include "workers.h"

namespace roiseg {

// Channels in groups of neighbours.
struct ChannelGroups {
  int64_t width() const { return channels / count; }

  // Each group's mean and inverse deviation, from the moments of all parts of a sample.
  void settle(const Moments* parts, int64_t partCount, float* mean, float* inverse) const {
    Moments all = parts[0];
    for (int64_t part = 1; part < partCount; part++) all.add(parts[part]);
    for (int64_t group = 0; group < count; group++) {
      double sum = 0, squares = 0;
      for (int64_t c = group * width(); c < (group + 1) * width(); c++) sum += all.mean[c];
      const double centre = sum / width();
      for (int64_t c = group * width(); c < (group + 1) * width(); c++) {
        const double apart = all.mean[c] - centre;
        squares += all.squares[c] + apart * apart * all.count;
      }
      mean[group] = centre;
      inverse[group] = 1 / std::sqrt(squares / (all.count * width()) + epsilon);
    }
  }

  // The norm of a sample's channels by that of their groups; `memory` holds 2 c floats.
  ChannelNorm spread(const float* mean, const float* inverse, const float* scale,
                     const float* shift, float* memory) const {
    for (int64_t channel = 0; channel < channels; channel++) {
      memory[channel] = mean[channel / width()];
      memory[channels + channel] = inverse[channel / width()];
    }
    return {memory, memory + channels, scale, shift};
  }

  int64_t channels, count;
  double epsilon;
};

class GroupNorm {
 public:
  GroupNorm(int64_t samples, int64_t positions, int64_t channels, int64_t groups, double epsilon,
            Workers& workers)
      : samples_(samples),
        positions_(positions),
        channels_(channels),
        groups_{channels, groups, epsilon},
        workers_(workers),
        strips_(positions, std::max<int64_t>(1, 16384 / channels), 1024),
        tasks_(samples * strips_.count(), std::max<int64_t>(1, 16384 / (channels * positions)),
               256),
        worthThreads_(samples * positions * channels > 30000) {}

  // y, and for the way back each sample's mean and inverse deviation by group.
  void apply(const float* x, const float* scale, const float* shift, float* mean, float* inverse,
             float* y) const {
    std::vector<Moments> moments(samples_ * strips_.count(), Moments(channels_));
    forStrips([&](int64_t strip, int64_t, int64_t row, int64_t rows) {
      moments[strip].measure(x + row * channels_, rows, channels_);
    });
    for (int64_t i = 0; i < samples_; i++) {
      groups_.settle(&moments[i * strips_.count()], strips_.count(), mean + i * groups_.count,
                     inverse + i * groups_.count);
    }
    forStrips([&](int64_t, int64_t sample, int64_t row, int64_t rows) {
      const Floats factors(4 * channels_);
      norm(sample, mean, inverse, scale, shift, factors.data())
          .apply(x + row * channels_, rows, channels_, y + row * channels_);
    });
  }

  // From the slope of y those of x, scale and shift.
  void back(const float* x, const float* scale, const float* mean, const float* inverse,
            const float* slope, float* xSlope, float* scaleSlope, float* shiftSlope) const {
    const int64_t c = channels_;
    // By strip: the slopes of scale and shift.
    const Floats sums(samples_ * strips_.count() * 2 * c);
    forStrips([&](int64_t strip, int64_t sample, int64_t row, int64_t rows) {
      const Floats factors(4 * c);
      float* own = sums.data() + strip * 2 * c;
      std::fill_n(own, 2 * c, 0.0f);
      norm(sample, mean, inverse, scale, scale, factors.data())
          .addGradients(x + row * c, slope + row * c, rows, c, own, own + c);
    });
    // By sample and group: the means of the slope before the scale, along x and alone.
    std::vector<float> along(samples_ * groups_.count), level(samples_ * groups_.count);
    std::vector<double> total(2 * c);
    for (int64_t sample = 0; sample < samples_; sample++) {
      for (int64_t channel = 0; channel < c; channel++) {
        double scaleSum = 0, shiftSum = 0;
        for (int64_t strip = 0; strip < strips_.count(); strip++) {
          const float* own = sums.data() + (sample * strips_.count() + strip) * 2 * c;
          scaleSum += own[channel];
          shiftSum += own[c + channel];
        }
        total[channel] += scaleSum;
        total[c + channel] += shiftSum;
        const int64_t group = sample * groups_.count + channel / groups_.width();
        const double share = scale[channel] / (static_cast<double>(positions_) * groups_.width());
        along[group] += scaleSum * share;
        level[group] += shiftSum * share;
      }
    }
    for (int64_t channel = 0; channel < c; channel++) {
      scaleSlope[channel] = total[channel];
      shiftSlope[channel] = total[c + channel];
    }
    forStrips([&](int64_t, int64_t sample, int64_t row, int64_t rows) {
      const Floats factors(6 * c);
      const ChannelNorm at = norm(sample, mean, inverse, scale, scale, factors.data());
      float* alongChannel = factors.data() + 4 * c;
      float* levelChannel = alongChannel + c;
      for (int64_t channel = 0; channel < c; channel++) {
        const int64_t group = sample * groups_.count + channel / groups_.width();
        alongChannel[channel] = along[group];
        levelChannel[channel] = level[group];
      }
      forVectors(c, [&](ptrdiff_t i, auto lanes) {
        const Vector factor = load(scale + i, lanes);
        const Vector deviation = load(at.inverse + i, lanes);
        for (int64_t r = row * c + i; r < (row + rows) * c; r += c) {
          const Vector own = load(slope + r, lanes) * factor - load(levelChannel + i, lanes) -
                             at.standard(load(x + r, lanes), i, lanes) *
                                 load(alongChannel + i, lanes);
          store(xSlope + r, own * deviation, lanes);
        }
      });
    });
  }

 private:
  // each(strip, sample, first row, rows), in parallel; rows are counted over all samples.
  template <typename Each>
  void forStrips(const Each& each) const {
    workers_.run(tasks_.count(), worthThreads_, [&](int64_t task) {
      for (int64_t i = tasks_.begin(task); i < tasks_.end(task); i++) {
        const int64_t sample = i / strips_.count(), strip = i % strips_.count();
        each(i, sample, sample * positions_ + strips_.begin(strip),
             strips_.end(strip) - strips_.begin(strip));
      }
    });
  }

  // The norm of one sample's channels; `memory` holds 2 c floats.
  ChannelNorm norm(int64_t sample, const float* mean, const float* inverse, const float* scale,
                   const float* shift, float* memory) const {
    const int64_t group = sample * groups_.count;
    return groups_.spread(mean + group, inverse + group, scale, shift, memory);
  }

  const int64_t samples_, positions_, channels_;
  const ChannelGroups groups_;
  Workers& workers_;
  // Each sample's rows in strips, and all strips in tasks.
  const Pieces strips_, tasks_;
  const bool worthThreads_;
};

}  // namespace roiseg
