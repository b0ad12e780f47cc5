#include "integer_imports.h"

#pragma clang diagnostic ignored "-Wpsabi"
#define KERNELS attune_integer_plain
#define KERNELS_NAME "plain"
#define TILE_TOKENS 2
#define TRANSPOSED_TOKENS 2
#define INLINE __attribute__((always_inline))

static inline INLINE void tile(
    const size_t tokens, const int planes, const int bits, const int has_offsets,
    const float bias, const uint8_t *packed, size_t block_bytes, size_t blocks,
    attune_integer_rows x, size_t t, float *y, size_t ldy, size_t width, int adding) {
    for (size_t i = 0; i < tokens; i++)
        for (size_t row = 0; row < width; row++) {
            float sum = 0;
            for (size_t b = 0; b < blocks; b++) {
                const uint8_t *block = packed + b * block_bytes;
                const size_t at = b * x.count + t + i, place = at * ATTUNE_BLOCK;
                int32_t highs = 0, lows = 0;
                for (size_t k = 0; k < ATTUNE_BLOCK; k++) {
                    size_t group = k / 4 % (size_t)bits;
                    int code = block[64 * group + 4 * row + k % 4];
                    if (bits == 4) code = k < 16 ? code & 15 : code >> 4;
                    highs += code * x.high[place + k];
                    if (planes == 2) lows += code * x.low[place + k];
                }
                const uint8_t *tail = block + 64 * bits + 2 * row;
                const float scale = half_at(tail);
                const float offset = has_offsets ? half_at(tail + 32) : scale * -bias;
                int32_t total = planes == 2 ? highs * 256 + lows : highs;
                sum = fmaf((float)total, scale * x.scales[at], sum);
                sum = fmaf(offset, x.block_sums[at], sum);
            }
            float *place = y + i * ldy + row;
            *place = adding ? sum + *place : sum;
        }
}

static inline INLINE void scaled_products(
    const int16_t *a, const int16_t *b, int16_t *products) {
    for (size_t i = 0; i < ATTUNE_CHUNK; i++)
        products[i] = (int16_t)((a[i] * b[i] + (1 << 14)) >> 15);
}

static inline INLINE void transposed_tile(
    const size_t tokens, const int16_t *pairs, const int16_t *values, const float *factors,
    float *y) {
    for (size_t i = 0; i < tokens; i++) {
        int32_t sums[ATTUNE_BLOCK] = {};
        for (size_t row = 0; row < ATTUNE_CHUNK; row += 2) {
            const int16_t *pair = pairs + row * ATTUNE_BLOCK;
            const int16_t *value = values + i * ATTUNE_CHUNK + row;
            for (size_t k = 0; k < ATTUNE_BLOCK; k++)
                sums[k] += pair[2 * k] * value[0] + pair[2 * k + 1] * value[1];
        }
        for (size_t k = 0; k < ATTUNE_BLOCK; k++)
            y[i * ATTUNE_BLOCK + k] =
                fmaf((float)sums[k], factors[i], y[i * ATTUNE_BLOCK + k]);
    }
}

#include "integer_body.h"
