#ifndef ATTUNE_DEQUANTIZE_H
#define ATTUNE_DEQUANTIZE_H

#include <stddef.h>
#include <stdint.h>

/// Writes `count` elements of a GGUF tensor, stored at `source` as `ggml_type`, as float32.
///
/// Types: F32 (0), F16 (1), Q4_0 (2), Q4_1 (3), Q5_0 (6), Q5_1 (7), Q8_0 (8), Q2_K to Q6_K (10 to
/// 14), BF16 (30). `count` is a whole number of the type's blocks. The source need not be aligned;
/// the two do not overlap. Every result is rounded exactly as gguf-py's `dequantize` rounds it: one
/// float32 operation at a time, never fused. Writes nothing for another type.
void attune_dequantize(uint32_t ggml_type, const void *source, float *destination, size_t count);

/// The instruction sets that `attune_dequantize` chooses from, the best that the processor has.
typedef enum { ATTUNE_PORTABLE, ATTUNE_AVX2, ATTUNE_AVX512 } attune_instruction_set;

/// Whether this processor and build can use the set; `ATTUNE_PORTABLE` is always there.
int attune_can_dequantize_using(attune_instruction_set set);

/// As `attune_dequantize`, with a set that `attune_can_dequantize_using`: all give the same bits.
void attune_dequantize_using(
    attune_instruction_set set, uint32_t ggml_type, const void *source, float *destination,
    size_t count);

#endif
