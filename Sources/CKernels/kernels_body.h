// The engine's inner loops, written once and compiled for every instruction set.
//
// Included by kernels_*.c, which set KERNELS, KERNELS_NAME, TILE_ROWS and TILE_TOKENS. `lanes` is
// one, two or four registers, as wide as the instruction set has them; a sum always runs over 16
// partial sums that are added in the same order, so that implementations with fused
// multiply-adds agree to the last bit, and tiles of any size do.

enum { LANES = 16 };
typedef float lanes __attribute__((vector_size(64), aligned(4), may_alias));
typedef int32_t int_lanes __attribute__((vector_size(64), aligned(4), may_alias));
typedef _Float16 half_lanes __attribute__((vector_size(32), aligned(2), may_alias));

static inline __attribute__((always_inline)) lanes load(const float *x) {
    return *(const lanes *)x;
}

/// The first `count` of 16 elements; the others are `fill`.
static inline __attribute__((always_inline)) lanes load_part(
    const float *x, size_t count, float fill) {
    float padded[LANES];
    for (size_t i = 0; i < LANES; i++) padded[i] = fill;
    memcpy(padded, x, count * sizeof *x);
    return load(padded);
}

static inline __attribute__((always_inline)) void store(float *x, lanes value) {
    *(lanes *)x = value;
}

static inline __attribute__((always_inline)) float sum(lanes value) {
    float x[LANES];
    store(x, value);
    for (size_t half = LANES / 2; half > 0; half /= 2)
        for (size_t i = 0; i < half; i++) x[i] += x[i + half];
    return x[0];
}

/// `e^x`, within 2 units in the last place; 0 below −87.3, finite above 88.
///
/// `x = n·ln 2 + r` with `|r| ≤ ln 2 / 2`; `e^r` by its Taylor polynomial of degree 7, `2^n` by the
/// exponent's bits.
static inline __attribute__((always_inline)) lanes exponential(lanes x) {
    const lanes lowest = (lanes){} - 87.3f, highest = (lanes){} + 88.0f;
    int_lanes vanishes = x < lowest;
    int_lanes saturates = x > highest;
    x = (lanes)(((int_lanes)highest & saturates) | ((int_lanes)x & ~saturates));
    x = (lanes)(((int_lanes)lowest & vanishes) | ((int_lanes)x & ~vanishes));
    // Adding 1.5 · 2^23 rounds to the nearest integer and leaves it in the low bits.
    const float rounder = 12582912.0f;
    lanes shifted = x * 1.44269504f + rounder;
    int_lanes n = (int_lanes)shifted - (int_lanes)((lanes){} + rounder);
    lanes whole = shifted - rounder;
    lanes r = x - whole * 0.693359375f;
    r = r + whole * 2.12194440e-4f;
    lanes p = r * (1.0f / 5040) + (1.0f / 720);
    p = p * r + (1.0f / 120);
    p = p * r + (1.0f / 24);
    p = p * r + (1.0f / 6);
    p = p * r + 0.5f;
    p = p * r + 1.0f;
    p = p * r + 1.0f;
    lanes power = (lanes)((n + 127) << 23);
    return (lanes)((int_lanes)(p * power) & ~vanishes);
}

/// One tile of `dots`: at most TILE_ROWS · TILE_TOKENS sums, kept in registers.
static inline __attribute__((always_inline)) void tile(
    const size_t rows, const size_t tokens, const float *w, size_t ldw, size_t columns,
    const float *x, size_t ldx, float *y, size_t ldy) {
    lanes sums[TILE_ROWS][TILE_TOKENS] = {};
    size_t n = 0;
    for (; n + LANES <= columns; n += LANES) {
        lanes weights[TILE_ROWS];
        for (size_t row = 0; row < rows; row++) weights[row] = load(w + row * ldw + n);
        for (size_t t = 0; t < tokens; t++) {
            lanes value = load(x + t * ldx + n);
            for (size_t row = 0; row < rows; row++) sums[row][t] += weights[row] * value;
        }
    }
    if (n < columns) {
        for (size_t t = 0; t < tokens; t++) {
            lanes value = load_part(x + t * ldx + n, columns - n, 0);
            for (size_t row = 0; row < rows; row++)
                sums[row][t] += load_part(w + row * ldw + n, columns - n, 0) * value;
        }
    }
    for (size_t t = 0; t < tokens; t++)
        for (size_t row = 0; row < rows; row++) y[t * ldy + row] = sum(sums[row][t]);
}

static void dots(
    const float *w, size_t ldw, size_t rows, size_t columns, const float *x, size_t ldx,
    size_t tokens, float *y, size_t ldy) {
    for (size_t row = 0, count; row < rows; row += count) {
        const float *wr = w + row * ldw;
        float *yr = y + row;
        size_t t = 0;
        count = rows - row < TILE_ROWS ? rows - row : TILE_ROWS;
#define TILE(n)                                                                                    \
    case n:                                                                                        \
        for (; t + TILE_TOKENS <= tokens; t += TILE_TOKENS)                                        \
            tile(n, TILE_TOKENS, wr, ldw, columns, x + t * ldx, ldx, yr + t * ldy, ldy);           \
        for (; t < tokens; t++)                                                                    \
            tile(n, 1, wr, ldw, columns, x + t * ldx, ldx, yr + t * ldy, ldy);                     \
        break;
        switch (count) {
            TILE(1)
            TILE(2)
#if TILE_ROWS == 4
            TILE(3)
            TILE(4)
#endif
        }
#undef TILE
    }
}

// Four rows at a time are dequantised into the first-level cache and used for all tokens.
static void multiply(
    attune_rows matrix, size_t rows, size_t columns, const float *x, size_t ldx, size_t tokens,
    float *y, size_t ldy, float *scratch) {
    const char *bytes = matrix.bytes;
    for (size_t row = 0; row < rows; row += 4) {
        size_t count = rows - row < 4 ? rows - row : 4;
        for (size_t i = 0; i < count; i++)
            attune_dequantize(
                matrix.type, bytes + (row + i) * matrix.row_bytes, scratch + i * columns, columns);
        dots(scratch, columns, count, columns, x, ldx, tokens, y + row, ldy);
    }
}

/// One tile of `add_product`: at most TILE_ROWS by TILE_TOKENS registers of sums.
static inline __attribute__((always_inline)) void product_tile(
    const size_t rows, const size_t parts, const int halves, size_t inner, float scale,
    const float *a, size_t lda, size_t step, const void *b, size_t ldb, float *y, size_t ldy) {
    lanes sums[4][TILE_TOKENS] = {};
    for (size_t k = 0; k < inner; k++) {
        lanes right[TILE_TOKENS];
        for (size_t j = 0; j < parts; j++) {
            size_t place = k * ldb + j * LANES;
            right[j] = halves
                ? __builtin_convertvector(*(const half_lanes *)((const _Float16 *)b + place), lanes)
                : load((const float *)b + place);
        }
        for (size_t i = 0; i < rows; i++) {
            lanes left = (lanes){} + a[i * lda + k * step];
            for (size_t j = 0; j < parts; j++) sums[i][j] += left * right[j];
        }
    }
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < parts; j++) {
            float *place = y + i * ldy + j * LANES;
            store(place, load(place) + scale * sums[i][j]);
        }
}

static inline __attribute__((always_inline)) void add_any_product(
    const int halves, size_t rows, size_t columns, size_t inner, float scale, const float *a,
    size_t lda, size_t step, const void *b, size_t ldb, float *y, size_t ldy) {
    const _Float16 *half = b;
    const float *single = b;
    size_t n = 0;
#define ROWS(count, parts)                                                                         \
    product_tile(                                                                                  \
        count, parts, halves, inner, scale, a + i * lda, lda, step,                                \
        halves ? (const void *)(half + n) : single + n, ldb, y + i * ldy + n, ldy)
#define TILE(parts)                                                                                \
    for (; n + parts * LANES <= columns; n += parts * LANES) {                                     \
        size_t i = 0;                                                                              \
        for (; i + TILE_ROWS <= rows; i += TILE_ROWS) ROWS(TILE_ROWS, parts);                      \
        switch (rows - i) {                                                                        \
        case 1: ROWS(1, parts); break;                                                             \
        case 2: ROWS(2, parts); break;                                                             \
        case 3: ROWS(3, parts); break;                                                             \
        }                                                                                          \
    }
    TILE(TILE_TOKENS)
#if TILE_TOKENS > 2
    TILE(2)
#endif
    TILE(1)
#undef TILE
#undef ROWS
    for (size_t i = 0; i < rows; i++)
        for (size_t j = n; j < columns; j++) {
            float sum = 0;
            for (size_t k = 0; k < inner; k++) {
                size_t place = k * ldb + j;
                sum += a[i * lda + k * step] * (halves ? (float)half[place] : single[place]);
            }
            y[i * ldy + j] += scale * sum;
        }
}

static void add_product(
    size_t rows, size_t columns, size_t inner, float scale, const float *a, size_t lda,
    size_t step, const float *b, size_t ldb, float *y, size_t ldy) {
    add_any_product(0, rows, columns, inner, scale, a, lda, step, b, ldb, y, ldy);
}

static void add_half_product(
    size_t rows, size_t columns, size_t inner, float scale, const float *a, size_t lda,
    size_t step, const uint16_t *b, size_t ldb, float *y, size_t ldy) {
    add_any_product(1, rows, columns, inner, scale, a, lda, step, b, ldb, y, ldy);
}

static void to_halves(const float *x, size_t count, uint16_t *y, size_t step) {
    const float most = 65504;
    for (size_t i = 0; i < count; i++) {
        float value = x[i] > most ? most : x[i] < -most ? -most : x[i];
        _Float16 half = (_Float16)value;
        memcpy(y + i * step, &half, sizeof half);
    }
}

static float dot(const float *a, const float *b, size_t count) {
    float result;
    tile(1, 1, a, 0, count, b, 0, &result, 0);
    return result;
}

static void rms_norm(const float *x, const float *gain, size_t count, float epsilon, float *y) {
    float factor = 1 / sqrtf(dot(x, x, count) / (float)count + epsilon);
    for (size_t i = 0; i < count; i++) y[i] = x[i] * factor * gain[i];
}

// y_i = x_i·f·g_i with f = (Σ x²/C + ε)^(−1/2), so dx_i = f·g_i·dy_i − x_i·f³·Σ_j(dy_j·g_j·x_j)/C.
static void rms_norm_backward(
    const float *x, const float *gain, const float *dy, size_t count, float epsilon, float *dx) {
    float factor = 1 / sqrtf(dot(x, x, count) / (float)count + epsilon);
    lanes sums = {};
    size_t i = 0;
    for (; i + LANES <= count; i += LANES) sums += load(dy + i) * load(gain + i) * load(x + i);
    float along = sum(sums);
    for (; i < count; i++) along += dy[i] * gain[i] * x[i];
    float pull = factor * factor * factor * along / (float)count;
    for (i = 0; i < count; i++) dx[i] += factor * gain[i] * dy[i] - pull * x[i];
}

static void rope_interleaved(
    float *x, size_t heads, size_t head_size, const float *cosines, const float *sines,
    size_t pairs, float direction) {
    for (size_t head = 0; head < heads; head++, x += head_size) {
        for (size_t i = 0; i < pairs; i++) {
            float even = x[2 * i], odd = x[2 * i + 1], sine = direction * sines[i];
            x[2 * i] = even * cosines[i] - odd * sine;
            x[2 * i + 1] = even * sine + odd * cosines[i];
        }
    }
}

static inline __attribute__((always_inline)) lanes sigmoid(lanes x) {
    return 1.0f / (1.0f + exponential(-x));
}

static void swiglu(const float *gate, const float *up, size_t count, float *y) {
    for (size_t i = 0; i < count; i += LANES) {
        size_t left = count - i;
        if (left >= LANES) {
            lanes g = load(gate + i);
            store(y + i, g * sigmoid(g) * load(up + i));
        } else {
            lanes g = load_part(gate + i, left, 0);
            lanes result = g * sigmoid(g) * load_part(up + i, left, 0);
            memcpy(y + i, &result, left * sizeof *y);
        }
    }
}

// silu'(g) = σ(g)·(1 + g·(1 − σ(g))).
static void swiglu_backward(
    const float *gate, const float *up, size_t count, float *dy, float *dup) {
    for (size_t i = 0; i < count; i += LANES) {
        size_t left = count - i < LANES ? count - i : LANES;
        lanes g, u, d;
        if (left == LANES) {
            g = load(gate + i), u = load(up + i), d = load(dy + i);
        } else {
            g = load_part(gate + i, left, 0), u = load_part(up + i, left, 0);
            d = load_part(dy + i, left, 0);
        }
        lanes s = sigmoid(g);
        lanes for_up = d * g * s, for_gate = d * u * s * (1.0f + g * (1.0f - s));
        memcpy(dup + i, &for_up, left * sizeof *dup);
        memcpy(dy + i, &for_gate, left * sizeof *dy);
    }
}

static float maximum(const float *x, size_t count) {
    lanes most = (lanes){} - INFINITY;
    size_t i = 0;
    for (; i + LANES <= count; i += LANES) {
        lanes value = load(x + i);
        int_lanes above = value > most;
        most = (lanes)(((int_lanes)value & above) | ((int_lanes)most & ~above));
    }
    float result = -INFINITY;
    for (size_t lane = 0; lane < LANES; lane++) result = fmaxf(result, most[lane]);
    for (; i < count; i++) result = fmaxf(result, x[i]);
    return result;
}

static void shifted_exp(float *x, size_t count, float scale, float shift) {
    for (size_t i = 0; i < count; i += LANES) {
        size_t left = count - i < LANES ? count - i : LANES;
        lanes value = left == LANES ? load(x + i) : load_part(x + i, left, 0);
        value = exponential(value * scale - shift);
        memcpy(x + i, &value, left * sizeof *x);
    }
}

static float exp_sum(float *x, size_t count, float shift) {
    lanes sums = {};
    for (size_t i = 0; i < count; i += LANES) {
        size_t left = count - i < LANES ? count - i : LANES;
        lanes value = left == LANES ? load(x + i) : load_part(x + i, left, -INFINITY);
        value = exponential(value - shift);
        sums += value;
        memcpy(x + i, &value, left * sizeof *x);
    }
    return sum(sums);
}

static void multiply_all(float *x, size_t count, float factor) {
    for (size_t i = 0; i < count; i++) x[i] *= factor;
}

static float softmax(float *scores, size_t count, float scale) {
    multiply_all(scores, count, scale);
    float most = maximum(scores, count);
    float total = exp_sum(scores, count, most);
    multiply_all(scores, count, 1 / total);
    return most + logf(total);
}

static void softmax_backward(
    const float *p, float *dp, size_t count, float delta, float scale) {
    for (size_t i = 0; i < count; i++) dp[i] = p[i] * (dp[i] - delta) * scale;
}

const attune_kernels KERNELS = {
    .name = KERNELS_NAME,
    .multiply = multiply,
    .dots = dots,
    .add_product = add_product,
    .add_half_product = add_half_product,
    .to_halves = to_halves,
    .rms_norm = rms_norm,
    .rms_norm_backward = rms_norm_backward,
    .rope_interleaved = rope_interleaved,
    .swiglu = swiglu,
    .swiglu_backward = swiglu_backward,
    .softmax = softmax,
    .shifted_exp = shifted_exp,
    .softmax_backward = softmax_backward,
    .maximum = maximum,
    .exp_sum = exp_sum,
    .dot = dot,
    .multiply_all = multiply_all,
};
