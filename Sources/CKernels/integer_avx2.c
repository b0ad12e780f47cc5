#if defined(__x86_64__)
#include <immintrin.h>

#include "integer_imports.h"

#pragma clang diagnostic ignored "-Wpsabi"
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#define KERNELS attune_integer_avx2
#define KERNELS_NAME "avx2"
#define TILE_TOKENS 4
#define TRANSPOSED_TOKENS 2
#define INLINE __attribute__((always_inline))

static inline INLINE __m256i four_bytes(const int8_t *x) {
    int32_t word;
    memcpy(&word, x, sizeof word);
    return _mm256_set1_epi32(word);
}

/// Eight rows of a packed block by some tokens.
///
/// A pair product of a nibble and an activation is at most 3840, so that a block's eight fit into
/// 16 bits. Codes of 8 bits are taken as two nibbles.
static inline INLINE void half_tile(
    const size_t tokens, const int planes, const int bits, const int has_offsets,
    const float bias, const uint8_t *packed, size_t block_bytes, size_t blocks,
    attune_integer_rows x, size_t t, size_t half, float sums_out[][8]) {
    const __m256i nibble = _mm256_set1_epi8(15), ones = _mm256_set1_epi16(1);
    __m256 sums[4];
    for (size_t i = 0; i < tokens; i++) sums[i] = _mm256_setzero_ps();
    for (size_t b = 0; b < blocks; b++, packed += block_bytes) {
        const uint8_t *tail = packed + 64 * bits + 16 * half;
        __m256 scale = _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)tail));
        __m256 offset = has_offsets
            ? _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(tail + 32)))
            : _mm256_mul_ps(scale, _mm256_set1_ps(-bias));
        __m256i totals[4];
        const size_t block = b * x.count + t;
        for (int plane = 0; plane < planes; plane++) {
            const int8_t *values = (plane == 0 ? x.high : x.low) + block * ATTUNE_BLOCK;
            __m256i first[4], second[4];
            for (size_t i = 0; i < tokens; i++)
                first[i] = second[i] = _mm256_setzero_si256();
            for (size_t v = 0; v < (size_t)bits; v++) {
                __m256i stored =
                    _mm256_loadu_si256((const __m256i *)(packed + 64 * v + 32 * half));
                __m256i low = _mm256_and_si256(stored, nibble);
                __m256i high = _mm256_and_si256(_mm256_srli_epi16(stored, 4), nibble);
                for (size_t i = 0; i < tokens; i++) {
                    const int8_t *place = values + i * ATTUNE_BLOCK + 4 * v;
                    __m256i at_low = four_bytes(place);
                    __m256i at_high = bits == 4 ? four_bytes(place + 16) : at_low;
                    first[i] = _mm256_add_epi16(first[i], _mm256_maddubs_epi16(low, at_low));
                    second[i] = _mm256_add_epi16(second[i], _mm256_maddubs_epi16(high, at_high));
                }
            }
            for (size_t i = 0; i < tokens; i++) {
                __m256i total = _mm256_madd_epi16(first[i], ones);
                __m256i other = _mm256_madd_epi16(second[i], ones);
                total = _mm256_add_epi32(total, bits == 4 ? other : _mm256_slli_epi32(other, 4));
                totals[i] = plane == 0
                    ? total : _mm256_add_epi32(_mm256_slli_epi32(totals[i], 8), total);
            }
        }
        for (size_t i = 0; i < tokens; i++) {
            __m256 factor = _mm256_mul_ps(scale, _mm256_set1_ps(x.scales[block + i]));
            sums[i] = _mm256_fmadd_ps(_mm256_cvtepi32_ps(totals[i]), factor, sums[i]);
            sums[i] = _mm256_fmadd_ps(offset, _mm256_set1_ps(x.block_sums[block + i]), sums[i]);
        }
    }
    for (size_t i = 0; i < tokens; i++) _mm256_storeu_ps(sums_out[i], sums[i]);
}

static inline INLINE void tile(
    const size_t tokens, const int planes, const int bits, const int has_offsets,
    const float bias, const uint8_t *packed, size_t block_bytes, size_t blocks,
    attune_integer_rows x, size_t t, float *y, size_t ldy, size_t width, int adding) {
    for (size_t half = 0; half < 2 && 8 * half < width; half++) {
        float sums[4][8];
        half_tile(
            tokens, planes, bits, has_offsets, bias, packed, block_bytes, blocks, x, t, half,
            sums);
        const size_t count = width - 8 * half < 8 ? width - 8 * half : 8;
        for (size_t i = 0; i < tokens; i++) {
            float *place = y + i * ldy + 8 * half;
            for (size_t row = 0; row < count; row++)
                place[row] = adding ? sums[i][row] + place[row] : sums[i][row];
        }
    }
}

static inline INLINE void scaled_products(
    const int16_t *a, const int16_t *b, int16_t *products) {
    for (size_t i = 0; i < ATTUNE_CHUNK; i += 16)
        _mm256_storeu_si256(
            (__m256i *)(products + i),
            _mm256_mulhrs_epi16(
                _mm256_loadu_si256((const __m256i *)(a + i)),
                _mm256_loadu_si256((const __m256i *)(b + i))));
}

static inline INLINE void transposed_tile(
    const size_t tokens, const int16_t *pairs, const int16_t *values, const float *factors,
    float *y) {
    __m256i sums[2][4];
    for (size_t i = 0; i < tokens; i++)
        for (size_t part = 0; part < 4; part++) sums[i][part] = _mm256_setzero_si256();
    for (size_t pair = 0; pair < ATTUNE_CHUNK / 2; pair++) {
        const __m256i *codes = (const __m256i *)(pairs + 64 * pair);
        for (size_t i = 0; i < tokens; i++) {
            __m256i value = four_bytes((const int8_t *)(values + i * ATTUNE_CHUNK + 2 * pair));
            for (size_t part = 0; part < 4; part++)
                sums[i][part] = _mm256_add_epi32(
                    sums[i][part], _mm256_madd_epi16(_mm256_loadu_si256(codes + part), value));
        }
    }
    for (size_t i = 0; i < tokens; i++)
        for (size_t part = 0; part < 4; part++) {
            float *place = y + i * ATTUNE_BLOCK + 8 * part;
            _mm256_storeu_ps(
                place,
                _mm256_fmadd_ps(
                    _mm256_cvtepi32_ps(sums[i][part]), _mm256_set1_ps(factors[i]),
                    _mm256_loadu_ps(place)));
        }
}

#include "integer_body.h"
#pragma clang attribute pop
#endif
