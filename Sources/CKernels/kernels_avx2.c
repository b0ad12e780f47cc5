#if defined(__x86_64__)
#include "kernels_imports.h"

#pragma clang diagnostic ignored "-Wpsabi"
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#define KERNELS attune_kernels_avx2
#define KERNELS_NAME "avx2"
#define TILE_ROWS 2
#define TILE_TOKENS 2
#include "kernels_body.h"
#pragma clang attribute pop
#endif
