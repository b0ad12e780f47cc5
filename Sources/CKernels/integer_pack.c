#include "attune_integer.h"
#include "integer_blocks.h"

static size_t packed_block_bytes(block_format format) {
    size_t codes = ATTUNE_PACKED_ROWS * ATTUNE_BLOCK * format.code_bits / 8;
    return codes + (format.has_offset ? 2 : 1) * ATTUNE_PACKED_ROWS * sizeof(uint16_t);
}

size_t attune_packed_size(uint32_t ggml_type, size_t rows, size_t columns) {
    block_format format = format_of(ggml_type);
    if (format.bytes == 0 || columns % ATTUNE_BLOCK != 0) return 0;
    size_t row_blocks = (rows + ATTUNE_PACKED_ROWS - 1) / ATTUNE_PACKED_ROWS;
    return row_blocks * (columns / ATTUNE_BLOCK) * packed_block_bytes(format);
}

/// Puts one row's codes, scale and offset into a packed block.
static inline __attribute__((always_inline)) void pack_row(
    block_format format, const uint8_t *source, size_t row, uint8_t *restrict block) {
    const size_t bytes = ATTUNE_BLOCK * format.code_bits / 8;
    uint8_t codes[ATTUNE_BLOCK];
    // Nibbles are stored as they are packed: column i in the low, column i + 16 in the high one.
    if (format.code_bits == 4) memcpy(codes, source + format.codes, bytes);
    else read_codes(format, source, codes);
    for (size_t group = 0; group < bytes / 4; group++)
        memcpy(block + 4 * (ATTUNE_PACKED_ROWS * group + row), codes + 4 * group, 4);
    uint8_t *scales = block + ATTUNE_PACKED_ROWS * bytes;
    memcpy(scales + 2 * row, source, 2);
    if (format.has_offset) memcpy(scales + 2 * (ATTUNE_PACKED_ROWS + row), source + 2, 2);
}

attune_packed_matrix attune_pack(
    attune_rows matrix, size_t rows, size_t columns, uint8_t *blocks) {
    block_format format = format_of(matrix.type);
    size_t bytes = packed_block_bytes(format), row_blocks = columns / ATTUNE_BLOCK;
    memset(blocks, 0, attune_packed_size(matrix.type, rows, columns));
    for (size_t row = 0; row < rows; row++) {
        const uint8_t *source = (const uint8_t *)matrix.bytes + row * matrix.row_bytes;
        uint8_t *target = blocks + row / ATTUNE_PACKED_ROWS * row_blocks * bytes;
#define PACK(type)                                                                                 \
    case type:                                                                                     \
        for (size_t b = 0; b < row_blocks; b++)                                                    \
            pack_row(                                                                              \
                format_of(type), source + b * format_of(type).bytes, row % ATTUNE_PACKED_ROWS,     \
                target + b * bytes);                                                               \
        break;
        switch (matrix.type) { PACK(2) PACK(3) PACK(6) PACK(7) PACK(8) }
#undef PACK
    }
    return (attune_packed_matrix){
        .blocks = blocks, .rows = rows, .columns = columns, .block_bytes = bytes,
        .code_bits = format.code_bits, .has_offsets = format.has_offset, .bias = format.middle};
}

void attune_block_offsets(attune_rows matrix, size_t rows, size_t columns, float *offsets) {
    block_format format = format_of(matrix.type);
    for (size_t row = 0; row < rows; row++) {
        const uint8_t *block = (const uint8_t *)matrix.bytes + row * matrix.row_bytes;
        for (size_t b = 0; b < columns / ATTUNE_BLOCK; b++, block += format.bytes)
            offsets[b * rows + row] =
                format.has_offset ? half_at(block + 2) + format.middle * half_at(block) : 0;
    }
}
