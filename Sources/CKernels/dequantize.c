#include "attune_dequantize.h"

#include <string.h>

// numpy rounds after every operation; a fused multiply-add would not.
#pragma STDC FP_CONTRACT OFF

static inline __attribute__((always_inline)) float float_of_bits(uint32_t bits) {
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static inline __attribute__((always_inline)) uint32_t word_at(const uint8_t *source) {
    uint32_t word;
    memcpy(&word, source, sizeof word);
    return word;
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

// q4_K and q5_K pack eight 6-bit scales and minima into 12 bytes: bytes 0 to 3 and 4 to 7 hold
// scales and minima 0 to 3, with the top two bits of scales and minima 4 to 7 above them; bytes 8
// to 11 hold the low nibbles of scales and minima 4 to 7.
static inline __attribute__((always_inline)) int k_scale(const uint8_t *packed, int group) {
    if (group < 4) return packed[group] & 63;
    return (packed[group + 4] & 15) | (packed[group - 4] >> 2 & 48);
}

static inline __attribute__((always_inline)) int k_minimum(const uint8_t *packed, int group) {
    if (group < 4) return packed[group + 4] & 63;
    return packed[group + 4] >> 4 | (packed[group] >> 2 & 48);
}

// Clang would rather unroll loops of 16 completely, and then cannot vectorise what is left.
#define VECTORISED _Pragma("clang loop vectorize(enable) interleave(disable) unroll(disable)")

#define ATTUNE_TARGET
#define ATTUNE_NAME(name) name##_portable
#include "dequantize_blocks.h"

#if defined(__x86_64__)

#define ATTUNE_TARGET __attribute__((target("avx2")))
#define ATTUNE_NAME(name) name##_avx2
#include "dequantize_blocks.h"

#define ATTUNE_TARGET __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi")))
#define ATTUNE_NAME(name) name##_avx512
#include "dequantize_blocks.h"

#endif

int attune_can_dequantize_using(attune_instruction_set set) {
    switch (set) {
    case ATTUNE_PORTABLE: return 1;
#if defined(__x86_64__)
    case ATTUNE_AVX2: return __builtin_cpu_supports("avx2") != 0;
    case ATTUNE_AVX512:
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")
            && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")
            && __builtin_cpu_supports("avx512vbmi");
#endif
    default: return 0;
    }
}

void attune_dequantize_using(
    attune_instruction_set set, uint32_t ggml_type, const void *source, float *destination,
    size_t count
) {
    switch (set) {
#if defined(__x86_64__)
    case ATTUNE_AVX512: dequantize_avx512(ggml_type, source, destination, count); break;
    case ATTUNE_AVX2: dequantize_avx2(ggml_type, source, destination, count); break;
#endif
    default: dequantize_portable(ggml_type, source, destination, count); break;
    }
}

void attune_dequantize(uint32_t ggml_type, const void *source, float *destination, size_t count) {
    attune_instruction_set best = ATTUNE_AVX512;
    while (!attune_can_dequantize_using(best)) best--;
    attune_dequantize_using(best, ggml_type, source, destination, count);
}
