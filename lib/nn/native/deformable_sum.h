// The core of multi-scale deformable attention (lib/detector/ms_deform_attn.ts): every query sums
// values that it reads bilinearly, zero outside, at a few places of each map.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "vector.h"
#include "workers.h"

namespace roiseg {

struct MapShape {
  int64_t rows, columns;
};

class DeformableSum {
 public:
  // Of values [n, pixel, head, depth], locations [n, query, head, map, point, (x, y)] and weights
  // [n, query, head, map, point]; results are [n, query, head, depth].
  DeformableSum(int64_t samples, int64_t heads, int64_t depth, int64_t queries, int64_t points,
                const std::vector<MapShape>& maps, Workers& workers)
      : samples_(samples),
        heads_(heads),
        depth_(depth),
        queries_(queries),
        points_(points),
        maps_(maps),
        workers_(workers) {
    for (const MapShape& map : maps_) pixels_ += map.rows * map.columns;
  }

  int64_t pixels() const { return pixels_; }

  void apply(const float* value, const float* locations, const float* weights, float* sum) const {
    forHeads([&](int64_t sample, int64_t head) {
      const float* values = value + (sample * pixels_ * heads_ + head) * depth_;
      for (int64_t query = 0; query < queries_; query++) {
        const int64_t row = (sample * queries_ + query) * heads_ + head;
        float* to = sum + row * depth_;
        std::fill_n(to, depth_, 0.0f);
        forPlaces(row, locations, [&](int64_t place, const Place& at) {
          const float weight = weights[place];
          at.forCorners([&](int64_t pixel, float factor) {
            const float* from = values + pixel * heads_ * depth_;
            forVectors(depth_, [&](ptrdiff_t c, auto lanes) {
              store(to + c, load(to + c, lanes) + weight * factor * load(from + c, lanes), lanes);
            });
          });
          to[0] += at.poison;
        });
      }
    });
  }

  void back(const float* value, const float* locations, const float* weights, const float* slope,
            float* valueSlope, float* locationSlopes, float* weightSlopes) const {
    std::fill_n(valueSlope, samples_ * pixels_ * heads_ * depth_, 0.0f);
    forHeads([&](int64_t sample, int64_t head) {
      const int64_t first = (sample * pixels_ * heads_ + head) * depth_;
      for (int64_t query = 0; query < queries_; query++) {
        const int64_t row = (sample * queries_ + query) * heads_ + head;
        const float* along = slope + row * depth_;
        forPlaces(row, locations, [&](int64_t place, const Place& at) {
          const float weight = weights[place];
          float dots[4] = {};
          int corner = 0;
          float sum = 0;
          at.forAllCorners([&](int64_t pixel, float factor) {
            const int own = corner++;
            if (pixel < 0) return;
            const int64_t offset = first + pixel * heads_ * depth_;
            Vector products{};
            forVectors(depth_, [&](ptrdiff_t c, auto lanes) {
              const Vector g = load(along + c, lanes);
              float* to = valueSlope + offset + c;
              products += g * load(value + offset + c, lanes);
              store(to, load(to, lanes) + weight * factor * g, lanes);
            });
            dots[own] = sumLanes(products);
            sum += factor * dots[own];
          });
          weightSlopes[place] = sum + at.poison;
          locationSlopes[2 * place] = weight * at.columns *
                                      ((1 - at.down) * (dots[1] - dots[0]) +
                                       at.down * (dots[3] - dots[2])) + at.poison;
          locationSlopes[2 * place + 1] = weight * at.rows *
                                          ((1 - at.right) * (dots[2] - dots[0]) +
                                           at.right * (dots[3] - dots[1])) + at.poison;
        });
      }
    });
  }

 private:
  // A place in a map: the pixel above and left of it, and how far below and right of that it lies.
  struct Place {
    Place(float x, float y, const MapShape& map, int64_t start)
        : rows(map.rows), columns(map.columns), start(start) {
      const float column = x * columns - 0.5f, row = y * rows - 0.5f;
      poison = 0 * (column + row);  // NaN where the location is
      isNear = column > -1 && row > -1 && column < columns && row < rows;
      if (!isNear) return;
      left = std::floor(column);
      top = std::floor(row);
      right = column - left;
      down = row - top;
    }

    // each(pixel, factor) for the four pixels around, -1 for one outside.
    template <typename Each>
    void forAllCorners(const Each& each) const {
      if (!isNear) return;
      for (int64_t i = 0; i < 2; i++) {
        for (int64_t j = 0; j < 2; j++) {
          const bool isInside = top + i >= 0 && top + i < rows && left + j >= 0 && left + j < columns;
          each(isInside ? start + (top + i) * columns + left + j : -1,
               (i ? down : 1 - down) * (j ? right : 1 - right));
        }
      }
    }

    template <typename Each>
    void forCorners(const Each& each) const {
      forAllCorners([&](int64_t pixel, float factor) {
        if (pixel >= 0) each(pixel, factor);
      });
    }

    int64_t rows, columns, start;
    bool isNear;
    int64_t left = 0, top = 0;
    float right = 0, down = 0, poison;
  };

  // each(place, where) for the places of a row (sample, query, head).
  template <typename Each>
  void forPlaces(int64_t row, const float* locations, const Each& each) const {
    int64_t place = row * maps_.size() * points_, start = 0;
    for (const MapShape& map : maps_) {
      for (int64_t point = 0; point < points_; point++, place++) {
        each(place, Place(locations[2 * place], locations[2 * place + 1], map, start));
      }
      start += map.rows * map.columns;
    }
  }

  // each(sample, head), in parallel: no two share a value.
  template <typename Each>
  void forHeads(const Each& each) const {
    workers_.run(samples_ * heads_, queries_ * samples_ * heads_ * points_ > 2000,
                 [&](int64_t i) { each(i / heads_, i % heads_); });
  }

  const int64_t samples_, heads_, depth_, queries_, points_;
  const std::vector<MapShape> maps_;
  Workers& workers_;
  int64_t pixels_ = 0;
};

}  // namespace roiseg
