#ifndef ATTUNE_INTEGER_H
#define ATTUNE_INTEGER_H

#include <stddef.h>
#include <stdint.h>

#include "attune_kernels.h"

// Products of quantised weights with activations rounded to integers.
//
// Weights of the GGUF types with blocks of 32 are `scale · code + offset` with an unsigned code of
// 4 or 8 bits, so a block's product with integer activations is exact in int32 and only the scales
// are applied in float32. The kernels of every instruction set give the same bits: integer sums are
// exact, and float32 operations stand in one order, multiply-adds always fused.
// Dimension letters: T tokens, N rows of a matrix, K its columns; blocks run along K.

enum {
    ATTUNE_BLOCK = 32,       // columns that share a scale
    ATTUNE_PACKED_ROWS = 16, // rows that a packed block holds side by side
    ATTUNE_CHUNK = 64,       // rows that `multiply_transposed` sums as integers
};

/// A matrix whose codes are laid out for `multiply`: blocks of 16 rows by 32 columns.
///
/// A block holds its codes, then 16 binary16 scales, then 16 binary16 offsets unless they follow
/// from `bias`. Codes stand in groups of 4 columns, 16 rows by 4 bytes each; of 4-bit codes, group
/// g has the low and group g + 4 the high nibbles. Rows past the last are zero.
typedef struct {
    const uint8_t *blocks;
    size_t rows;
    size_t columns;
    size_t block_bytes;
    uint8_t code_bits;  // 4 or 8
    uint8_t has_offsets;
    uint8_t bias;  // offset = −bias · scale where there are none
} attune_packed_matrix;

/// The size in bytes of a packed matrix; 0 for a type or a shape that cannot be packed.
///
/// Types: Q4_0 (2), Q4_1 (3), Q5_0 (6), Q5_1 (7), Q8_0 (8); `columns` is a multiple of 32.
size_t attune_packed_size(uint32_t ggml_type, size_t rows, size_t columns);

/// Packs a matrix into `blocks`, which has the size above and is aligned to 64.
attune_packed_matrix attune_pack(
    attune_rows matrix, size_t rows, size_t columns, uint8_t *blocks);

/// T rows of activations as integers: `x = scale · (256 · high + low)`, or `scale · high` without
/// `low`. A scale covers a block of 32. All rows' first blocks come first, so that the tokens of a
/// tile are neighbours.
typedef struct {
    int8_t *high;       // [K / 32, T, 32]
    int8_t *low;        // [K / 32, T, 32], or NULL
    float *scales;      // [K / 32, T]
    float *block_sums;  // [K / 32, T]: scale · Σ integer
    size_t columns;     // K
    size_t count;       // T
} attune_integer_rows;

/// One implementation: constant functions that any thread may call.
typedef struct __attribute__((swift_attr("@Sendable"))) {
    /// "avx512-vnni", "avx2", "neon-dotprod" or "plain".
    const char *name;

    /// Rounds a row `x[K]` to integers into row `t`. A value that is no number makes its block's
    /// scale none either.
    void (*round_row)(const float *x, attune_integer_rows rows, size_t t);

    /// `y[t, n] = Σ_k w[n, k] · x[t, k]` for `count` rows of the matrix from `first` and `tokens`
    /// rows of `x` from `from`, added with `adding`.
    ///
    /// `first` is a multiple of 16; `y` points at the sum of row `first` and token 0. A sum does
    /// not depend on how many others there are.
    void (*multiply)(
        attune_packed_matrix matrix, size_t first, size_t count, attune_integer_rows x,
        size_t from, size_t tokens, float *y, size_t ldy, int adding);

    /// Rounds row `t` of T rows `g[N]` to integers; each chunk of 64 reaches ±32767.
    ///
    /// `values` is `[N / 64, T, 64]` and `factors`, which undo it, `[N / 64, T]`; N / 64 rounded
    /// up, and what is past N zero.
    void (*round_gradient)(
        const float *g, size_t count, size_t t, size_t tokens, int16_t *values,
        float *factors);

    /// `y[t, k] = start[t] + Σ_n g[t, n] · scale[n] · code[n, k]` for one block of 32 columns,
    /// added with `adding`, where `code` is signed: the stored one less its type's middle.
    ///
    /// `matrix` begins at the block; `g` and `factors` come from `round_gradient`; `start` may be NULL;
    /// `scratch` is `attune_transposed_scratch(tokens)` bytes, aligned to 64.
    void (*multiply_transposed)(
        attune_rows matrix, size_t rows, const int16_t *g, const float *factors, size_t tokens,
        const float *start, size_t ldstart, float *y, size_t ldy, int adding, void *scratch);
} attune_integer_kernels;

static inline size_t attune_transposed_scratch(size_t tokens) {
    return ATTUNE_CHUNK * ATTUNE_BLOCK * sizeof(int16_t) + tokens * ATTUNE_BLOCK * sizeof(float);
}

/// Writes the offsets that `multiply_transposed` leaves out, `[columns / 32, rows]`: what to add to
/// all of a row's elements in a block. They are zero unless the packed matrix has offsets.
void attune_block_offsets(attune_rows matrix, size_t rows, size_t columns, float *offsets);

/// The best implementation this processor runs.
const attune_integer_kernels *attune_best_integer_kernels(void);

/// Implementation number `index`, best first; NULL past the last one this processor runs.
const attune_integer_kernels *attune_integer_kernels_at(size_t index);

#endif
