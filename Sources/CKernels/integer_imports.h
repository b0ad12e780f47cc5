// What integer_body.h needs, included before a target attribute is in force.

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "attune_integer.h"
#include "integer_blocks.h"
#include "integer.h"
