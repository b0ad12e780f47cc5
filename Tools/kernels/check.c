// Holds every implementation of the integer kernels that this processor runs to the plain one, to
// the bit, and the plain one to double precision. Tools/kernels/check builds and runs it.

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "attune_integer.h"

enum { ROWS = 200, COLUMNS = 160, TOKENS = 27, BLOCKS = COLUMNS / ATTUNE_BLOCK, CHUNKS = 4 };

static const struct { uint32_t type; size_t block_bytes; int has_minimum; } types[] = {
    {2, 18, 0}, {3, 20, 1}, {6, 22, 0}, {7, 24, 1}, {8, 34, 0},
};

static uint64_t state = 88172645463325252u;

static uint64_t next(void) {
    state ^= state << 13;
    state ^= state >> 7;
    return state ^= state << 17;
}

static float unit(void) {
    return (float)(next() >> 40) * 0x1p-23f - 1;
}

static float weights[ROWS * COLUMNS], x[TOKENS * COLUMNS], g[TOKENS * ROWS];
static float offsets[BLOCKS * ROWS];

typedef struct {
    float wide[TOKENS * ROWS], narrow[TOKENS * ROWS], transposed[TOKENS * COLUMNS];
} products;

static void compute(
    const attune_integer_kernels *kernels, attune_packed_matrix packed, attune_rows rows,
    size_t block_bytes, products *result) {
    static int8_t high[TOKENS * COLUMNS], low[TOKENS * COLUMNS];
    static float scales[TOKENS * BLOCKS], sums[TOKENS * BLOCKS];
    for (int planes = 1; planes <= 2; planes++) {
        attune_integer_rows integers = {high, planes == 2 ? low : 0, scales, sums, COLUMNS, TOKENS};
        for (size_t t = 0; t < TOKENS; t++) kernels->round_row(x + t * COLUMNS, integers, t);
        kernels->multiply(
            packed, 0, ROWS, integers, 0, TOKENS, planes == 2 ? result->wide : result->narrow, ROWS,
            0);
    }
    static int16_t values[CHUNKS * TOKENS * ATTUNE_CHUNK];
    static float factors[CHUNKS * TOKENS];
    static float start[TOKENS * BLOCKS];
    for (size_t t = 0; t < TOKENS; t++) {
        kernels->round_gradient(g + t * ROWS, ROWS, t, TOKENS, values, factors);
        for (size_t b = 0; b < BLOCKS; b++) {
            start[t * BLOCKS + b] = 0;
            for (size_t n = 0; n < ROWS; n++)
                start[t * BLOCKS + b] += g[t * ROWS + n] * offsets[b * ROWS + n];
        }
    }
    void *scratch = aligned_alloc(64, (attune_transposed_scratch(TOKENS) + 63) / 64 * 64);
    for (size_t b = 0; b < BLOCKS; b++) {
        attune_rows part = rows;
        part.bytes = (const char *)rows.bytes + b * block_bytes;
        kernels->multiply_transposed(
            part, ROWS, values, factors, TOKENS, start + b, BLOCKS,
            result->transposed + b * ATTUNE_BLOCK, COLUMNS, 0, scratch);
    }
    free(scratch);
}

/// The L2 distance of a product from double precision, relative to it.
static double error(const float *found, int is_transposed) {
    double difference = 0, size = 0;
    for (size_t t = 0; t < TOKENS; t++)
        for (size_t i = 0; i < (is_transposed ? COLUMNS : ROWS); i++) {
            double sum = 0;
            if (is_transposed)
                for (size_t n = 0; n < ROWS; n++)
                    sum += (double)weights[n * COLUMNS + i] * g[t * ROWS + n];
            else
                for (size_t k = 0; k < COLUMNS; k++)
                    sum += (double)weights[i * COLUMNS + k] * x[t * COLUMNS + k];
            double value = found[t * (is_transposed ? COLUMNS : ROWS) + i];
            difference += (value - sum) * (value - sum);
            size += sum * sum;
        }
    return sqrt(difference / size);
}

int main(void) {
    int failures = 0;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        const size_t row_bytes = BLOCKS * types[i].block_bytes, size = ROWS * row_bytes;
        uint8_t *bytes = malloc(size);
        for (size_t byte = 0; byte < size; byte++) bytes[byte] = (uint8_t)(next() >> 32);
        for (size_t block = 0; block < ROWS * BLOCKS; block++) {
            uint16_t scale = (uint16_t)(0x2000 | (next() >> 54));      // 0.0078 to 0.0156
            uint16_t minimum = (uint16_t)(0xac00 | (next() >> 54));  // −0.0625 to −0.125
            memcpy(bytes + block * types[i].block_bytes, &scale, 2);
            if (types[i].has_minimum) memcpy(bytes + block * types[i].block_bytes + 2, &minimum, 2);
        }
        attune_rows rows = {bytes, row_bytes, types[i].type};
        attune_dequantize_rows(rows, ROWS, COLUMNS, weights, COLUMNS);
        size_t packed_size = attune_packed_size(types[i].type, ROWS, COLUMNS);
        uint8_t *blocks = aligned_alloc(64, (packed_size + 63) / 64 * 64);
        attune_packed_matrix packed = attune_pack(rows, ROWS, COLUMNS, blocks);
        attune_block_offsets(rows, ROWS, COLUMNS, offsets);
        for (size_t k = 0; k < TOKENS * COLUMNS; k++) x[k] = unit() * (next() % 20 ? 1 : 20);
        for (size_t k = 0; k < TOKENS * ROWS; k++) g[k] = unit() * (next() % 20 ? 1 : 20);

        static products plain, other;
        size_t last = 0;
        while (attune_integer_kernels_at(last + 1)) last++;
        compute(attune_integer_kernels_at(last), packed, rows, types[i].block_bytes, &plain);
        double wide = error(plain.wide, 0), narrow = error(plain.narrow, 0);
        double transposed = error(plain.transposed, 1);
        int close = wide < 2e-4 && narrow < 3e-2 && transposed < 3e-4;
        printf(
            "type %u, plain: int16 %.1e, int8 %.1e, transposed %.1e%s\n", types[i].type, wide,
            narrow, transposed, close ? "" : ": TOO FAR");
        failures += !close;
        for (size_t k = 0; k < last; k++) {
            const attune_integer_kernels *kernels = attune_integer_kernels_at(k);
            memset(&other, 0xff, sizeof other);
            compute(kernels, packed, rows, types[i].block_bytes, &other);
            int same = memcmp(&plain, &other, sizeof plain) == 0;
            printf("type %u, %s: %s\n", types[i].type, kernels->name,
                same ? "the same bits" : "OTHER BITS");
            failures += !same;
        }
        free(bytes);
        free(blocks);
    }
    return failures != 0;
}
