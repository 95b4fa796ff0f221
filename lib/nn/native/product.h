// Products of small row-major matrices, blocked by registers.
#pragma once

#include <algorithm>

#include "vector.h"

namespace roiseg {

#if defined(__AVX512F__)
constexpr int kTileRows = 8;
constexpr int kTileVectors = 3;
#elif defined(__AVX__)
constexpr int kTileRows = 6;
constexpr int kTileVectors = 2;
#else
constexpr int kTileRows = 6;
constexpr int kTileVectors = 4;
#endif

// A matrix whose element (row, column) lies at data[row * rowStep + column * columnStep]: either
// step may be 1, so that a transpose is the same data with the steps swapped.
struct Strided {
  const float* data;
  ptrdiff_t rowStep;
  ptrdiff_t columnStep;
};

// What becomes of the result's former values.
enum class Result { kReplace, kAdd };

template <int kRows, int kVectors, Result kResult, typename Last>
inline void productTile(ptrdiff_t depth, Strided a, const float* b, ptrdiff_t bStep, float* c,
                        ptrdiff_t cStep, Last last) {
  Vector sum[kRows][kVectors] = {};
#pragma GCC unroll 4
  for (ptrdiff_t p = 0; p < depth; p++) {
    Vector right[kVectors];
#pragma GCC unroll 8
    for (int v = 0; v + 1 < kVectors; v++) right[v] = load(b + v * kLanes);
    right[kVectors - 1] = load(b + (kVectors - 1) * kLanes, last);
#pragma GCC unroll 8
    for (int i = 0; i < kRows; i++) {
      const Vector left = splat(a.data[i * a.rowStep]);
#pragma GCC unroll 8
      for (int v = 0; v < kVectors; v++) sum[i][v] += left * right[v];
    }
    b += bStep;
    a.data += a.columnStep;
  }
#pragma GCC unroll 8
  for (int i = 0; i < kRows; i++, c += cStep) {
    for (int v = 0; v + 1 < kVectors; v++) {
      float* to = c + v * kLanes;
      store(to, kResult == Result::kAdd ? load(to) + sum[i][v] : sum[i][v]);
    }
    float* to = c + (kVectors - 1) * kLanes;
    const Vector value = sum[i][kVectors - 1];
    store(to, kResult == Result::kAdd ? load(to, last) + value : value, last);
  }
}

template <int kVectors, Result kResult, typename Last>
inline void productPanel(ptrdiff_t rows, ptrdiff_t depth, Strided a, const float* b,
                         ptrdiff_t bStep, float* c, ptrdiff_t cStep, Last last) {
  ptrdiff_t i = 0;
  const auto rest = [&](auto size) {
    constexpr int kRows = decltype(size)::value;
    for (; i + kRows <= rows; i += kRows) {
      productTile<kRows, kVectors, kResult>(
          depth, {a.data + i * a.rowStep, a.rowStep, a.columnStep}, b, bStep, c + i * cStep, cStep,
          last);
    }
  };
  rest(std::integral_constant<int, kTileRows>{});
  rest(std::integral_constant<int, 4>{});
  rest(std::integral_constant<int, 2>{});
  rest(std::integral_constant<int, 1>{});
}

// c (rows x columns, cStep apart) = or += a (rows x depth) * b (depth x columns, bStep apart).
template <Result kResult>
void product(ptrdiff_t rows, ptrdiff_t depth, ptrdiff_t columns, Strided a, const float* b,
             ptrdiff_t bStep, float* c, ptrdiff_t cStep) {
  const auto panel = [&](auto vectors, ptrdiff_t j, auto last) {
    productPanel<decltype(vectors)::value, kResult>(rows, depth, a, b + j, bStep, c + j, cStep,
                                                    last);
  };
  constexpr int kPanel = kTileVectors * kLanes;
  ptrdiff_t j = 0;
  for (; j + kPanel <= columns; j += kPanel) {
    panel(std::integral_constant<int, kTileVectors>{}, j, Whole{});
  }
  const ptrdiff_t left = columns - j;
  if (left == 0) return;
  const ptrdiff_t vectors = (left + kLanes - 1) / kLanes;
  const Part last(static_cast<int>(left - (vectors - 1) * kLanes));
  if (vectors == 1) panel(std::integral_constant<int, 1>{}, j, last);
  if (vectors == 2) panel(std::integral_constant<int, 2>{}, j, last);
  if constexpr (kTileVectors > 2) {
    if (vectors == 3) panel(std::integral_constant<int, 3>{}, j, last);
  }
  if constexpr (kTileVectors > 3) {
    if (vectors == 4) panel(std::integral_constant<int, 4>{}, j, last);
  }
}

inline void product(Result result, ptrdiff_t rows, ptrdiff_t depth, ptrdiff_t columns, Strided a,
                    const float* b, ptrdiff_t bStep, float* c, ptrdiff_t cStep) {
  if (result == Result::kAdd) {
    product<Result::kAdd>(rows, depth, columns, a, b, bStep, c, cStep);
  } else {
    product<Result::kReplace>(rows, depth, columns, a, b, bStep, c, cStep);
  }
}

}  // namespace roiseg
