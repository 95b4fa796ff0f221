// Soft Dice and cross-entropy of several channels of logits, or focal loss in the latter's place, as
// in lib/training/segmentation_loss.ts: a softmax whose channel 0 is the background, in two passes
// over the voxels each way.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "functions.h"
#include "memory.h"
#include "rows.h"
#include "workers.h"

namespace roiseg {

class ClassOverlapLoss {
 public:
  // `focal` multiplies the cross-entropy of a voxel's channel by (p - t)^2.
  ClassOverlapLoss(int64_t samples, int64_t voxels, int64_t channels, bool focal, Workers& workers)
      : samples_(samples),
        voxels_(voxels),
        channels_(channels),
        focal_(focal),
        workers_(workers),
        strips_(voxels, 4096, 1024) {}

  // Returns the mean over samples and classes of Dice, and over all voxels of the entropy. `sums`
  // gets two numbers by sample and class: sum (p - t)^2 and sum p^2 + sum t^2 + 1.
  std::array<double, 2> apply(const float* logits, const float* target, float* sums) const {
    const int64_t width = 2 * channels_;  // of a strip's sums; those of channel 0: entropy, unused
    std::vector<double> parts(samples_ * strips_.count() * width);
    forStrips([&](int64_t strip, int64_t, int64_t begin, int64_t count) {
      Lanes lanes(channels_);
      for (int64_t first = 0; first < count; first += kLanes) {
        lanes.load(logits, target, begin + first, std::min<int64_t>(kLanes, count - first));
        Vector entropy{};
        for (int64_t c = 0; c < channels_; c++) {
          const Vector p = lanes.probability[c], t = lanes.target[c], apart = p - t;
          const Vector own = t * lanes.logProbability[c];
          entropy -= focal_ ? apart * apart * own : own;
          if (c == 0) continue;
          parts[strip * width + 2 * c] += sumLanes(apart * apart);
          parts[strip * width + 2 * c + 1] += sumLanes(p * p + t * t);
        }
        parts[strip * width] += sumLanes(entropy);
      }
    });
    double dice = 0, entropy = 0;
    for (int64_t sample = 0; sample < samples_; sample++) {
      const double* own = parts.data() + sample * strips_.count() * width;
      const auto sumOf = [&](int64_t i) {
        double sum = 0;
        for (int64_t strip = 0; strip < strips_.count(); strip++) sum += own[strip * width + i];
        return sum;
      };
      entropy += sumOf(0);
      for (int64_t c = 1; c < channels_; c++) {
        const double apart = sumOf(2 * c), size = sumOf(2 * c + 1) + 1;
        dice += apart / size;
        *sums++ = apart;
        *sums++ = size;
      }
    }
    return {dice / (samples_ * (channels_ - 1)), entropy / (samples_ * voxels_)};
  }

  // The slope of the logits for those of the two results.
  void back(const float* logits, const float* target, const float* sums, float diceSlope,
            float entropySlope, float* slope) const {
    const float entropyShare = entropySlope / (samples_ * voxels_);
    const float diceShare = diceSlope / (samples_ * (channels_ - 1));
    forStrips([&](int64_t, int64_t sample, int64_t begin, int64_t count) {
      Lanes lanes(channels_);
      for (int64_t first = 0; first < count; first += kLanes) {
        const int64_t size = std::min<int64_t>(kLanes, count - first);
        lanes.load(logits, target, begin + first, size);
        // With h_c = p_c dL/dp_c the slope of logit c is h_c - p_c sum(h).
        Vector total{};
        for (int64_t c = 0; c < channels_; c++) {
          const Vector p = lanes.probability[c], t = lanes.target[c], apart = p - t;
          Vector own = -t;
          if (focal_) own = apart * t * (-2.0f * p * lanes.logProbability[c] - apart);
          own *= entropyShare;
          if (c > 0) {
            const float* sum = sums + 2 * (sample * (channels_ - 1) + c - 1);
            // d(apart / size)/dp = 2 (p - t) / size - 2 p apart / size^2
            const float byApart = 2 * diceShare / sum[1];
            own += p * (apart * byApart - p * (byApart * (sum[0] / sum[1])));
          }
          lanes.logProbability[c] = own;  // which is not needed any more
          total += own;
        }
        for (int64_t c = 0; c < channels_; c++) {
          const Vector own = lanes.logProbability[c] - lanes.probability[c] * total;
          float* to = slope + (begin + first) * channels_ + c;
          for (int64_t lane = 0; lane < size; lane++) to[lane * channels_] = own[lane];
        }
      }
    });
  }

 private:
  // Some neighbouring voxels, channel by channel. Lanes without a voxel are 0 throughout.
  struct Lanes {
    explicit Lanes(int64_t channels)
        : channels(channels),
          memory(3 * channels * kLanes),
          probability(reinterpret_cast<Vector*>(memory.data())),
          logProbability(probability + channels),
          target(logProbability + channels) {}

    void load(const float* logits, const float* targets, int64_t voxel, int64_t count) {
      std::fill_n(memory.data(), 3 * channels * kLanes, 0.0f);
      for (int64_t c = 0; c < channels; c++) {
        const float* from = logits + voxel * channels + c;
        const float* shares = targets + voxel * channels + c;
        for (int64_t lane = 0; lane < count; lane++) {
          logProbability[c][lane] = from[lane * channels];
          target[c][lane] = shares[lane * channels];
        }
      }
      Vector most = logProbability[0];
      for (int64_t c = 1; c < channels; c++) most = larger(most, logProbability[c]);
      Vector total{};
      for (int64_t c = 0; c < channels; c++) {
        logProbability[c] -= most;
        probability[c] = expOfNegative(logProbability[c]);
        total += probability[c];
      }
      Vector logTotal{}, share{};
      for (int64_t lane = 0; lane < count; lane++) {
        logTotal[lane] = std::log(total[lane]);
        share[lane] = 1 / total[lane];
      }
      for (int64_t c = 0; c < channels; c++) {
        logProbability[c] -= logTotal;
        probability[c] *= share;
      }
    }

    const int64_t channels;
    const Floats memory;
    Vector* const probability;
    Vector* const logProbability;
    Vector* const target;
  };

  // each(strip, sample, first voxel, voxels), in parallel; voxels are counted over all samples.
  template <typename Each>
  void forStrips(const Each& each) const {
    workers_.run(samples_ * strips_.count(), samples_ * voxels_ > 8192, [&](int64_t i) {
      const int64_t sample = i / strips_.count(), strip = i % strips_.count();
      each(i, sample, sample * voxels_ + strips_.begin(strip),
           strips_.end(strip) - strips_.begin(strip));
    });
  }

  const int64_t samples_, voxels_, channels_;
  const bool focal_;
  Workers& workers_;
  const Pieces strips_;
};

}  // namespace roiseg
