// What kernels_body.h needs, included before a target attribute is in force.

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "attune_dequantize.h"
#include "attune_kernels.h"
#include "kernels.h"
