// The implementations of attune_integer_kernels, each compiled from integer_body.h.

#ifndef ATTUNE_INTEGER_INSTANCES_H
#define ATTUNE_INTEGER_INSTANCES_H

#include "attune_integer.h"

extern const attune_integer_kernels attune_integer_plain;
#if defined(__x86_64__)
extern const attune_integer_kernels attune_integer_avx2;
extern const attune_integer_kernels attune_integer_avx512;
#elif defined(__aarch64__)
extern const attune_integer_kernels attune_integer_neon;
#endif

#endif
