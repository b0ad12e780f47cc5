#ifndef ATTUNE_MEMORY_H
#define ATTUNE_MEMORY_H

#include <stddef.h>

/// Memory aligned to cache lines; ends the process when there is none.
///
/// From 2 MiB on it is in huge pages where the system gives them, since a pass over all weights
/// otherwise waits for an address translation every 4 KiB.
void *attune_allocate(size_t size);

/// Gives back what `attune_allocate(size)` returned.
void attune_deallocate(void *memory, size_t size);

/// Returns freed memory that the allocator keeps for later to the system, where it can.
void attune_return_memory(void);

#endif
