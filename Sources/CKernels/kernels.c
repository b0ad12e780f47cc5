#include "attune_kernels.h"

#include "attune_dequantize.h"
#include "kernels.h"

static size_t supported(const attune_kernels *found[3]) {
    size_t count = 0;
#if defined(__x86_64__)
    __builtin_cpu_init();
    int avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")
        && __builtin_cpu_supports("f16c");
    if (avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")
        && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
        found[count++] = &attune_kernels_avx512;
    if (avx2) found[count++] = &attune_kernels_avx2;
#endif
    found[count++] = &attune_kernels_plain;
    return count;
}

const attune_kernels *attune_kernels_at(size_t index) {
    const attune_kernels *found[3];
    return index < supported(found) ? found[index] : 0;
}

const attune_kernels *attune_best_kernels(void) {
    return attune_kernels_at(0);
}

void attune_dequantize_rows(
    attune_rows matrix, size_t rows, size_t columns, float *out, size_t ldout) {
    const char *bytes = matrix.bytes;
    for (size_t row = 0; row < rows; row++)
        attune_dequantize(
            matrix.type, bytes + row * matrix.row_bytes, out + row * ldout, columns);
}
