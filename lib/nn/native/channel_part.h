// Tensors whose channels are put side by side.
#pragma once

#include <cstdint>
#include <vector>

namespace roiseg {

// Some of the channels of pictures or volumes.
struct ChannelPart {
  const float* values;
  int64_t channels;
};

using ChannelParts = std::vector<ChannelPart>;

inline int64_t channelsOf(const ChannelParts& parts) {
  int64_t channels = 0;
  for (const ChannelPart& part : parts) channels += part.channels;
  return channels;
}

}  // namespace roiseg
