#ifndef ATTUNE_MEMORY_H
#define ATTUNE_MEMORY_H

#include <stddef.h>

/// Memory aligned to cache lines, from 2 MiB on to huge pages; ends the process when there is none.
void *attune_allocate(size_t size);

/// Moves allocated memory that is filled into huge pages, where the system has any: a pass over all
/// weights otherwise waits for an address translation every 4 KiB. Takes some time; the memory may be
/// read meanwhile.
void attune_use_huge_pages(void *memory, size_t size);

/// Asks for huge pages for allocated memory that nothing has been written to.
void attune_prefer_huge_pages(void *memory, size_t size);

/// Gives back what `attune_allocate(size)` returned.
void attune_deallocate(void *memory, size_t size);

/// Makes the allocator return blocks of 4 MiB and more to the system when they are freed.
void attune_return_large_blocks(void);

/// Returns freed memory that the allocator keeps for later to the system, where it can.
void attune_return_memory(void);

#endif
