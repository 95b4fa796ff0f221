// Scratch memory.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <new>
#include <utility>
#include <vector>

namespace roiseg {

// Memory that was given back, for whoever needs as much again. An op takes a megabyte for less than
// a millisecond: were it returned to the system, to get its pages anew would take longer than the op.
class SpareMemory {
 public:
  struct Block {
    float* data;
    size_t bytes;
  };

  // The process's own. It is never destroyed, since threads may end after it would be.
  static SpareMemory& ofProcess() {
    static SpareMemory* const memory = new SpareMemory;
    return *memory;
  }

  // The smallest spare block that fits without wasting more than half of it, else a new one.
  Block take(size_t bytes) {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      size_t best = spare_.size();
      for (size_t i = 0; i < spare_.size(); i++) {
        const size_t size = spare_[i].bytes;
        if (size < bytes || size > 2 * bytes) continue;
        if (best == spare_.size() || size < spare_[best].bytes) best = i;
      }
      if (best < spare_.size()) {
        const Block block = spare_[best];
        spare_[best] = spare_.back();
        spare_.pop_back();
        kept_ -= block.bytes;
        return block;
      }
    }
    auto* data = static_cast<float*>(std::aligned_alloc(64, bytes));
    if (!data) throw std::bad_alloc();
    return {data, bytes};
  }

  void give(Block block) {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (spare_.size() < kMostBlocks && kept_ + block.bytes <= kMostBytes) {
        spare_.push_back(block);
        kept_ += block.bytes;
        return;
      }
    }
    std::free(block.data);
  }

 private:
  static constexpr size_t kMostBlocks = 64;
  static constexpr size_t kMostBytes = size_t{32} << 20;

  std::mutex mutex_;
  std::vector<Block> spare_;
  size_t kept_ = 0;
};

// Floats whose values are undefined at first, aligned for whole vectors.
class Floats {
 public:
  explicit Floats(int64_t count) {
    const size_t bytes = (static_cast<size_t>(count) * sizeof(float) + 63) / 64 * 64;
    block_ = SpareMemory::ofProcess().take(bytes == 0 ? 64 : bytes);
  }
  Floats(Floats&& other) noexcept : block_(other.block_) { other.block_.data = nullptr; }
  Floats& operator=(Floats&& other) noexcept {
    std::swap(block_, other.block_);
    return *this;
  }
  ~Floats() {
    if (block_.data) SpareMemory::ofProcess().give(block_);
  }

  float* data() const { return block_.data; }

 private:
  SpareMemory::Block block_;
};

// Memory of the calling thread, the same at every call: good until the next one.
inline float* threadScratch(int64_t count) {
  thread_local Floats scratch(0);
  thread_local int64_t size = 0;
  if (count > size) {
    scratch = Floats(count);
    size = count;
  }
  return scratch.data();
}

}  // namespace roiseg
