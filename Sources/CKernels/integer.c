#include "integer.h"

#if defined(__aarch64__)
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

static size_t supported(const attune_integer_kernels *found[3]) {
    size_t count = 0;
#if defined(__x86_64__)
    __builtin_cpu_init();
    int avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")
        && __builtin_cpu_supports("f16c");
    if (avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")
        && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")
        && __builtin_cpu_supports("avx512vnni"))
        found[count++] = &attune_integer_avx512;
    if (avx2) found[count++] = &attune_integer_avx2;
#elif defined(__aarch64__)
    if (getauxval(AT_HWCAP) & HWCAP_ASIMDDP) found[count++] = &attune_integer_neon;
#endif
    found[count++] = &attune_integer_plain;
    return count;
}

const attune_integer_kernels *attune_integer_kernels_at(size_t index) {
    const attune_integer_kernels *found[3];
    return index < supported(found) ? found[index] : 0;
}

const attune_integer_kernels *attune_best_integer_kernels(void) {
    return attune_integer_kernels_at(0);
}
