// Float vectors of the processor's own width, by the vector extensions of GCC and Clang.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>

#if defined(__AVX512F__) || defined(__AVX__)
#include <immintrin.h>
#endif

namespace roiseg {

#if defined(__AVX512F__)
constexpr int kLanes = 16;
#elif defined(__AVX__)
constexpr int kLanes = 8;
#else
constexpr int kLanes = 4;
#endif

typedef float Vector __attribute__((vector_size(kLanes * 4)));
typedef int32_t Integers __attribute__((vector_size(kLanes * 4)));
typedef uint32_t Bits __attribute__((vector_size(kLanes * 4)));
typedef float UnalignedVector __attribute__((vector_size(kLanes * 4), aligned(4), may_alias));

inline Vector splat(float value) { return value - Vector{}; }
inline Vector load(const float* from) { return *reinterpret_cast<const UnalignedVector*>(from); }
inline void store(float* to, Vector value) { *reinterpret_cast<UnalignedVector*>(to) = value; }

// The first lanes of a vector, for the end of a row: the others are read as 0 and not written.
struct Part {
#if defined(__AVX512F__)
  explicit Part(int count) : mask(static_cast<__mmask16>((1u << count) - 1)) {}
  __mmask16 mask;
#elif defined(__AVX__)
  explicit Part(int count) {
    for (int i = 0; i < kLanes; i++) mask[i] = i < count ? -1 : 0;
  }
  Integers mask;
#else
  explicit Part(int count) : count(count) {}
  int count;
#endif
};

inline Vector load(const float* from, Part part) {
#if defined(__AVX512F__)
  return (Vector)_mm512_maskz_loadu_ps(part.mask, from);
#elif defined(__AVX__)
  return (Vector)_mm256_maskload_ps(from, (__m256i)part.mask);
#else
  Vector value{};
  std::memcpy(&value, from, part.count * sizeof(float));
  return value;
#endif
}

inline void store(float* to, Vector value, Part part) {
#if defined(__AVX512F__)
  _mm512_mask_storeu_ps(to, part.mask, (__m512)value);
#elif defined(__AVX__)
  _mm256_maskstore_ps(to, (__m256i)part.mask, (__m256)value);
#else
  std::memcpy(to, &value, part.count * sizeof(float));
#endif
}

// Calls each(offset, part) for the vectors of a row of `count` floats; the last may be a part.
// `each` is made twice, for whole vectors (with an empty tag) and for the rest.
struct Whole {};
inline Vector load(const float* from, Whole) { return load(from); }
inline void store(float* to, Vector value, Whole) { store(to, value); }

template <typename Each>
inline void forVectors(ptrdiff_t count, Each&& each) {
  ptrdiff_t i = 0;
  for (; i + kLanes <= count; i += kLanes) each(i, Whole{});
  if (i < count) each(i, Part(static_cast<int>(count - i)));
}

inline float sumLanes(Vector value) {
  float sum = 0;
  for (int i = 0; i < kLanes; i++) sum += value[i];
  return sum;
}

inline Vector squareRoot(Vector value) {
  for (int i = 0; i < kLanes; i++) value[i] = __builtin_sqrtf(value[i]);
  return value;
}

// The lanes of a and of b in turns, from lane kBegin of each.
template <int kBegin, int... kLane>
inline Vector interleave(Vector a, Vector b, std::integer_sequence<int, kLane...>) {
#if defined(__clang__) || __GNUC__ >= 12
  return __builtin_shufflevector(a, b, (kBegin + kLane / 2 + kLane % 2 * kLanes)...);
#else
  return __builtin_shuffle(a, b, Integers{(kBegin + kLane / 2 + kLane % 2 * kLanes)...});
#endif
}

// Transposes a square of kLanes rows: each round brings the halves together by twos.
template <int kRound = 1>
inline void transposeSquare(Vector (&rows)[kLanes]) {
  if constexpr (kRound < kLanes) {
    constexpr std::make_integer_sequence<int, kLanes> lanes;
    Vector next[kLanes];
#pragma GCC unroll 8
    for (int i = 0; i < kLanes / 2; i++) {
      next[2 * i] = interleave<0>(rows[i], rows[i + kLanes / 2], lanes);
      next[2 * i + 1] = interleave<kLanes / 2>(rows[i], rows[i + kLanes / 2], lanes);
    }
    transposeSquare<2 * kRound>(next);
#pragma GCC unroll 16
    for (int i = 0; i < kLanes; i++) rows[i] = next[i];
  }
}

inline Vector larger(Vector a, Vector b) { return a > b ? a : b; }

}  // namespace roiseg
