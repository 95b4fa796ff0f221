// Many small tensors and one long vector that holds their values end to end.
#pragma once

#include <algorithm>
#include <vector>

#include "functions.h"
#include "vector.h"
#include "workers.h"

namespace roiseg {

class FlatLayout {
 public:
  explicit FlatLayout(const std::vector<int64_t>& sizes) : ends_(sizes) {
    for (size_t i = 1; i < ends_.size(); i++) ends_[i] += ends_[i - 1];
  }

  int64_t size() const { return ends_.empty() ? 0 : ends_.back(); }

  // Calls each(tensor, offset in it, offset in the vector, count) for the stretches of the vector
  // that lie in one tensor each; in parallel.
  template <typename Each>
  void forStretches(Workers& workers, const Each& each) const {
    const Pieces pieces(size(), 1 << 14, 256);
    workers.run(pieces.count(), size() > (1 << 16), [&](int64_t piece) {
      int64_t at = pieces.begin(piece);
      size_t tensor = std::upper_bound(ends_.begin(), ends_.end(), at) - ends_.begin();
      while (at < pieces.end(piece)) {
        const int64_t begin = tensor == 0 ? 0 : ends_[tensor - 1];
        const int64_t end = std::min(ends_[tensor], pieces.end(piece));
        each(tensor, at - begin, at, end - at);
        at = end;
        tensor++;
      }
    });
  }

 private:
  std::vector<int64_t> ends_;
};

// AdamW (Loshchilov and Hutter 2019) of one step, with the factors that depend on the step's number
// worked out by the caller in double precision.
struct AdamW {
  float beta1, beta2;
  float rate;         // learning rate / (1 - beta1^step)
  float correction;   // 1 / (1 - beta2^step)
  float keep;         // 1 - learning rate * weight decay
  float clip;         // what the gradient is multiplied by

  void update(const float* gradient, const float* value, int64_t count, float* first,
              float* second, float* updated) const {
    forVectors(count, [&](ptrdiff_t i, auto lanes) {
      const Vector slope = load(gradient + i, lanes) * clip;
      const Vector m = load(first + i, lanes) * beta1 + slope * (1 - beta1);
      const Vector v = load(second + i, lanes) * beta2 + slope * slope * (1 - beta2);
      store(first + i, m, lanes);
      store(second + i, v, lanes);
      store(updated + i,
            load(value + i, lanes) * keep - rate * m / (squareRoot(v * correction) + 1e-8f), lanes);
    });
  }
};

}  // namespace roiseg
