#include "kernels_imports.h"

#pragma clang diagnostic ignored "-Wpsabi"
#define KERNELS attune_kernels_plain
#define KERNELS_NAME "plain"
#define TILE_ROWS 2
#define TILE_TOKENS 1
#include "kernels_body.h"
