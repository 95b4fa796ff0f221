// Runs lib/volume/native on memory of exactly the size that its callers give, for a sanitizer to
// watch: deflate streams (the files that are named), whole, cut off and damaged, in portions of many
// sizes, and the kernels of resampling at the edges of small planes and volumes.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <memory>
#include <random>
#include <vector>

#include "../../lib/volume/native/volume.cc"

namespace {

std::mt19937 random_(5);

int below(int end) { return static_cast<int>(random_() % end); }

// A block of its own on the heap, filled with small numbers.
template <typename T>
std::unique_ptr<T[]> block(size_t count) {
  auto values = std::make_unique<T[]>(count);
  for (size_t i = 0; i < count; i++) values[i] = static_cast<T>(i % 11);
  return values;
}

// Returns the status that it ended with; reads all that it inflates.
int inflate(const std::vector<uint8_t>& stream, size_t portion) {
  auto* const inflater = roiseg_inflater();
  int status = roiseg::Inflater::kNeedsInput;
  uint64_t sum = 0;
  int turn = 0;
  for (size_t at = 0; status <= roiseg::Inflater::kNeedsInput;) {
    if (status == roiseg::Inflater::kNeedsInput) {
      if (at == stream.size()) break;
      const size_t length = std::min(portion, stream.size() - at);
      const auto bytes = std::make_unique<uint8_t[]>(length);
      std::copy_n(stream.data() + at, length, bytes.get());
      roiseg_inflater_feed(inflater, bytes.get(), length);
      at += length;
    }
    status = roiseg_inflater_step(inflater);
    const uint8_t* const inflated = roiseg_inflater_portion(inflater, turn);
    const uint32_t size = roiseg_inflater_portion_size(inflater);
    if (size > roiseg_inflater_room()) return -1;
    for (uint32_t i = 0; i < size; i++) sum += inflated[i];
    turn = 1 - turn;
  }
  if (status == roiseg::Inflater::kEnd) sum += roiseg_inflater_unused(inflater);
  roiseg_inflater_delete(inflater);
  return sum == ~uint64_t{0} ? -1 : status;
}

bool inflateAllWays(const char* path) {
  std::FILE* const file = std::fopen(path, "rb");
  if (!file) return false;
  std::vector<uint8_t> stream;
  for (int byte; (byte = std::fgetc(file)) != EOF;) stream.push_back(byte);
  std::fclose(file);
  for (const size_t portion : {size_t{7}, size_t{4096}, stream.size()}) {
    if (inflate(stream, portion) != roiseg::Inflater::kEnd) return false;
  }
  for (int trial = 0; trial < 40; trial++) {
    auto damaged = stream;
    damaged.resize(1 + below(std::min<int>(stream.size(), 20000)));
    for (int i = below(4); i >= 0; i--) {
      const int head = std::min<int>(damaged.size(), 200);
      damaged[trial % 2 ? below(head) : below(damaged.size())] ^= 1 << below(8);
    }
    inflate(damaged, 1 + below(3000));
  }
  return true;
}

struct Kernel {
  int32_t length, taps;
  std::unique_ptr<int32_t[]> first;
  std::unique_ptr<double[]> weights;
};

// Some kernel that touches nothing beyond its `size` values, but often the first and the last.
Kernel kernelOf(int size) {
  Kernel kernel{1 + below(20), 1 + below(std::min(size, 9)), nullptr, nullptr};
  kernel.first = std::make_unique<int32_t[]>(kernel.length);
  kernel.weights = block<double>(size_t(kernel.length) * kernel.taps);
  const int last = size - kernel.taps;
  for (int i = 0; i < kernel.length; i++) {
    kernel.first[i] = std::clamp(below(size + 6) - 3, 0, last);
  }
  return kernel;
}

void resamplePlane() {
  const int width = 1 + below(40), height = 1 + below(30);
  const Kernel x = kernelOf(width), y = kernelOf(height);
  const auto [least, most] = std::minmax_element(x.first.get(), x.first.get() + x.length);
  const int from = *least, columns = *most + x.taps - from;
  const size_t count = size_t(x.length) * y.length;
  const auto values = block<float>(size_t(width) * height);
  const auto rows = block<float>(size_t(y.length) * columns);
  const auto result = block<float>(count), sum = block<float>(count);
  roiseg_resample_plane(values.get(), width, from, columns, x.length, x.taps, x.first.get(),
                        x.weights.get(), y.length, y.taps, y.first.get(), y.weights.get(),
                        rows.get(), result.get());
  roiseg_add_scaled(sum.get(), result.get(), count, 0.5);
  roiseg_window(sum.get(), count, -3, 0.25, result.get());
}

void resampleAffine() {
  const int shape[] = {1 + below(8), 1 + below(8), 1 + below(8)}, channels = 1 + below(4);
  const size_t count = size_t(shape[0]) * shape[1] * shape[2] * channels;
  const auto source = block<float>(count), result = block<float>(count);
  double matrix[9], offset[3];
  const double reach = below(5) == 0 ? 1e12 : 2;
  std::uniform_real_distribution<double> uniform(-reach, reach);
  for (double& value : matrix) value = uniform(random_);
  for (double& value : offset) value = 4 * uniform(random_);
  if (below(20) == 0) matrix[below(9)] = NAN;
  if (below(20) == 0) offset[below(3)] = INFINITY;
  roiseg_resample_affine(source.get(), shape[0], shape[1], shape[2], channels, matrix, offset,
                         result.get());
}

void readStored() {
  const int types = 8, bytes[types] = {1, 1, 2, 2, 4, 4, 4, 8};
  const int type = below(types), width = 1 + below(70), rows = 1 + below(5);
  const size_t count = size_t(width) * rows;
  const auto values = block<uint8_t>(count * bytes[type]);
  const auto result = block<float>(count);
  roiseg_scale(values.get(), type, count, 1 + below(2), below(2), result.get());
  const auto labels = block<uint16_t>(count);
  const auto isSet = block<uint8_t>(rows);
  roiseg_widen_labels(values.get(), count, labels.get());
  roiseg_rows_set(values.get(), width, rows, isSet.get());
}

}  // namespace

int main(int argc, char** argv) {
  for (int i = 1; i < argc; i++) {
    if (inflateAllWays(argv[i])) continue;
    std::fprintf(stderr, "%s was not inflated to its end\n", argv[i]);
    return 1;
  }
  for (int trial = 0; trial < 1500; trial++) {
    resamplePlane();
    resampleAffine();
    readStored();
  }
  std::puts("clean");
}
