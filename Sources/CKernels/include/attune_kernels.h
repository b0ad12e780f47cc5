#ifndef ATTUNE_KERNELS_H
#define ATTUNE_KERNELS_H

#include <stddef.h>
#include <stdint.h>

// Dimension letters: T tokens, C width, N columns of a matrix.
// Every array is float32 and row-major; `ld…` is the distance between rows in elements.
// The kernels of every instruction set add the terms of a sum in the same order.

/// Rows of a frozen matrix as the file stores them.
typedef struct {
    const void *bytes;
    size_t row_bytes;  // distance between rows
    uint32_t type;     // the type's number in the GGUF format
} attune_rows;

/// Writes `[rows, columns]` of a frozen matrix as float32.
void attune_dequantize_rows(
    attune_rows matrix, size_t rows, size_t columns, float *out, size_t ldout);

/// One implementation of the engine's inner loops: constant functions that any thread may call.
typedef struct __attribute__((swift_attr("@Sendable"))) {
    /// "avx512", "avx2" or "plain".
    const char *name;

    /// `y[t, row] = Σ_n matrix[row, n] · x[t, n]`.
    ///
    /// A sum's value does not depend on `tokens` or `rows`. `scratch` holds 4 · columns.
    void (*multiply)(
        attune_rows matrix, size_t rows, size_t columns, const float *x, size_t ldx, size_t tokens,
        float *y, size_t ldy, float *scratch);

    /// `y[t, row] = Σ_n w[row, n] · x[t, n]` for float32 `w`.
    void (*dots)(
        const float *w, size_t ldw, size_t rows, size_t columns, const float *x, size_t ldx,
        size_t tokens, float *y, size_t ldy);

    /// `y[i, j] += scale · Σ_k a[i, k] · b[k, j]`; element `[i, k]` of `a` is `lda · i + step · k`
    /// from its first, so that `a` may be transposed.
    ///
    /// A sum runs in the order of `k` and does not depend on `rows` or `columns`. Made for products
    /// that are thin in one dimension.
    void (*add_product)(
        size_t rows, size_t columns, size_t inner, float scale, const float *a, size_t lda,
        size_t step, const float *b, size_t ldb, float *y, size_t ldy);

    /// The same with `b` in binary16.
    void (*add_half_product)(
        size_t rows, size_t columns, size_t inner, float scale, const float *a, size_t lda,
        size_t step, const uint16_t *b, size_t ldb, float *y, size_t ldy);

    /// Rounds numbers to binary16, `step` apart; those out of its range to the last in it.
    void (*to_halves)(const float *x, size_t count, uint16_t *y, size_t step);

    /// `y = x · gain / sqrt(mean(x²) + epsilon)`.
    /// Source: Zhang and Sennrich 2019, arXiv:1910.07467.
    void (*rms_norm)(const float *x, const float *gain, size_t count, float epsilon, float *y);

    /// `dx += J^T · dy` with the Jacobian of `rms_norm` at `x`.
    void (*rms_norm_backward)(
        const float *x, const float *gain, const float *dy, size_t count, float epsilon,
        float *dx);

    /// Turns the pairs `(2i, 2i + 1)` of each head by the angle of `cosines[i]`, `sines[i]`.
    ///
    /// `direction` is 1, or −1 for the inverse, which is the backward pass.
    void (*rope_interleaved)(
        float *x, size_t heads, size_t head_size, const float *cosines, const float *sines,
        size_t pairs, float direction);

    /// `y = gate · σ(gate) · up`. Source: Shazeer 2020, arXiv:2002.05202.
    void (*swiglu)(const float *gate, const float *up, size_t count, float *y);

    /// Replaces `dy` by the gradient of `gate` and writes that of `up`.
    void (*swiglu_backward)(
        const float *gate, const float *up, size_t count, float *dy, float *dup);

    /// Replaces scores by `softmax(scale · scores)`; returns `log Σ exp(scale · score)`.
    float (*softmax)(float *scores, size_t count, float scale);

    /// Replaces scores by `exp(scale · score − shift)`.
    void (*shifted_exp)(float *scores, size_t count, float scale, float shift);

    /// `ds = p · (dp − delta) · scale`, written over `dp`.
    void (*softmax_backward)(
        const float *p, float *dp, size_t count, float delta, float scale);

    float (*maximum)(const float *x, size_t count);

    /// Replaces each `x` by `exp(x − shift)`; returns their sum.
    float (*exp_sum)(float *x, size_t count, float shift);

    float (*dot)(const float *a, const float *b, size_t count);

    /// `x *= factor`.
    void (*multiply_all)(float *x, size_t count, float factor);
} attune_kernels;

/// The best implementation this processor runs.
const attune_kernels *attune_best_kernels(void);

/// Implementation number `index`, best first; NULL past the last one this processor runs.
const attune_kernels *attune_kernels_at(size_t index);

#endif
