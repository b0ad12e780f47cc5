#if defined(__x86_64__)
#include <immintrin.h>

#include "integer_imports.h"

#pragma clang diagnostic ignored "-Wpsabi"
#pragma clang attribute push(                                                                      \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,f16c"))),        \
    apply_to = function)
#define KERNELS attune_integer_avx512
#define KERNELS_NAME "avx512-vnni"
#define TILE_TOKENS 12
#define TRANSPOSED_TOKENS 8
#define INLINE __attribute__((always_inline))

static inline INLINE __m512i four_bytes(const int8_t *x) {
    int32_t word;
    memcpy(&word, x, sizeof word);
    return _mm512_set1_epi32(word);
}

static inline INLINE void tile(
    const size_t tokens, const int planes, const int bits, const int has_offsets,
    const float bias, const uint8_t *packed, size_t block_bytes, size_t blocks,
    attune_integer_rows x, size_t t, float *y, size_t ldy, size_t width, int adding) {
    const __m512i nibble = _mm512_set1_epi8(15);
    __m512 sums[12];
    for (size_t i = 0; i < tokens; i++) sums[i] = _mm512_setzero_ps();
    for (size_t b = 0; b < blocks; b++, packed += block_bytes) {
        const size_t block = b * x.count + t;
        const int8_t *high = x.high + block * ATTUNE_BLOCK;
        const int8_t *low = planes == 2 ? x.low + block * ATTUNE_BLOCK : 0;
        __m512i highs[12], lows[8];
        for (size_t i = 0; i < tokens; i++) {
            highs[i] = _mm512_setzero_si512();
            if (planes == 2) lows[i] = _mm512_setzero_si512();
        }
#define ACCUMULATE(codes, column)                                                                  \
    for (size_t i = 0; i < tokens; i++) {                                                          \
        size_t place = i * ATTUNE_BLOCK + (column);                                                \
        highs[i] = _mm512_dpbusd_epi32(highs[i], codes, four_bytes(high + place));                 \
        if (planes == 2)                                                                           \
            lows[i] = _mm512_dpbusd_epi32(lows[i], codes, four_bytes(low + place));                \
    }
        for (size_t v = 0; v < (size_t)bits; v++) {
            __m512i stored = _mm512_loadu_si512(packed + 64 * v);
            if (bits == 4) {
                __m512i first = _mm512_and_si512(stored, nibble);
                ACCUMULATE(first, 4 * v)
                __m512i second = _mm512_and_si512(_mm512_srli_epi16(stored, 4), nibble);
                ACCUMULATE(second, 16 + 4 * v)
            } else {
                ACCUMULATE(stored, 4 * v)
            }
        }
#undef ACCUMULATE
        const uint8_t *tail = packed + 64 * bits;
        __m512 scale = _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)tail));
        __m512 offset = has_offsets
            ? _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)(tail + 32)))
            : _mm512_mul_ps(scale, _mm512_set1_ps(-bias));
        for (size_t i = 0; i < tokens; i++) {
            __m512i total = planes == 2
                ? _mm512_add_epi32(_mm512_slli_epi32(highs[i], 8), lows[i]) : highs[i];
            __m512 factor = _mm512_mul_ps(scale, _mm512_set1_ps(x.scales[block + i]));
            sums[i] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(total), factor, sums[i]);
            sums[i] = _mm512_fmadd_ps(offset, _mm512_set1_ps(x.block_sums[block + i]), sums[i]);
        }
    }
    const __mmask16 mask = (__mmask16)((1u << width) - 1);
    for (size_t i = 0; i < tokens; i++) {
        if (adding) sums[i] = _mm512_add_ps(sums[i], _mm512_maskz_loadu_ps(mask, y + i * ldy));
        _mm512_mask_storeu_ps(y + i * ldy, mask, sums[i]);
    }
}

static inline INLINE void scaled_products(
    const int16_t *a, const int16_t *b, int16_t *products) {
    for (size_t i = 0; i < ATTUNE_CHUNK; i += 32)
        _mm512_storeu_si512(
            products + i,
            _mm512_mulhrs_epi16(_mm512_loadu_si512(a + i), _mm512_loadu_si512(b + i)));
}

static inline INLINE void transposed_tile(
    const size_t tokens, const int16_t *pairs, const int16_t *values, const float *factors,
    float *y) {
    __m512i sums[8][2];
    for (size_t i = 0; i < tokens; i++) sums[i][0] = sums[i][1] = _mm512_setzero_si512();
    for (size_t pair = 0; pair < ATTUNE_CHUNK / 2; pair++) {
        __m512i first = _mm512_loadu_si512(pairs + 64 * pair);
        __m512i second = _mm512_loadu_si512(pairs + 64 * pair + 32);
        for (size_t i = 0; i < tokens; i++) {
            __m512i value =
                four_bytes((const int8_t *)(values + i * ATTUNE_CHUNK + 2 * pair));
            sums[i][0] = _mm512_dpwssd_epi32(sums[i][0], first, value);
            sums[i][1] = _mm512_dpwssd_epi32(sums[i][1], second, value);
        }
    }
    for (size_t i = 0; i < tokens; i++)
        for (size_t half = 0; half < 2; half++) {
            float *place = y + i * ATTUNE_BLOCK + 16 * half;
            _mm512_storeu_ps(
                place,
                _mm512_fmadd_ps(
                    _mm512_cvtepi32_ps(sums[i][half]), _mm512_set1_ps(factors[i]),
                    _mm512_loadu_ps(place)));
        }
}

#include "integer_body.h"
#pragma clang attribute pop
#endif
