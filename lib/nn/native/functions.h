// The exponential and the Gaussian error linear unit of whole vectors, to about 2e-7.
#pragma once

#include "vector.h"

namespace roiseg {

// e^x for x <= 0, and 0 below -87, where floats end.
inline Vector expOfNegative(Vector x) {
  const auto isTooSmall = x < -87.0f;
  // x = n log 2 + rest, with n found by rounding in the mantissa of a large number.
  const Vector rounder = splat(12582912.0f);
  const Vector shifted = x * 1.44269504f + rounder;
  const Vector n = shifted - rounder;
  const Vector rest = (x - n * 0.693359375f) + n * 2.12194440e-4f;
  Vector power = splat(1.9875691500e-4f);
  power = power * rest + 1.3981999507e-3f;
  power = power * rest + 8.3334519073e-3f;
  power = power * rest + 4.1665795894e-2f;
  power = power * rest + 1.6666665459e-1f;
  power = power * rest + 5.0000001201e-1f;
  power = power * rest * rest + rest + 1.0f;
  const Bits bits = (Bits)power + ((Bits)shifted << 23);
  return isTooSmall ? Vector{} : (Vector)bits;
}

// log(1 + x) for x in [0, 1], by the series of 2 artanh(x / (2 + x)).
inline Vector logOfOnePlus(Vector x) {
  const Vector s = x / (2.0f + x);
  const Vector square = s * s;
  Vector series = splat(1.0f / 15);
  series = series * square + 1.0f / 13;
  series = series * square + 1.0f / 11;
  series = series * square + 1.0f / 9;
  series = series * square + 1.0f / 7;
  series = series * square + 1.0f / 5;
  series = series * square + 1.0f / 3;
  series = series * square + 1.0f;
  return 2.0f * s * series;
}

// The normal distribution at x, Phi(x), and its density times sqrt(2 pi).
struct Normal {
  Vector below;
  Vector bell;
};

// Phi from erfc(u) = exp(-u^2) erfcx(u), u = |x| / sqrt 2, so that it keeps its precision where
// 1 + erf would cancel; erfcx is a polynomial of 1 / (1 + 0.45 u), fitted to 1.3e-8.
inline Normal normal(Vector x) {
  const Vector size = larger(x, -x);
  const Vector bell = expOfNegative(x * x * -0.5f);
  const Vector t = 1.0f / (1.0f + size * (0.45f * 0.70710678f));
  Vector tail = splat(-0.03295209432632654f);
  tail = tail * t + 0.1456400537960913f;
  tail = tail * t - 0.19712224604028672f;
  tail = tail * t + 0.008652159331950182f;
  tail = tail * t + 0.08452577410497283f;
  tail = tail * t + 0.0653927352943836f;
  tail = tail * t + 0.19297626812986135f;
  tail = tail * t + 0.2247491253734602f;
  tail = tail * t + 0.2542708862426481f;
  tail = tail * t + 0.2538673258259503f;
  tail = tail * t * bell * 0.5f;
  return {x < 0.0f ? tail : 1.0f - tail, bell};
}

inline Vector gelu(Vector x) { return x * normal(x).below; }

// The derivative: Phi(x) + x times the density.
inline Vector geluSlope(Vector x, Normal n) { return n.below + x * n.bell * 0.39894228f; }

}  // namespace roiseg
