// Debian keeps the header under a multi-architecture folder that every compiler searches.
#include <cblas.h>
