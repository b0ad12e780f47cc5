#ifndef ATTUNE_MEMORY_H
#define ATTUNE_MEMORY_H

/// Returns freed memory that the allocator keeps for later to the system, where it can.
void attune_return_memory(void);

#endif
