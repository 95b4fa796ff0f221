// The inner loops of lib/volume/voxel_values.ts and lib/volume/rows_set.ts.
#pragma once

#include <algorithm>
#include <cstdint>
#include <type_traits>

namespace roiseg {

// Types of stored values; as in lib/volume/native_library.ts.
enum class Stored : int32_t {
  kUint8,
  kInt8,
  kInt16,
  kUint16,
  kInt32,
  kUint32,
  kFloat32,
  kFloat64,
};

// value * slope + intercept in double precision, rounded once (contraction must be off).
template <typename Value>
void scaleValues(const Value* __restrict values, int64_t count, double slope, double intercept,
                 float* __restrict result) {
  if (std::is_integral_v<Value> && slope == 1 && intercept == 0) {
    for (int64_t i = 0; i < count; i++) result[i] = static_cast<float>(values[i]);
    return;
  }
  for (int64_t i = 0; i < count; i++) {
    result[i] = static_cast<float>(static_cast<double>(values[i]) * slope + intercept);
  }
}

inline void scaleStored(const void* values, Stored type, int64_t count, double slope,
                        double intercept, float* result) {
  const auto as = [&](auto* typed) { scaleValues(typed, count, slope, intercept, result); };
  switch (type) {
    case Stored::kUint8:
      return as(static_cast<const uint8_t*>(values));
    case Stored::kInt8:
      return as(static_cast<const int8_t*>(values));
    case Stored::kInt16:
      return as(static_cast<const int16_t*>(values));
    case Stored::kUint16:
      return as(static_cast<const uint16_t*>(values));
    case Stored::kInt32:
      return as(static_cast<const int32_t*>(values));
    case Stored::kUint32:
      return as(static_cast<const uint32_t*>(values));
    case Stored::kFloat32:
      return as(static_cast<const float*>(values));
    case Stored::kFloat64:
      return as(static_cast<const double*>(values));
  }
}

inline void widenLabels(const uint8_t* values, int64_t count, uint16_t* result) {
  std::copy_n(values, count, result);
}

// Which rows of `width` bytes hold anything but 0: 1, else 0.
inline void rowsSet(const uint8_t* bytes, int64_t width, int64_t rows, uint8_t* isSet) {
  for (int64_t y = 0; y < rows; y++) {
    const uint8_t* const row = bytes + y * width;
    uint8_t any = 0;
    for (int64_t x = 0; x < width; x++) any |= row[x];
    isSet[y] = any != 0;
  }
}

}  // namespace roiseg
