// A dense 2D convolution of pictures whose channels are put side by side, the group normalisation of
// its result, what is added to that, if anything, and ReLU: for inference, in one pass over the
// pictures and one over the result.
#pragma once

#include <algorithm>
#include <vector>

#include "channel_part.h"
#include "group_norm.h"
#include "memory.h"
#include "product.h"
#include "rows.h"
#include "workers.h"

namespace roiseg {

// Pictures [samples, height, width, channels].
struct Pictures {
  int64_t size() const { return samples * height * width * channels; }

  int64_t samples, height, width, channels;
};

// A square kernel, with the same zeros on all sides of the picture.
struct Kernel2d {
  int64_t outputOf(int64_t edge) const { return (edge + 2 * padding - size) / stride + 1; }

  int64_t size, stride, padding;
};

class ConvNorm2d {
 public:
  ConvNorm2d(const Pictures& from, const Pictures& to, const Kernel2d& kernel,
             const ChannelGroups& groups, Workers& workers)
      : from_(from),
        to_(to),
        kernel_(kernel),
        groups_(groups),
        workers_(workers),
        bands_(to.height, std::max<int64_t>(1, 32 / to.width), 16),
        // What takes less is done before another thread has woken.
        worthThreads_(to.size() * kernel.size * kernel.size * from.channels > 5000000) {}

  // x: together all channels; weight: [size, size, inputs, outputs]; added: as y, or null.
  void apply(const ChannelParts& x, const float* weight, const float* scale,
             const float* shift, const float* added, float* y) const {
    std::vector<Moments> moments(to_.samples * bands_.count(), Moments(to_.channels));
    forBands([&](int64_t band, int64_t sample, int64_t row, int64_t rows) {
      float* result = y + (sample * to_.height + row) * to_.width * to_.channels;
      convolve(x, weight, sample, row, rows, result);
      moments[band].measure(result, rows * to_.width, to_.channels);
    });
    const int64_t groups = groups_.count;
    const Floats mean(to_.samples * groups), inverse(to_.samples * groups);
    for (int64_t i = 0; i < to_.samples; i++) {
      groups_.settle(&moments[i * bands_.count()], bands_.count(), mean.data() + i * groups,
                     inverse.data() + i * groups);
    }
    forBands([&](int64_t, int64_t sample, int64_t row, int64_t rows) {
      const int64_t at = (sample * to_.height + row) * to_.width * to_.channels;
      const Floats factors(2 * to_.channels);
      const ChannelNorm norm = groups_.spread(mean.data() + sample * groups,
                                              inverse.data() + sample * groups, scale, shift,
                                              factors.data());
      // In this order, what is not a number stays so.
      const auto finish = [&](const auto& plus) {
        norm.apply(y + at, rows * to_.width, to_.channels, y + at,
                   [&](Vector value, ptrdiff_t i, auto lanes) {
                     return larger(Vector{}, plus(value, i, lanes));
                   });
      };
      if (added) {
        finish([&](Vector value, ptrdiff_t i, auto lanes) {
          return value + load(added + at + i, lanes);
        });
      } else {
        finish([](Vector value, ptrdiff_t, auto) { return value; });
      }
    });
  }

 private:
  // each(band, sample, first row, rows), in parallel; bands are counted over all samples.
  template <typename Each>
  void forBands(const Each& each) const {
    workers_.run(to_.samples * bands_.count(), worthThreads_, [&](int64_t band) {
      const int64_t sample = band / bands_.count(), own = band % bands_.count();
      each(band, sample, bands_.begin(own), bands_.end(own) - bands_.begin(own));
    });
  }

  // For each row of the kernel one product: the values that it lies on are neighbours in memory,
  // from one place to the next `stride` pixels on.
  void convolve(const ChannelParts& x, const float* weight, int64_t sample,
                int64_t row, int64_t rows, float* y) const {
    const int64_t inputs = from_.channels, outputs = to_.channels;
    const int64_t width = (from_.width + 2 * kernel_.padding) * inputs;
    const float* band = paddedBand(x, sample, row, rows);
    for (int64_t i = 0; i < rows; i++) {
      float* result = y + i * to_.width * outputs;
      for (int64_t k = 0; k < kernel_.size; k++) {
        product(k == 0 ? Result::kReplace : Result::kAdd, to_.width, kernel_.size * inputs,
                outputs, {band + (i * kernel_.stride + k) * width, kernel_.stride * inputs, 1},
                weight + k * kernel_.size * inputs * outputs, outputs, result, outputs);
      }
    }
  }

  // The rows of the picture that rows of the result need, with the zeros around it.
  const float* paddedBand(const ChannelParts& x, int64_t sample, int64_t row,
                          int64_t rows) const {
    const int64_t first = row * kernel_.stride - kernel_.padding;
    const int64_t stretch = from_.width * from_.channels;
    if (kernel_.padding == 0 && x.size() == 1) {
      return x[0].values + (sample * from_.height + first) * stretch;
    }
    const int64_t count = (rows - 1) * kernel_.stride + kernel_.size;
    const int64_t side = kernel_.padding * from_.channels, width = stretch + 2 * side;
    float* band = threadScratch(count * width);
    for (int64_t i = 0; i < count; i++) {
      const int64_t source = first + i;
      float* to = band + i * width;
      if (source < 0 || source >= from_.height) {
        std::fill_n(to, width, 0.0f);
        continue;
      }
      std::fill_n(to, side, 0.0f);
      copyRow(x, (sample * from_.height + source) * from_.width, to + side);
      std::fill_n(to + side + stretch, side, 0.0f);
    }
    return band;
  }

  // The row of pixels from `pixel` on, of all samples' pixels.
  void copyRow(const ChannelParts& x, int64_t pixel, float* to) const {
    for (const auto& [values, channels] : x) {
      const float* from = values + pixel * channels;
      if (channels == from_.channels) {
        std::copy_n(from, from_.width * channels, to);
        return;
      }
      for (int64_t i = 0; i < from_.width; i++) {
        std::copy_n(from + i * channels, channels, to + i * from_.channels);
      }
      to += channels;
    }
  }

  const Pictures from_, to_;
  const Kernel2d kernel_;
  const ChannelGroups groups_;
  Workers& workers_;
  // Rows of a sample's result.
  const Pieces bands_;
  const bool worthThreads_;
};

}  // namespace roiseg
