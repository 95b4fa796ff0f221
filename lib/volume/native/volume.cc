// What lib/volume calls by Deno.dlopen. The functions trust their arguments, apart from the content
// of the deflate stream.
#include "affine.h"
#include "inflate.h"
#include "resample.h"

extern "C" {

roiseg::Inflater* roiseg_inflater() { return new roiseg::Inflater(); }

void roiseg_inflater_delete(roiseg::Inflater* inflater) { delete inflater; }

void roiseg_inflater_feed(roiseg::Inflater* inflater, const uint8_t* bytes, uint32_t length) {
  inflater->feed(bytes, length);
}

// Inflates the next portion to output + roiseg_inflater_history(); `size` gets its bytes. `output` and
// that of the step before, which is read, hold roiseg_inflater_output() bytes. A roiseg::Status.
int32_t roiseg_inflater_step(roiseg::Inflater* inflater, uint8_t* output, uint32_t* size) {
  const auto status = inflater->step(output);
  *size = inflater->portionSize();
  return status;
}

// Bytes fed that lie behind the stream.
uint32_t roiseg_inflater_unused(roiseg::Inflater* inflater) { return inflater->unused(); }

uint32_t roiseg_inflater_history() { return roiseg::Inflater::kHistory; }

uint32_t roiseg_inflater_output() { return roiseg::Inflater::kOutput; }

void roiseg_resample_plane(const float* values, int32_t width, int32_t from,
                           int32_t columns, int32_t length_x, int32_t taps_x, const int32_t* first_x,
                           const double* weights_x, int32_t length_y, int32_t taps_y,
                           const int32_t* first_y, const double* weights_y, float* rows,
                           float* result) {
  roiseg::resamplePlane(values, width, from, columns,
                        {length_x, taps_x, first_x, weights_x},
                        {length_y, taps_y, first_y, weights_y}, rows, result);
}

void roiseg_add_scaled(float* result, const float* values, uint32_t count, double weight) {
  roiseg::addScaled(result, values, count, weight);
}

void roiseg_window(const float* values, uint32_t count, double low, double scale, float* result) {
  roiseg::window(values, count, low, scale, result);
}

void roiseg_resample_affine(const float* source, int32_t width, int32_t height, int32_t depth,
                            int32_t channels, const double* matrix, const double* offset,
                            float* result) {
  roiseg::resampleAffine(source, {width, height, depth, channels}, matrix, offset, result);
}

}  // extern "C"
