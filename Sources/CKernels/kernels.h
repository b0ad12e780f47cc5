// The implementations of attune_kernels, each compiled from kernels_body.h for its instruction set.

#ifndef ATTUNE_KERNEL_INSTANCES_H
#define ATTUNE_KERNEL_INSTANCES_H

#include "attune_kernels.h"

extern const attune_kernels attune_kernels_plain;
#if defined(__x86_64__)
extern const attune_kernels attune_kernels_avx2;
extern const attune_kernels attune_kernels_avx512;
#endif

#endif
