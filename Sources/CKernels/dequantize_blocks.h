// One function per GGUF type, from blocks as they lie in the file to float32.
//
// Included once per instruction set by dequantize.c, which sets ATTUNE_TARGET and ATTUNE_NAME: the
// same source is compiled for each, so that they cannot differ. Every product is exact in float32
// (a scale has 11 bits, its multiplier at most 7, a quantum at most 5), so that only the sum with a
// minimum rounds, once; FP_CONTRACT OFF in dequantize.c keeps the operations apart all the same.
//
// Names: d is a block's scale, m its minimum, q an unsigned quantum. All of a block's numbers are
// little-endian.

#define KERNEL(name)                                                                               \
    ATTUNE_TARGET static void ATTUNE_NAME(name)(                                                   \
        const uint8_t *restrict source, float *restrict out, size_t blocks)

KERNEL(f16) {
    for (size_t i = 0; i < blocks; i++) out[i] = half_at(source + 2 * i);
}

KERNEL(bf16) {
    for (size_t i = 0; i < blocks; i++) {
        uint16_t bits;
        memcpy(&bits, source + 2 * i, 2);
        out[i] = float_of_bits((uint32_t)bits << 16);
    }
}

// 2 bytes d, 16 bytes of nibbles: the low ones are elements 0 to 15, the high ones 16 to 31.
KERNEL(q4_0) {
    for (size_t b = 0; b < blocks; b++, source += 18, out += 32) {
        const float d = half_at(source);
        const uint8_t *restrict q = source + 2;
        VECTORISED
        for (int i = 0; i < 16; i++) {
            out[i] = d * (float)((q[i] & 15) - 8);
            out[i + 16] = d * (float)((q[i] >> 4) - 8);
        }
    }
}

// As q4_0, with 2 bytes m after d.
KERNEL(q4_1) {
    for (size_t b = 0; b < blocks; b++, source += 20, out += 32) {
        const float d = half_at(source), m = half_at(source + 2);
        const uint8_t *restrict q = source + 4;
        VECTORISED
        for (int i = 0; i < 16; i++) {
            out[i] = d * (float)(q[i] & 15) + m;
            out[i + 16] = d * (float)(q[i] >> 4) + m;
        }
    }
}

// 2 bytes d, 4 bytes whose bit i is the fifth bit of element i, 16 bytes of nibbles as in q4_0.
KERNEL(q5_0) {
    for (size_t b = 0; b < blocks; b++, source += 22, out += 32) {
        const float d = half_at(source);
        const uint32_t high = word_at(source + 2);
        const uint8_t *restrict q = source + 6;
        VECTORISED
        for (int i = 0; i < 16; i++) {
            out[i] = d * (float)((int)((q[i] & 15) | (high >> i & 1) << 4) - 16);
            out[i + 16] = d * (float)((int)(q[i] >> 4 | (high >> (i + 16) & 1) << 4) - 16);
        }
    }
}

// As q5_0, with 2 bytes m after d.
KERNEL(q5_1) {
    for (size_t b = 0; b < blocks; b++, source += 24, out += 32) {
        const float d = half_at(source), m = half_at(source + 2);
        const uint32_t high = word_at(source + 4);
        const uint8_t *restrict q = source + 8;
        VECTORISED
        for (int i = 0; i < 16; i++) {
            out[i] = d * (float)(int)((q[i] & 15) | (high >> i & 1) << 4) + m;
            out[i + 16] = d * (float)(int)(q[i] >> 4 | (high >> (i + 16) & 1) << 4) + m;
        }
    }
}

// 2 bytes d, 32 signed bytes.
KERNEL(q8_0) {
    for (size_t b = 0; b < blocks; b++, source += 34, out += 32) {
        const float d = half_at(source);
        const int8_t *restrict q = (const int8_t *)(source + 2);
        VECTORISED
        for (int i = 0; i < 32; i++) out[i] = (float)q[i] * d;
    }
}

// The K types hold 256 elements. In q2_K and q3_K, group g of 16 elements takes its 2-bit quanta
// from bytes 32 (g / 8) + 16 (g % 2) onwards, shifted by 2 (g / 2 % 4).

// 16 bytes of scale (low nibble) and minimum (high nibble) per group, 64 bytes q, 2 bytes d, 2 m.
KERNEL(q2_K) {
    for (size_t b = 0; b < blocks; b++, source += 84, out += 256) {
        const float d = half_at(source + 80), m = half_at(source + 82);
        for (int g = 0; g < 16; g++) {
            const float scale = d * (float)(source[g] & 15), minimum = m * (float)(source[g] >> 4);
            const uint8_t *restrict q = source + 16 + 32 * (g / 8) + 16 * (g % 2);
            const int shift = 2 * (g / 2 % 4);
            VECTORISED
            for (int i = 0; i < 16; i++) {
                out[16 * g + i] = scale * (float)(q[i] >> shift & 3) - minimum;
            }
        }
    }
}

// 32 bytes of inverted third bits, 64 bytes q, 12 bytes of 6-bit scales, 2 bytes d. Byte i of the
// first 8 scale bytes holds the low nibbles of scales i and i + 8; bits 2 k and 2 k + 1 of byte
// 8 + i are the top of scale 4 k + i.
KERNEL(q3_K) {
    for (size_t b = 0; b < blocks; b++, source += 110, out += 256) {
        const float d = half_at(source + 108);
        const uint8_t *scales = source + 96;
        for (int g = 0; g < 16; g++) {
            const int low = scales[g % 8] >> 4 * (g / 8) & 15;
            const int top = scales[8 + g % 4] >> 2 * (g / 4) & 3;
            const float scale = d * (float)((low | top << 4) - 32);
            const uint8_t *restrict high = source + 16 * (g % 2);
            const uint8_t *restrict q = source + 32 + 32 * (g / 8) + 16 * (g % 2);
            const int shift = 2 * (g / 2 % 4), bit = g / 2;
            VECTORISED
            for (int i = 0; i < 16; i++) {
                const int third = (high[i] >> bit & 1) ^ 1;
                out[16 * g + i] = scale * (float)((q[i] >> shift & 3) - 4 * third);
            }
        }
    }
}

// 2 bytes d, 2 bytes m, 12 bytes of 6-bit scales and minima, 128 bytes of nibbles: group g of 32
// takes nibble g % 2 of bytes 32 (g / 2) onwards.
KERNEL(q4_K) {
    for (size_t b = 0; b < blocks; b++, source += 144, out += 256) {
        const float d = half_at(source), m = half_at(source + 2);
        for (int g = 0; g < 8; g++) {
            const float scale = d * (float)k_scale(source + 4, g);
            const float minimum = m * (float)k_minimum(source + 4, g);
            const uint8_t *restrict q = source + 16 + 32 * (g / 2);
            const int shift = 4 * (g % 2);
            VECTORISED
            for (int i = 0; i < 32; i++) {
                out[32 * g + i] = scale * (float)(q[i] >> shift & 15) - minimum;
            }
        }
    }
}

// As q4_K, with 32 bytes before the nibbles whose bit g is the fifth bit of group g's elements.
KERNEL(q5_K) {
    for (size_t b = 0; b < blocks; b++, source += 176, out += 256) {
        const float d = half_at(source), m = half_at(source + 2);
        const uint8_t *restrict high = source + 16;
        for (int g = 0; g < 8; g++) {
            const float scale = d * (float)k_scale(source + 4, g);
            const float minimum = m * (float)k_minimum(source + 4, g);
            const uint8_t *restrict q = source + 48 + 32 * (g / 2);
            const int shift = 4 * (g % 2);
            VECTORISED
            for (int i = 0; i < 32; i++) {
                const int quantum = (q[i] >> shift & 15) | (high[i] >> g & 1) << 4;
                out[32 * g + i] = scale * (float)quantum - minimum;
            }
        }
    }
}

// 128 bytes of low nibbles, 64 bytes of upper pairs of bits, 16 signed scales, 2 bytes d. Half h,
// quarter k of 32 elements: nibble k / 2 of bytes 64 h + 32 (k % 2), bits 2 k of bytes 128 + 32 h.
KERNEL(q6_K) {
    for (size_t b = 0; b < blocks; b++, source += 210, out += 256) {
        const float d = half_at(source + 208);
        const int8_t *scales = (const int8_t *)(source + 192);
        for (int g = 0; g < 16; g++) {
            const float scale = d * (float)scales[g];
            const int half = g / 8, quarter = g / 2 % 4, start = 16 * (g % 2);
            const uint8_t *restrict low = source + 64 * half + 32 * (quarter % 2) + start;
            const uint8_t *restrict high = source + 128 + 32 * half + start;
            const int low_shift = 4 * (quarter / 2), high_shift = 2 * quarter;
            VECTORISED
            for (int i = 0; i < 16; i++) {
                const int quantum = (low[i] >> low_shift & 15) | (high[i] >> high_shift & 3) << 4;
                out[16 * g + i] = scale * (float)(quantum - 32);
            }
        }
    }
}

ATTUNE_TARGET static void ATTUNE_NAME(dequantize)(
    uint32_t type, const uint8_t *restrict source, float *restrict out, size_t count
) {
    switch (type) {
    case 0: memcpy(out, source, count * sizeof(float)); break;
    case 1: ATTUNE_NAME(f16)(source, out, count); break;
    case 2: ATTUNE_NAME(q4_0)(source, out, count / 32); break;
    case 3: ATTUNE_NAME(q4_1)(source, out, count / 32); break;
    case 6: ATTUNE_NAME(q5_0)(source, out, count / 32); break;
    case 7: ATTUNE_NAME(q5_1)(source, out, count / 32); break;
    case 8: ATTUNE_NAME(q8_0)(source, out, count / 32); break;
    case 10: ATTUNE_NAME(q2_K)(source, out, count / 256); break;
    case 11: ATTUNE_NAME(q3_K)(source, out, count / 256); break;
    case 12: ATTUNE_NAME(q4_K)(source, out, count / 256); break;
    case 13: ATTUNE_NAME(q5_K)(source, out, count / 256); break;
    case 14: ATTUNE_NAME(q6_K)(source, out, count / 256); break;
    case 30: ATTUNE_NAME(bf16)(source, out, count); break;
    default: break;
    }
}

#undef KERNEL
#undef ATTUNE_TARGET
#undef ATTUNE_NAME
