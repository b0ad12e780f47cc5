#if defined(__x86_64__)
#include "kernels_imports.h"

#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,f16c"))), apply_to = function)
#define KERNELS attune_kernels_avx512
#define KERNELS_NAME "avx512"
#define TILE_ROWS 4
#define TILE_TOKENS 4
#include "kernels_body.h"
#pragma clang attribute pop
#endif
