// What lib/volume calls by Deno.dlopen. The functions trust their arguments, apart from the content
// of the deflate stream.
#include "affine.h"
#include "inflate.h"
#include "intensity.h"
#include "resample.h"
#include "slices.h"
#include "stored.h"

extern "C" {

roiseg::Inflater* roiseg_inflater() { return new roiseg::Inflater(); }

void roiseg_inflater_delete(roiseg::Inflater* inflater) { delete inflater; }

void roiseg_inflater_feed(roiseg::Inflater* inflater, const uint8_t* bytes, uint32_t length) {
  inflater->feed(bytes, length);
}

// Inflates the next portion; a roiseg::Status. It touches the inflater's own memory only, so that it
// may still run, on another thread, when the script that called it has ended.
int32_t roiseg_inflater_step(roiseg::Inflater* inflater) { return inflater->step(); }

// Where the steps put their portions in turns, the first one at turn 0.
const uint8_t* roiseg_inflater_portion(roiseg::Inflater* inflater, int32_t turn) {
  return inflater->portion(turn);
}

// The room that there is for a portion.
uint32_t roiseg_inflater_room() { return roiseg::Inflater::kLargestPortion; }

uint32_t roiseg_inflater_portion_size(roiseg::Inflater* inflater) { return inflater->portionSize(); }

// Bytes fed that lie behind the stream.
uint32_t roiseg_inflater_unused(roiseg::Inflater* inflater) { return inflater->unused(); }

void roiseg_resample_plane(const float* values, int32_t width, int32_t from,
                           int32_t columns, int32_t length_x, int32_t taps_x, const int32_t* first_x,
                           const double* weights_x, int32_t length_y, int32_t taps_y,
                           const int32_t* first_y, const double* weights_y, float* rows,
                           float* result) {
  roiseg::resamplePlane(values, width, from, columns,
                        {length_x, taps_x, first_x, weights_x},
                        {length_y, taps_y, first_y, weights_y}, rows, result);
}

bool roiseg_mask_plane(const uint16_t* labels, int32_t width, int32_t left, int32_t right,
                       int32_t top, int32_t bottom, const uint16_t* values, int32_t count,
                       float* result) {
  return roiseg::maskPlane(labels, width, {left, right, top, bottom}, values, count, result);
}

void roiseg_add_scaled(float* result, const float* values, uint32_t count, double weight) {
  roiseg::addScaled(result, values, count, weight);
}

void roiseg_window(const float* values, uint32_t count, double low, double scale, float* result) {
  roiseg::window(values, count, low, scale, result);
}

void roiseg_apply_curve(float* values, uint32_t count, const float* curve, uint32_t size) {
  roiseg::applyCurve(values, count, curve, size);
}

void roiseg_change_contrast(float* values, uint32_t count, double contrast, double offset,
                            const float* noise, const uint32_t* places) {
  roiseg::changeContrast(values, count, contrast, offset, noise, places);
}

void roiseg_resample_affine(const float* source, int32_t width, int32_t height, int32_t depth,
                            int32_t channels, const double* matrix, const double* offset,
                            float* result) {
  roiseg::resampleAffine(source, {width, height, depth, channels}, matrix, offset, result);
}

void roiseg_project_slices(const float* values, int32_t outer, int32_t slices, int32_t inner,
                           int32_t length, int32_t taps, const int32_t* first,
                           const double* weights, float* result) {
  roiseg::projectSlices(values, {outer, slices, inner}, {length, taps, first, weights}, result);
}

void roiseg_scale(const void* values, int32_t type, uint32_t count, double slope, double intercept,
                  float* result) {
  roiseg::scaleStored(values, static_cast<roiseg::Stored>(type), count, slope, intercept, result);
}

void roiseg_widen_labels(const uint8_t* values, uint32_t count, uint16_t* result) {
  roiseg::widenLabels(values, count, result);
}

void roiseg_rows_set(const uint8_t* bytes, int32_t width, uint32_t rows, uint8_t* is_set) {
  roiseg::rowsSet(bytes, width, rows, is_set);
}

}  // extern "C"
