// Soft Dice and cross-entropy of one channel of logits, or focal loss in the latter's place, as in
// lib/training/segmentation_loss.ts: two passes over the voxels each way.
#pragma once

#include <algorithm>
#include <array>
#include <vector>

#include "functions.h"
#include "memory.h"
#include "rows.h"
#include "workers.h"

namespace roiseg {

class OverlapLoss {
 public:
  // `focal` multiplies the cross-entropy of a voxel by (p - t)^2.
  OverlapLoss(int64_t samples, int64_t voxels, bool focal, Workers& workers)
      : samples_(samples),
        voxels_(voxels),
        focal_(focal),
        workers_(workers),
        strips_(voxels, 8192, 1024) {}

  // Returns the mean over samples of Dice, and over all voxels of the entropy. `sums` gets two
  // numbers by sample: sum (p - t)^2 and sum p^2 + sum t^2 + 1.
  std::array<double, 2> apply(const float* logits, const float* target, float* sums) const {
    std::vector<std::array<double, 3>> parts(samples_ * strips_.count());
    forStrips([&](int64_t strip, int64_t, int64_t begin, int64_t count) {
      std::array<Vector, 3> totals{};
      std::array<double, 3>& part = parts[strip];
      forVectors(count, [&](ptrdiff_t i, auto lanes) {
        const Vector x = load(logits + begin + i, lanes), t = load(target + begin + i, lanes);
        const Voxel at(x);
        const Vector apart = at.probability - t;
        const Vector entropy = at.softplus - x * t;
        // A part's missing lanes are logit 0, target 0, and must not count.
        std::array<float, 3 * kLanes> own{};
        store(own.data(), apart * apart, lanes);
        store(own.data() + kLanes, at.probability * at.probability + t * t, lanes);
        store(own.data() + 2 * kLanes, focal_ ? apart * apart * entropy : entropy, lanes);
        for (int k = 0; k < 3; k++) totals[k] += load(own.data() + k * kLanes);
        if (i / kLanes % kBlockRows != 0) return;
        for (int k = 0; k < 3; k++) {
          part[k] += sumLanes(totals[k]);
          totals[k] = Vector{};
        }
      });
      for (int k = 0; k < 3; k++) part[k] += sumLanes(totals[k]);
    });
    double dice = 0, entropy = 0;
    for (int64_t sample = 0; sample < samples_; sample++) {
      std::array<double, 3> sum{0, 1, 0};
      for (int64_t strip = 0; strip < strips_.count(); strip++) {
        for (int k = 0; k < 3; k++) sum[k] += parts[sample * strips_.count() + strip][k];
      }
      dice += sum[0] / sum[1];
      entropy += sum[2];
      sums[2 * sample] = sum[0];
      sums[2 * sample + 1] = sum[1];
    }
    return {dice / samples_, entropy / (samples_ * voxels_)};
  }

  // The slope of the logits for those of the two results.
  void back(const float* logits, const float* target, const float* sums, float diceSlope,
            float entropySlope, float* slope) const {
    const float entropyShare = entropySlope / (samples_ * voxels_);
    forStrips([&](int64_t, int64_t sample, int64_t begin, int64_t count) {
      const double apartSum = sums[2 * sample], size = sums[2 * sample + 1];
      // d(apart / size)/dp = 2 (p - t) / size - 2 p apart / size^2
      const float byApart = 2 * diceSlope / (samples_ * size);
      const float byProbability = byApart * (apartSum / size);
      forVectors(count, [&](ptrdiff_t i, auto lanes) {
        const Vector x = load(logits + begin + i, lanes), t = load(target + begin + i, lanes);
        const Voxel at(x);
        const Vector p = at.probability, apart = p - t;
        const Vector curve = p * at.opposite;  // dp/dx
        Vector own = (apart * byApart - p * byProbability) * curve;
        if (focal_) {
          const Vector entropy = at.softplus - x * t;
          own += apart * (2 * curve * entropy + apart * apart) * entropyShare;
        } else {
          own += apart * entropyShare;
        }
        store(slope + begin + i, own, lanes);
      });
    });
  }

 private:
  // p = 1 / (1 + exp(-x)), 1 - p without cancellation, and softplus(x) = log(1 + exp(x)).
  struct Voxel {
    explicit Voxel(Vector x) {
      const Vector size = larger(x, -x);
      const Vector small = expOfNegative(-size);
      const Vector share = 1.0f / (1.0f + small);
      probability = x < 0.0f ? small * share : share;
      opposite = x < 0.0f ? share : small * share;
      softplus = larger(Vector{}, x) + logOfOnePlus(small);
    }
    Vector probability, opposite, softplus;
  };

  // each(strip, sample, first voxel, voxels), in parallel; voxels are counted over all samples.
  template <typename Each>
  void forStrips(const Each& each) const {
    workers_.run(samples_ * strips_.count(), samples_ * voxels_ > 16384, [&](int64_t i) {
      const int64_t sample = i / strips_.count(), strip = i % strips_.count();
      each(i, sample, sample * voxels_ + strips_.begin(strip),
           strips_.end(strip) - strips_.begin(strip));
    });
  }

  const int64_t samples_, voxels_;
  const bool focal_;
  Workers& workers_;
  const Pieces strips_;
};

}  // namespace roiseg
