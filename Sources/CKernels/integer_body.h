// The integer kernels' loops, written once and compiled for every instruction set.
//
// Included by integer_*.c, which set KERNELS and KERNELS_NAME, and TILE_TOKENS and
// TRANSPOSED_TOKENS, the most tokens that `tile` and `transposed_tile` hold in registers, and
// define these:
//
//   tile            16 rows by some tokens of `multiply`
//   transposed_tile 32 columns by some tokens of a chunk of `multiply_transposed`
//   scaled_products a chunk's gradients of one token by the rows' scales: (a · b + 2^14) >> 15

enum { LANES = 16 };
typedef float lanes __attribute__((vector_size(64), aligned(4), may_alias));
typedef int32_t int_lanes __attribute__((vector_size(64), aligned(4), may_alias));
typedef int16_t short_lanes __attribute__((vector_size(32), aligned(2), may_alias));
typedef int8_t byte_lanes __attribute__((vector_size(16), aligned(1), may_alias));

typedef uint8_t code_lanes __attribute__((vector_size(16), aligned(1), may_alias));
typedef int16_t pair_lanes __attribute__((vector_size(64), aligned(2), may_alias));
#define INTERLEAVED(a, b)                                                                          \
    __builtin_shufflevector(                                                                       \
        a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23, 8, 24, 9, 25, 10, 26, 11,    \
        27, 12, 28, 13, 29, 14, 30, 15, 31)

// Adding 1.5 · 2^23 rounds to the nearest integer, ties to even, and leaves it in the low bits.
#define ROUNDER 12582912.0f
#define ROUNDER_BITS 0x4b400000

static inline INLINE lanes load(const float *x) {
    return *(const lanes *)x;
}

/// Magnitudes as bits, which are ordered as the numbers are, with infinity and no numbers on top.
static inline INLINE int_lanes magnitude(lanes x) {
    return (int_lanes)x & 0x7fffffff;
}

static inline INLINE float largest(int_lanes magnitudes) {
    int32_t bits = __builtin_reduce_max(magnitudes);
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/// `x · factor` as an integer. Two statements, so that no compiler fuses what another rounds twice.
static inline INLINE int_lanes rounded(lanes x, lanes factor) {
    lanes scaled = x * factor;
    return (int_lanes)(scaled + ROUNDER) - ROUNDER_BITS;
}

#define SHORT_RANGE 32767.0f

/// Rounds a chunk so that magnitude `top` becomes the largest integer.
static inline INLINE void round_to_shorts(const float *x, float top, int16_t *values) {
    lanes factor = (lanes){} + (top > 0 ? SHORT_RANGE / top : 0);
    for (size_t i = 0; i < ATTUNE_CHUNK; i += LANES)
        *(short_lanes *)(values + i) =
            __builtin_convertvector(rounded(load(x + i), factor), short_lanes);
}

static void round_row(const float *x, attune_integer_rows rows, size_t t) {
    const float range = rows.low ? 32639.0f : 127.0f;  // 127 · 256 + 127
    for (size_t b = 0; b < rows.columns / ATTUNE_BLOCK; b++, x += ATTUNE_BLOCK) {
        size_t block = b * rows.count + t;
        size_t place = block * ATTUNE_BLOCK;
        lanes first = load(x), second = load(x + LANES);
        float most = largest(__builtin_elementwise_max(magnitude(first), magnitude(second)));
        lanes factor = (lanes){} + (most > 0 ? range / most : 0);
        int_lanes q[2] = {rounded(first, factor), rounded(second, factor)};
        for (size_t i = 0; i < 2; i++) {
            if (rows.low) {
                *(byte_lanes *)(rows.high + place + i * LANES) =
                    __builtin_convertvector((q[i] + 128) >> 8, byte_lanes);
                *(byte_lanes *)(rows.low + place + i * LANES) =
                    __builtin_convertvector(q[i], byte_lanes);
            } else {
                *(byte_lanes *)(rows.high + place + i * LANES) =
                    __builtin_convertvector(q[i], byte_lanes);
            }
        }
        rows.scales[block] = most / range;
        rows.block_sums[block] = most / range * (float)__builtin_reduce_add(q[0] + q[1]);
    }
}

/// Everything of `multiply` for one kind of matrix and of activations.
static inline INLINE void multiply_rows(
    const int planes, const int bits, const int has_offsets, attune_packed_matrix matrix,
    size_t first, size_t count, attune_integer_rows x, size_t from, size_t tokens, float *y,
    size_t ldy, int adding) {
    size_t blocks = matrix.columns / ATTUNE_BLOCK;
    const float bias = matrix.bias;
    for (size_t row = first; row < first + count; row += ATTUNE_PACKED_ROWS) {
        const uint8_t *packed =
            matrix.blocks + row / ATTUNE_PACKED_ROWS * blocks * matrix.block_bytes;
        size_t left = first + count - row;
        size_t width = left < ATTUNE_PACKED_ROWS ? left : ATTUNE_PACKED_ROWS;
        size_t t = from, end = from + tokens;
#define TILE(n)                                                                                    \
    for (; t + n <= end; t += n)                                                                   \
        tile(                                                                                      \
            n, planes, bits, has_offsets, bias, packed, matrix.block_bytes, blocks, x, t,          \
            y + t * ldy + (row - first), ldy, width, adding);
#if TILE_TOKENS >= 12
        if (planes == 1) { TILE(12) }
#endif
#if TILE_TOKENS >= 8
        TILE(8)
#endif
#if TILE_TOKENS >= 4
        TILE(4)
#endif
        TILE(2)
        TILE(1)
#undef TILE
    }
}

static void multiply(
    attune_packed_matrix matrix, size_t first, size_t count, attune_integer_rows x, size_t from,
    size_t tokens, float *y, size_t ldy, int adding) {
#define CASE(planes, bits, offsets)                                                                \
    if ((x.low ? 2 : 1) == planes && matrix.code_bits == bits                                      \
        && (matrix.has_offsets != 0) == offsets) {                                                 \
        multiply_rows(                                                                             \
            planes, bits, offsets, matrix, first, count, x, from, tokens, y, ldy, adding);         \
        return;                                                                                    \
    }
    CASE(1, 4, 0) CASE(1, 4, 1) CASE(1, 8, 0) CASE(1, 8, 1)
    CASE(2, 4, 0) CASE(2, 4, 1) CASE(2, 8, 0) CASE(2, 8, 1)
#undef CASE
}

static void round_gradient(
    const float *g, size_t count, size_t t, size_t tokens, int16_t *values, float *factors) {
    for (size_t start = 0; start < count; start += ATTUNE_CHUNK) {
        size_t chunk = start / ATTUNE_CHUNK;
        int16_t *target = values + (chunk * tokens + t) * ATTUNE_CHUNK;
        _Alignas(64) float padded[ATTUNE_CHUNK];
        const float *source = g + start;
        if (count - start < ATTUNE_CHUNK) {
            memset(padded, 0, sizeof padded);
            memcpy(padded, source, (count - start) * sizeof *g);
            source = padded;
        }
        int_lanes most = {};
        for (size_t i = 0; i < ATTUNE_CHUNK; i += LANES)
            most = __builtin_elementwise_max(magnitude(load(source + i)), most);
        float top = largest(most);
        round_to_shorts(source, top, target);
        factors[chunk * tokens + t] = top / SHORT_RANGE;
    }
}

/// Reads a chunk's codes as pairs of rows: `pairs[row / 2][column][row % 2]`, and the rows' scales
/// as integers; returns what undoes these.
static inline INLINE float read_chunk(
    block_format format, attune_rows matrix, size_t rows, int16_t *restrict pairs,
    int16_t *restrict shorts) {
    uint8_t halves[ATTUNE_CHUNK][2] = {};
    for (size_t row = 0; row < ATTUNE_CHUNK; row += 2) {
        uint8_t codes[2][ATTUNE_BLOCK];
        for (size_t i = 0; i < 2; i++) {
            memset(codes[i], format.middle, sizeof codes[i]);
            if (row + i >= rows) continue;
            const uint8_t *block = (const uint8_t *)matrix.bytes + (row + i) * matrix.row_bytes;
            read_codes(format, block, codes[i]);
            memcpy(halves[row + i], block, sizeof halves[0]);
        }
        for (size_t half = 0; half < ATTUNE_BLOCK; half += LANES) {
            code_lanes first = *(const code_lanes *)(codes[0] + half);
            code_lanes second = *(const code_lanes *)(codes[1] + half);
            *(pair_lanes *)(pairs + row * ATTUNE_BLOCK + 2 * half) =
                __builtin_convertvector(INTERLEAVED(first, second), pair_lanes)
                - (int16_t)format.middle;
        }
    }
    _Alignas(64) float scales[ATTUNE_CHUNK];
    for (size_t row = 0; row < ATTUNE_CHUNK; row++) scales[row] = half_at(halves[row]);
    int_lanes most = {};
    for (size_t i = 0; i < ATTUNE_CHUNK; i += LANES)
        most = __builtin_elementwise_max(magnitude(load(scales + i)), most);
    float top = largest(most);
    round_to_shorts(scales, top, shorts);
    return top * (32768 / SHORT_RANGE);  // `scaled_products` divides by 2^15
}

static void multiply_transposed(
    attune_rows matrix, size_t rows, const int16_t *g, const float *factors, size_t tokens,
    const float *start, size_t ldstart, float *y, size_t ldy, int adding, void *scratch) {
    int16_t *pairs = scratch;                               // [32][32][2]
    float *sums = (float *)(pairs + ATTUNE_CHUNK * ATTUNE_BLOCK);  // [T][32]
    for (size_t t = 0; t < tokens; t++) {
        const float first = start ? start[t * ldstart] : 0;
        for (size_t i = 0; i < ATTUNE_BLOCK; i++)
            sums[t * ATTUNE_BLOCK + i] = (adding ? y[t * ldy + i] : 0) + first;
    }
    for (size_t row = 0; row < rows; row += ATTUNE_CHUNK) {
        size_t count = rows - row < ATTUNE_CHUNK ? rows - row : ATTUNE_CHUNK;
        attune_rows part = matrix;
        part.bytes = (const char *)matrix.bytes + row * matrix.row_bytes;
        _Alignas(64) int16_t scales[ATTUNE_CHUNK];
        float scale = 0;
#define READ(t)                                                                                    \
    case t: scale = read_chunk(format_of(t), part, count, pairs, scales); break;
        switch (matrix.type) { READ(2) READ(3) READ(6) READ(7) READ(8) }
#undef READ
        size_t t = 0;
#define TILE(n)                                                                                    \
    for (; t + n <= tokens; t += n, g += n * ATTUNE_CHUNK, factors += n) {                         \
        _Alignas(64) int16_t values[n * ATTUNE_CHUNK];                                             \
        float tile_factors[n];                                                                     \
        for (size_t i = 0; i < n; i++) {                                                           \
            scaled_products(g + i * ATTUNE_CHUNK, scales, values + i * ATTUNE_CHUNK);                \
            tile_factors[i] = scale * factors[i];                                                  \
        }                                                                                          \
        transposed_tile(n, pairs, values, tile_factors, sums + t * ATTUNE_BLOCK);                  \
    }
#if TRANSPOSED_TOKENS >= 8
        TILE(8)
#endif
#if TRANSPOSED_TOKENS >= 4
        TILE(4)
#endif
        TILE(2)
        TILE(1)
#undef TILE
    }
    for (size_t t = 0; t < tokens; t++)
        memcpy(y + t * ldy, sums + t * ATTUNE_BLOCK, ATTUNE_BLOCK * sizeof *y);
}

const attune_integer_kernels KERNELS = {
    .name = KERNELS_NAME,
    .round_row = round_row,
    .multiply = multiply,
    .round_gradient = round_gradient,
    .multiply_transposed = multiply_transposed,
};
