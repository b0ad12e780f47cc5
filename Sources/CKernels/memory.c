#define _DEFAULT_SOURCE
#include "attune_memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

#if defined(__GLIBC__)
#include <malloc.h>
#endif

enum { HUGE_PAGE = 2 << 20 };

static size_t rounded_up(size_t size, size_t unit) {
    return (size + unit - 1) / unit * unit;
}

// Of the kernel's interface since 6.1; older headers do not have it.
#if defined(__linux__) && !defined(MADV_COLLAPSE)
#define MADV_COLLAPSE 25
#endif

// Maps one page more than is needed and gives back what lies before and behind whole huge pages.
void *attune_allocate(size_t size) {
    if (size < HUGE_PAGE) {
        void *memory = aligned_alloc(64, rounded_up(size, 64));
        if (memory == NULL) abort();
        return memory;
    }
    size_t wanted = rounded_up(size, HUGE_PAGE);
    char *mapped = mmap(
        NULL, wanted + HUGE_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapped == MAP_FAILED) abort();
    size_t before = (HUGE_PAGE - (uintptr_t)mapped % HUGE_PAGE) % HUGE_PAGE;
    if (before > 0) munmap(mapped, before);
    munmap(mapped + before + wanted, HUGE_PAGE - before);
    return mapped + before;
}

// Before the memory is written: it is soon used as a whole, and the system looks for huge pages once.
void attune_prefer_huge_pages(void *memory, size_t size) {
#if defined(MADV_HUGEPAGE)
    if (size >= HUGE_PAGE) madvise(memory, rounded_up(size, HUGE_PAGE), MADV_HUGEPAGE);
#else
    (void)memory, (void)size;
#endif
}

// Not before the memory is written: the first write would wait for the system to find huge pages.
void attune_use_huge_pages(void *memory, size_t size) {
    if (size < HUGE_PAGE) return;
#if defined(MADV_HUGEPAGE)
    madvise(memory, rounded_up(size, HUGE_PAGE), MADV_HUGEPAGE);
#endif
#if defined(MADV_COLLAPSE)
    for (size_t start = 0; start < size; start += HUGE_PAGE)
        madvise((char *)memory + start, HUGE_PAGE, MADV_COLLAPSE);
#endif
}

void attune_deallocate(void *memory, size_t size) {
    if (size < HUGE_PAGE) free(memory);
    else munmap(memory, rounded_up(size, HUGE_PAGE));
}

// Left alone, glibc raises both thresholds to 32 and 64 MiB once large blocks are freed, and
// `malloc_trim` does not reach the end of a thread's own heap.
void attune_return_large_blocks(void) {
#if defined(__GLIBC__)
    mallopt(M_MMAP_THRESHOLD, 4 << 20);
    mallopt(M_TRIM_THRESHOLD, 4 << 20);
#endif
}

void attune_return_memory(void) {
#if defined(__GLIBC__)
    malloc_trim(0);
#endif
}
