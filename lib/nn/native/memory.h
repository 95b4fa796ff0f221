// Scratch memory.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>

namespace roiseg {

// Floats whose values are undefined at first, aligned for whole vectors.
class Floats {
 public:
  explicit Floats(int64_t count) {
    const size_t bytes = (static_cast<size_t>(count) * sizeof(float) + 63) / 64 * 64;
    data_.reset(static_cast<float*>(std::aligned_alloc(64, bytes == 0 ? 64 : bytes)));
    if (!data_) throw std::bad_alloc();
  }
  float* data() const { return data_.get(); }

 private:
  struct Free {
    void operator()(float* data) const { std::free(data); }
  };
  std::unique_ptr<float, Free> data_;
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
