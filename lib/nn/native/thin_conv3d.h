// Dense 3D convolution (correlation) of 3 x 3 x 3 taps, stride 1, zeros around, with or without a
// ReLU, of volumes [n, z, y, x, c] with so few channels that the voxels of a row are the vectors: the
// planes are taken apart by channels.
#pragma once

#include <algorithm>
#include <utility>

#include "channel_part.h"
#include "depthwise_conv3d.h"
#include "memory.h"
#include "vector.h"
#include "workers.h"

namespace roiseg {

// Sums that fit into the registers beside what they are made of.
constexpr int kMostSums = kLanes == 16 ? 24 : kLanes == 8 ? 12 : 6;

// A plane of one channel: rows with a zero before and zeros after, and a row of zeros on both sides.
struct PlaneShape {
  PlaneShape(int64_t height, int64_t width)
      : height(height),
        width(width),
        row((width + kLanes - 1) / kLanes * kLanes + kLanes),
        size((height + 2) * row) {}

  // Of the voxel (y, x).
  int64_t offset(int64_t y, int64_t x) const { return (y + 1) * row + x + 1; }

  int64_t height, width, row, size;
};

// Three planes of some channels that follow each other along z: a later one takes the place of an
// earlier. Beyond the volume there is a plane of zeros.
class PlaneRing {
 public:
  PlaneRing(const PlaneShape& shape, int64_t channels, int64_t depth)
      : size_(shape.size * channels), depth_(depth), values_(4 * size_) {
    std::fill_n(values_.data(), 4 * size_, 0.0f);
  }

  bool holds(int64_t z) const { return z >= 0 && z < depth_; }
  float* at(int64_t z) const { return values_.data() + (holds(z) ? z % 3 + 1 : 0) * size_; }

 private:
  int64_t size_, depth_;
  Floats values_;
};

struct Around {
  Around(const PlaneRing& ring, int64_t z) : planes{ring.at(z - 1), ring.at(z), ring.at(z + 1)} {}
  const float* planes[3];
};

// Takes the plane [y, x, c] apart, in squares of whole vectors. read(index, part) are the values from
// an index of the plane on.
template <typename Read>
inline void takeApart(const PlaneShape& shape, int64_t channels, float* to, const Read& read) {
  for (int64_t y = 0; y < shape.height; y++) {
    const int64_t row = y * shape.width;
    float* target = to + shape.offset(y, 0);
    if (channels == 1) {
      forVectors(shape.width, [&](ptrdiff_t x, auto lanes) {
        store(target + x, read(row + x, lanes), lanes);
      });
      continue;
    }
    forVectors(shape.width, [&](ptrdiff_t x, auto along) {
      const int64_t voxels = std::min<int64_t>(kLanes, shape.width - x);
      forVectors(channels, [&](ptrdiff_t c, auto across) {
        Vector square[kLanes] = {};
        for (int64_t i = 0; i < voxels; i++) {
          square[i] = read((row + x + i) * channels + c, across);
        }
        transposeSquare(square);
        const int64_t count = std::min<int64_t>(kLanes, channels - c);
        for (int64_t i = 0; i < count; i++) {
          store(target + (c + i) * shape.size + x, square[i], along);
        }
      });
    });
  }
}

// Takes the plane that begins at a voxel apart, of all parts.
inline void takeApart(const PlaneShape& shape, const ChannelParts& parts, int64_t voxel, float* to) {
  for (const auto& [values, channels] : parts) {
    const float* const from = values + voxel * channels;
    takeApart(shape, channels, to, [&](int64_t i, auto lanes) { return load(from + i, lanes); });
    to += channels * shape.size;
  }
}

// Puts it together again.
inline void putTogether(const PlaneShape& shape, const float* from, int64_t channels, float* to) {
  for (int64_t y = 0; y < shape.height; y++) {
    const int64_t row = y * shape.width;
    const float* source = from + shape.offset(y, 0);
    if (channels == 1) {
      std::copy_n(source, shape.width, to + row);
      continue;
    }
    forVectors(shape.width, [&](ptrdiff_t x, auto along) {
      const int64_t voxels = std::min<int64_t>(kLanes, shape.width - x);
      forVectors(channels, [&](ptrdiff_t c, auto across) {
        Vector square[kLanes] = {};
        const int64_t count = std::min<int64_t>(kLanes, channels - c);
        for (int64_t i = 0; i < count; i++) {
          square[i] = load(source + (c + i) * shape.size + x, along);
        }
        transposeSquare(square);
        for (int64_t i = 0; i < voxels; i++) {
          store(to + (row + x + i) * channels + c, square[i], across);
        }
      });
    });
  }
}

// Calls each(first, number) for the channels in groups of at most kMost, whose size is a constant.
template <int kMost, typename Each>
inline void forChannels(int64_t channels, const Each& each, int64_t first = 0) {
  for (; first + kMost <= channels; first += kMost) {
    each(first, std::integral_constant<int, kMost>());
  }
  if constexpr (kMost > 1) forChannels<kMost / 2>(channels, each, first);
}

// A convolution's weights [tap, inputs, outputs] with its bias.
struct Taps27 {
  const float* weight;
  const float* bias;
  int64_t inputs, outputs;
};

// kOutputs channels of kVectors vectors of kRows rows: few channels share what they load of a row
// with those of the next. `from` has offset (y, x) - (1, 1).
template <int kOutputs, int kVectors, int kRows>
inline void convolveBlock(const PlaneShape& shape, const Around& from, int64_t offset,
                          const Taps27& taps, int64_t output,
                          Vector (&sum)[kRows][kOutputs][kVectors]) {
#pragma GCC unroll 8
  for (int o = 0; o < kOutputs; o++) {
    const Vector bias = splat(taps.bias ? taps.bias[output + o] : 0.0f);
#pragma GCC unroll 8
    for (int i = 0; i < kRows * kVectors; i++) sum[i / kVectors][o][i % kVectors] = bias;
  }
  const int64_t step = taps.inputs * taps.outputs;
  for (int64_t c = 0; c < taps.inputs; c++) {
    for (int tz = 0; tz < 3; tz++) {
      const float* rows = from.planes[tz] + c * shape.size + offset;
      const float* weight = taps.weight + (tz * 9 * taps.inputs + c) * taps.outputs + output;
#pragma GCC unroll 3
      for (int tx = 0; tx < 3; tx++) {
#pragma GCC unroll 8
        for (int row = 0; row < kRows + 2; row++) {
          Vector x[kVectors];
#pragma GCC unroll 8
          for (int v = 0; v < kVectors; v++) x[v] = load(rows + row * shape.row + tx + v * kLanes);
#pragma GCC unroll 3
          for (int ty = 0; ty < 3; ty++) {
            if (row < ty || row - ty >= kRows) continue;
#pragma GCC unroll 8
            for (int o = 0; o < kOutputs; o++) {
              const Vector factor = splat(weight[(ty * 3 + tx) * step + o]);
#pragma GCC unroll 8
              for (int v = 0; v < kVectors; v++) sum[row - ty][o][v] += x[v] * factor;
            }
          }
        }
      }
    }
  }
}

// A plane of all outputs; finish(sum) is what is stored.
template <typename Finish>
inline void convolvePlane(const PlaneShape& shape, const Around& from, const Taps27& taps,
                          float* to, const Finish& finish) {
  forChannels<8>(taps.outputs, [&](int64_t output, auto number) {
    constexpr int kOutputs = decltype(number)::value;
    constexpr int kVectors = std::min(4, std::max(1, kMostSums / kOutputs));
    constexpr int kRows = std::min(4, std::max(1, kMostSums / kOutputs / kVectors));
    const auto block = [&](int64_t y, int64_t x, auto rows, auto vectors, auto last) {
      constexpr int kRowCount = decltype(rows)::value, kVectorCount = decltype(vectors)::value;
      Vector sum[kRowCount][kOutputs][kVectorCount];
      convolveBlock(shape, from, y * shape.row + x, taps, output, sum);
#pragma GCC unroll 4
      for (int row = 0; row < kRowCount; row++) {
#pragma GCC unroll 8
        for (int o = 0; o < kOutputs; o++) {
          float* at = to + (output + o) * shape.size + shape.offset(y + row, x);
#pragma GCC unroll 8
          for (int v = 0; v < kVectorCount; v++) {
            const Vector value = finish(sum[row][o][v]);
            if (v + 1 < kVectorCount) store(at + v * kLanes, value);
            else store(at + v * kLanes, value, last);
          }
        }
      }
    };
    const auto stretch = [&](int64_t y, auto rows) {
      const std::integral_constant<int, kVectors> many;
      const std::integral_constant<int, 1> one;
      int64_t x = 0;
      for (; x + kVectors * kLanes <= shape.width; x += kVectors * kLanes) {
        block(y, x, rows, many, Whole{});
      }
      for (; x + kLanes <= shape.width; x += kLanes) block(y, x, rows, one, Whole{});
      if (x < shape.width) block(y, x, rows, one, Part(static_cast<int>(shape.width - x)));
    };
    int64_t y = 0;
    for (; y + kRows <= shape.height; y += kRows) {
      stretch(y, std::integral_constant<int, kRows>());
    }
    for (; y < shape.height; y++) stretch(y, std::integral_constant<int, 1>());
  });
}

// sums[tap, a] += for each tap the product of each channel of a with b moved by the tap, over a plane.
inline void correlatePlane(const PlaneShape& shape, const float* a, int64_t channels,
                           const Around& b, int64_t bChannel, Vector* sums) {
  constexpr int kMost = kMostSums / 3;  // of each, the three taps of a row
  forChannels<kMost>(channels, [&](int64_t first, auto number) {
    constexpr int kNumber = decltype(number)::value;
    // Rows that stay in the cache for all taps.
    const int64_t block = std::max<int64_t>(1, 4096 / (kNumber * shape.row));
    for (int64_t top = 0; top < shape.height; top += block) {
      const int64_t rows = std::min(block, shape.height - top);
      for (int t = 0; t < 9; t++) {
        const float* moved =
            b.planes[t / 3] + bChannel * shape.size + (top + t % 3) * shape.row;
        const float* still = a + first * shape.size + shape.offset(top, 0);
        Vector sum[3][kNumber] = {};
        for (int64_t y = 0; y < rows; y++, moved += shape.row, still += shape.row) {
          for (int64_t x = 0; x < shape.width; x += kLanes) {
            Vector left[kNumber];
#pragma GCC unroll 8
            for (int i = 0; i < kNumber; i++) left[i] = load(still + i * shape.size + x);
#pragma GCC unroll 3
            for (int tx = 0; tx < 3; tx++) {
              const Vector right = load(moved + x + tx);
#pragma GCC unroll 8
              for (int i = 0; i < kNumber; i++) sum[tx][i] += left[i] * right;
            }
          }
        }
        for (int tx = 0; tx < 3; tx++) {
          Vector* to = sums + (t * 3 + tx) * channels + first;
          for (int i = 0; i < kNumber; i++) to[i] += sum[tx][i];
        }
      }
    }
  });
}

// sums[c] += the plane of each channel.
inline void sumPlane(const PlaneShape& shape, const float* from, int64_t channels, Vector* sums) {
  for (int64_t c = 0; c < channels; c++) {
    Vector sum{};
    for (int64_t i = 0; i < shape.size; i += kLanes) sum += load(from + c * shape.size + i);
    sums[c] += sum;
  }
}

// A volume's convolution.
struct ThinConv {
  Grid grid;  // of the input's parts together
  int64_t outputs;
  const float* weight;  // [27, inputs, outputs]
  bool isRectified;

  PlaneShape planes() const { return PlaneShape(grid.height, grid.width); }
  int64_t area() const { return grid.height * grid.width; }
  // A sample's planes are cut for the tasks.
  Pieces pieces() const { return Pieces(grid.depth, 4, 16); }
  int64_t tasks() const { return grid.samples * pieces().count(); }

  // Calls each(task, first plane of the sample, first plane, end) for all pieces.
  template <typename Each>
  void forPieces(Workers& workers, const Each& each) const {
    const Pieces cut = pieces();
    const bool isWorth = grid.rows() * grid.channels * outputs > 8192;
    workers.run(tasks(), isWorth, [&](int64_t task) {
      const int64_t sample = task / cut.count(), piece = task % cut.count();
      each(task, sample * grid.depth, cut.begin(piece), cut.end(piece));
    });
  }

  // Convolves all planes: read(voxel, to) takes the one that begins at a voxel apart, write(voxel,
  // from) puts what has become of it together.
  template <typename Read, typename Finish, typename Write>
  void convolve(const Taps27& taps, Workers& workers, const Read& read, const Finish& finish,
                const Write& write) const {
    const PlaneShape shape = planes();
    forPieces(workers, [&](int64_t, int64_t sample, int64_t begin, int64_t end) {
      const PlaneRing from(shape, taps.inputs, grid.depth);
      const Floats to(taps.outputs * shape.size);
      const auto readPlane = [&](int64_t z) {
        if (from.holds(z)) read((sample + z) * area(), from.at(z));
      };
      readPlane(begin - 1);
      readPlane(begin);
      for (int64_t z = begin; z < end; z++) {
        readPlane(z + 1);
        convolvePlane(shape, Around(from, z), taps, to.data(), finish);
        write((sample + z) * area(), to.data());
      }
    });
  }
};

// A result of the convolution and its slope, which a ReLU lets pass where the result is not 0.
struct ThinConvResult {
  const float* y;
  const float* slope;

  // Takes the slope before the ReLU apart.
  void takeSlopeApart(const ThinConv& conv, int64_t voxel, float* to) const {
    takeApart(conv.planes(), conv.outputs, to, [&](int64_t i, auto lanes) {
      const int64_t at = voxel * conv.outputs + i;
      const Vector value = load(slope + at, lanes);
      return conv.isRectified ? (load(y + at, lanes) > 0.0f ? value : Vector{}) : value;
    });
  }
};

inline void convolveThin(const ThinConv& conv, const ChannelParts& x, const float* bias, float* y,
                         Workers& workers) {
  const PlaneShape shape = conv.planes();
  const auto run = [&](const auto& finish) {
    conv.convolve({conv.weight, bias, conv.grid.channels, conv.outputs}, workers,
                  [&](int64_t voxel, float* to) { takeApart(shape, x, voxel, to); }, finish,
                  [&](int64_t voxel, const float* from) {
                    putTogether(shape, from, conv.outputs, y + voxel * conv.outputs);
                  });
  };
  // In this order, what is not a number stays so.
  if (conv.isRectified) run([](Vector sum) { return larger(Vector{}, sum); });
  else run([](Vector sum) { return sum; });
}

// The slope of some of the input's channels: the convolution of the result's slope with mirrored
// weights.
inline void convolveThinBack(const ThinConv& conv, const ThinConvResult& result, int64_t first,
                             int64_t channels, float* slope, Workers& workers) {
  const Floats mirrored(27 * channels * conv.outputs);
  for (int64_t tap = 0; tap < 27; tap++) {
    for (int64_t i = 0; i < channels; i++) {
      for (int64_t o = 0; o < conv.outputs; o++) {
        mirrored.data()[((26 - tap) * conv.outputs + o) * channels + i] =
            conv.weight[(tap * conv.grid.channels + first + i) * conv.outputs + o];
      }
    }
  }
  conv.convolve({mirrored.data(), nullptr, conv.outputs, channels}, workers,
                [&](int64_t voxel, float* to) { result.takeSlopeApart(conv, voxel, to); },
                [](Vector sum) { return sum; },
                [&](int64_t voxel, const float* from) {
                  putTogether(conv.planes(), from, channels, slope + voxel * channels);
                });
}

// The slopes of weight and bias.
inline void thinConvWeightSlopes(const ThinConv& conv, const ChannelParts& x,
                                 const ThinConvResult& result, float* weight, float* bias,
                                 Workers& workers) {
  const PlaneShape shape = conv.planes();
  const int64_t inputs = conv.grid.channels, outputs = conv.outputs;
  // Products are summed for each channel of the side that has less, and all of the other together.
  const bool areInputsFewer = inputs <= outputs;
  const int64_t fewer = std::min(inputs, outputs), more = std::max(inputs, outputs);
  // A task's sums: of the weights [fewer, tap, more], then of the bias.
  const int64_t sumCount = fewer * 27 * more + outputs;
  const Floats parts(conv.tasks() * sumCount);
  conv.forPieces(workers, [&](int64_t task, int64_t sample, int64_t begin, int64_t end) {
    const PlaneRing image(shape, inputs, conv.grid.depth);
    const PlaneRing slope(shape, outputs, conv.grid.depth);
    const Floats sumValues(sumCount * kLanes);
    std::fill_n(sumValues.data(), sumCount * kLanes, 0.0f);
    Vector* const sums = reinterpret_cast<Vector*>(sumValues.data());
    const auto read = [&](int64_t z) {
      if (!image.holds(z)) return;
      takeApart(shape, x, (sample + z) * conv.area(), image.at(z));
      result.takeSlopeApart(conv, (sample + z) * conv.area(), slope.at(z));
    };
    const PlaneRing& still = areInputsFewer ? slope : image;
    const PlaneRing& moved = areInputsFewer ? image : slope;
    read(begin - 1);
    read(begin);
    for (int64_t z = begin; z < end; z++) {
      read(z + 1);
      for (int64_t i = 0; i < fewer; i++) {
        correlatePlane(shape, still.at(z), more, Around(moved, z), i, sums + i * 27 * more);
      }
      sumPlane(shape, slope.at(z), outputs, sums + fewer * 27 * more);
    }
    for (int64_t i = 0; i < sumCount; i++) parts.data()[task * sumCount + i] = sumLanes(sums[i]);
  });
  const Floats total(sumCount);
  sumParts(parts.data(), conv.tasks(), sumCount, total.data());
  for (int64_t tap = 0; tap < 27; tap++) {
    // Where the result's slope was moved, it was so to the other side.
    const int64_t from = areInputsFewer ? tap : 26 - tap;
    for (int64_t i = 0; i < inputs; i++) {
      for (int64_t o = 0; o < outputs; o++) {
        const int64_t less = areInputsFewer ? i : o, other = areInputsFewer ? o : i;
        weight[(tap * inputs + i) * outputs + o] = total.data()[(less * 27 + from) * more + other];
      }
    }
  }
  std::copy_n(total.data() + fewer * 27 * more, outputs, bias);
}

}  // namespace roiseg
