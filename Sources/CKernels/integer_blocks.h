// Blocks of 32 weights as GGUF stores them, read as unsigned codes with a scale and an offset.

#ifndef ATTUNE_INTEGER_BLOCKS_H
#define ATTUNE_INTEGER_BLOCKS_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "half.h"

/// How a type's blocks are read: `weight = scale · code + offset`.
typedef struct {
    size_t bytes;
    uint8_t code_bits;
    /// The middle of the codes' range. The offset is `−middle · scale` where none is stored.
    uint8_t middle;
    uint8_t has_offset;
    size_t codes;  // where the nibbles or bytes begin
    size_t fifth;  // where the fifth bits begin; 0: there are none
} block_format;

static inline __attribute__((always_inline)) block_format format_of(uint32_t ggml_type) {
    switch (ggml_type) {
    case 2: return (block_format){18, 4, 8, 0, 2, 0};
    case 3: return (block_format){20, 4, 8, 1, 4, 0};
    case 6: return (block_format){22, 8, 16, 0, 6, 2};
    case 7: return (block_format){24, 8, 16, 1, 8, 4};
    case 8: return (block_format){34, 8, 128, 0, 2, 0};
    default: return (block_format){0, 0, 0, 0, 0, 0};
    }
}

/// Reads a block's 32 codes; `format` is best a constant.
static inline __attribute__((always_inline)) void read_codes(
    block_format format, const uint8_t *restrict block, uint8_t *restrict codes) {
    const uint8_t *restrict stored = block + format.codes;
    if (format.code_bits == 8 && format.fifth == 0) {
        for (int i = 0; i < 32; i++) codes[i] = stored[i] ^ 0x80;
        return;
    }
    for (int i = 0; i < 16; i++) {
        codes[i] = stored[i] & 15;
        codes[i + 16] = stored[i] >> 4;
    }
    if (format.fifth == 0) return;
    uint32_t fifth;
    memcpy(&fifth, block + format.fifth, sizeof fifth);
    for (int i = 0; i < 32; i++) codes[i] |= (uint8_t)((fifth >> i & 1) << 4);
}

#endif
