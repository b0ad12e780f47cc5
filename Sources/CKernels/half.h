// Binary16 numbers, as scales in GGUF blocks are stored.

#ifndef ATTUNE_HALF_H
#define ATTUNE_HALF_H

#include <stdint.h>
#include <string.h>

static inline __attribute__((always_inline)) float float_of_bits(uint32_t bits) {
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/// Widens a binary16 number exactly: subnormals, infinities and signed zeros included.
static inline __attribute__((always_inline)) float half_at(const uint8_t *source) {
    uint16_t half;
    memcpy(&half, source, sizeof half);
    const uint32_t sign = (uint32_t)(half & 0x8000) << 16, magnitude = half & 0x7fff;
    const uint32_t rebias = magnitude >= 0x7c00 ? 0x70000000 : 0x38000000;
    const float normal = float_of_bits((magnitude << 13) + rebias);
    const float subnormal = (float)magnitude * 0x1p-24f;
    const float value = magnitude < 0x400 ? subnormal : normal;
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return float_of_bits(bits | sign);
}

#endif
