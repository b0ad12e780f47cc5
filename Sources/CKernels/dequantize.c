#include "attune_dequantize.h"

#include <string.h>

#include "half.h"

// numpy rounds after every operation; a fused multiply-add would not.
#pragma STDC FP_CONTRACT OFF

static inline __attribute__((always_inline)) uint32_t word_at(const uint8_t *source) {
    uint32_t word;
    memcpy(&word, source, sizeof word);
    return word;
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
