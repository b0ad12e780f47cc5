#if defined(__aarch64__)
#include <arm_neon.h>

#include "integer_imports.h"

#pragma clang attribute push(__attribute__((target("dotprod"))), apply_to = function)
#define KERNELS attune_integer_neon
#define KERNELS_NAME "neon-dotprod"
#define TILE_TOKENS 4
#define TRANSPOSED_TOKENS 2
#define INLINE __attribute__((always_inline))

static inline INLINE int8x16_t four_bytes(const int8_t *x) {
    int32_t word;
    memcpy(&word, x, sizeof word);
    return vreinterpretq_s8_s32(vdupq_n_s32(word));
}

static inline INLINE float32x4_t four_halves(const uint8_t *x) {
    uint16_t halves[4];
    memcpy(halves, x, sizeof halves);
    return vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(halves)));
}

/// Four rows of a packed block by some tokens. Codes of 8 bits are taken as two nibbles, which are
/// never negative as signed bytes.
static inline INLINE void quarter_tile(
    const size_t tokens, const int planes, const int bits, const int has_offsets,
    const float bias, const uint8_t *packed, size_t block_bytes, size_t blocks,
    attune_integer_rows x, size_t t, size_t quarter, float sums_out[][4]) {
    float32x4_t sums[4];
    for (size_t i = 0; i < tokens; i++) sums[i] = vdupq_n_f32(0);
    for (size_t b = 0; b < blocks; b++, packed += block_bytes) {
        const uint8_t *tail = packed + 64 * bits + 8 * quarter;
        float32x4_t scale = four_halves(tail);
        float32x4_t offset =
            has_offsets ? four_halves(tail + 32) : vmulq_n_f32(scale, -bias);
        int32x4_t totals[4];
        const size_t block = b * x.count + t;
        for (int plane = 0; plane < planes; plane++) {
            const int8_t *values = (plane == 0 ? x.high : x.low) + block * ATTUNE_BLOCK;
            int32x4_t first[4], second[4];
            for (size_t i = 0; i < tokens; i++) first[i] = second[i] = vdupq_n_s32(0);
            for (size_t v = 0; v < (size_t)bits; v++) {
                uint8x16_t stored = vld1q_u8(packed + 64 * v + 16 * quarter);
                int8x16_t low = vreinterpretq_s8_u8(vandq_u8(stored, vdupq_n_u8(15)));
                int8x16_t high = vreinterpretq_s8_u8(vshrq_n_u8(stored, 4));
                for (size_t i = 0; i < tokens; i++) {
                    const int8_t *place = values + i * ATTUNE_BLOCK + 4 * v;
                    int8x16_t at_low = four_bytes(place);
                    int8x16_t at_high = bits == 4 ? four_bytes(place + 16) : at_low;
                    first[i] = vdotq_s32(first[i], low, at_low);
                    second[i] = vdotq_s32(second[i], high, at_high);
                }
            }
            for (size_t i = 0; i < tokens; i++) {
                int32x4_t total =
                    vaddq_s32(first[i], bits == 4 ? second[i] : vshlq_n_s32(second[i], 4));
                totals[i] = plane == 0 ? total : vaddq_s32(vshlq_n_s32(totals[i], 8), total);
            }
        }
        for (size_t i = 0; i < tokens; i++) {
            float32x4_t factor = vmulq_n_f32(scale, x.scales[block + i]);
            sums[i] = vfmaq_f32(sums[i], vcvtq_f32_s32(totals[i]), factor);
            sums[i] = vfmaq_f32(sums[i], offset, vdupq_n_f32(x.block_sums[block + i]));
        }
    }
    for (size_t i = 0; i < tokens; i++) vst1q_f32(sums_out[i], sums[i]);
}

static inline INLINE void tile(
    const size_t tokens, const int planes, const int bits, const int has_offsets,
    const float bias, const uint8_t *packed, size_t block_bytes, size_t blocks,
    attune_integer_rows x, size_t t, float *y, size_t ldy, size_t width, int adding) {
    for (size_t quarter = 0; 4 * quarter < width; quarter++) {
        float sums[4][4];
        quarter_tile(
            tokens, planes, bits, has_offsets, bias, packed, block_bytes, blocks, x, t, quarter,
            sums);
        const size_t count = width - 4 * quarter < 4 ? width - 4 * quarter : 4;
        for (size_t i = 0; i < tokens; i++) {
            float *place = y + i * ldy + 4 * quarter;
            for (size_t row = 0; row < count; row++)
                place[row] = adding ? sums[i][row] + place[row] : sums[i][row];
        }
    }
}

static inline INLINE void scaled_products(
    const int16_t *a, const int16_t *b, int16_t *products) {
    for (size_t i = 0; i < ATTUNE_CHUNK; i += 8)
        vst1q_s16(products + i, vqrdmulhq_s16(vld1q_s16(a + i), vld1q_s16(b + i)));
}

static inline INLINE void transposed_tile(
    const size_t tokens, const int16_t *pairs, const int16_t *values, const float *factors,
    float *y) {
    for (size_t i = 0; i < tokens; i++)
        for (size_t part = 0; part < ATTUNE_BLOCK / 4; part++) {
            int32x4_t sum = vdupq_n_s32(0);
            for (size_t row = 0; row < ATTUNE_CHUNK; row += 2) {
                int16x4x2_t codes = vld2_s16(pairs + row * ATTUNE_BLOCK + 8 * part);
                const int16_t *value = values + i * ATTUNE_CHUNK + row;
                sum = vmlal_n_s16(sum, codes.val[0], value[0]);
                sum = vmlal_n_s16(sum, codes.val[1], value[1]);
            }
            float *place = y + i * ATTUNE_BLOCK + 4 * part;
            vst1q_f32(
                place,
                vfmaq_f32(vld1q_f32(place), vcvtq_f32_s32(sum), vdupq_n_f32(factors[i])));
        }
}

#include "integer_body.h"
#pragma clang attribute pop
#endif
