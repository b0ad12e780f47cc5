// Tasks are claimed by compare-and-swap on a ticket that packs the job's number and the count of
// tasks not yet claimed. A claim succeeds only while its job is the current one, and the job's
// fields cannot change before the claimed task is done, so they are read after the claim, unlocked.
// Idle threads spin shortly, because the next layer's job follows within microseconds, then sleep.

#include "attune_thread_pool.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

enum { SPINS_BEFORE_SLEEP = 4000, SPINS_BEFORE_YIELD = 1000 };

typedef struct {
    attune_thread_pool *pool;
    pthread_t thread;
    size_t index;
} worker;

struct attune_thread_pool {
    _Alignas(64) _Atomic uint64_t ticket;  // job << 32 | tasks not yet claimed
    _Alignas(64) _Atomic size_t unfinished;
    _Alignas(64) size_t count;
    attune_task task;
    void *context;
    _Atomic size_t sleepers;
    _Atomic bool stopping;
    pthread_mutex_t mutex;
    pthread_cond_t wake;
    size_t worker_count;
    worker workers[];
};

static void pause_briefly(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

/// Claims and does tasks until none of the current job is left.
static void work(attune_thread_pool *pool, size_t index) {
    uint64_t ticket = atomic_load(&pool->ticket);
    while ((uint32_t)ticket != 0) {
        if (!atomic_compare_exchange_weak(&pool->ticket, &ticket, ticket - 1)) continue;
        pool->task(pool->context, pool->count - (uint32_t)ticket, index);
        atomic_fetch_sub_explicit(&pool->unfinished, 1, memory_order_release);
        ticket = atomic_load(&pool->ticket);
    }
}

static bool has_work(attune_thread_pool *pool) {
    return (uint32_t)atomic_load(&pool->ticket) != 0 || atomic_load(&pool->stopping);
}

static void wait_for_work(attune_thread_pool *pool) {
    for (int spin = 0; spin < SPINS_BEFORE_SLEEP; spin++) {
        if (has_work(pool)) return;
        pause_briefly();
    }
    pthread_mutex_lock(&pool->mutex);
    atomic_fetch_add(&pool->sleepers, 1);
    while (!has_work(pool)) pthread_cond_wait(&pool->wake, &pool->mutex);
    atomic_fetch_sub(&pool->sleepers, 1);
    pthread_mutex_unlock(&pool->mutex);
}

static void wake_sleepers(attune_thread_pool *pool) {
    if (atomic_load(&pool->sleepers) == 0) return;
    pthread_mutex_lock(&pool->mutex);
    pthread_cond_broadcast(&pool->wake);
    pthread_mutex_unlock(&pool->mutex);
}

static void *worker_main(void *argument) {
    worker *self = argument;
    while (!atomic_load(&self->pool->stopping)) {
        work(self->pool, self->index);
        wait_for_work(self->pool);
    }
    return NULL;
}

attune_thread_pool *attune_thread_pool_create(size_t threads) {
    size_t others = threads > 1 ? threads - 1 : 0;
    size_t size = sizeof(attune_thread_pool) + others * sizeof(worker);
    attune_thread_pool *pool = aligned_alloc(64, (size + 63) / 64 * 64);
    if (pool == NULL) abort();
    atomic_init(&pool->ticket, 0);
    atomic_init(&pool->unfinished, 0);
    atomic_init(&pool->sleepers, 0);
    atomic_init(&pool->stopping, false);
    pthread_mutex_init(&pool->mutex, NULL);
    pthread_cond_init(&pool->wake, NULL);
    pool->worker_count = 0;
    for (size_t i = 0; i < others; i++) {
        worker *next = &pool->workers[pool->worker_count];
        *next = (worker){.pool = pool, .index = pool->worker_count + 1};
        if (pthread_create(&next->thread, NULL, worker_main, next) != 0) break;
        pool->worker_count++;
    }
    return pool;
}

void attune_thread_pool_destroy(attune_thread_pool *pool) {
    atomic_store(&pool->stopping, true);
    wake_sleepers(pool);
    for (size_t i = 0; i < pool->worker_count; i++) pthread_join(pool->workers[i].thread, NULL);
    pthread_cond_destroy(&pool->wake);
    pthread_mutex_destroy(&pool->mutex);
    free(pool);
}

void attune_thread_pool_run(
    attune_thread_pool *pool, size_t count, attune_task task, void *context) {
    if (pool->worker_count == 0 || count == 1) {
        for (size_t i = 0; i < count; i++) task(context, i, 0);
        return;
    }
    if (count == 0) return;
    pool->count = count;
    pool->task = task;
    pool->context = context;
    atomic_store(&pool->unfinished, count);
    uint64_t job = (atomic_load(&pool->ticket) >> 32) + 1;
    atomic_store(&pool->ticket, job << 32 | (uint32_t)count);
    wake_sleepers(pool);
    work(pool, 0);
    for (int spin = 0; atomic_load_explicit(&pool->unfinished, memory_order_acquire) != 0; spin++) {
        if (spin < SPINS_BEFORE_YIELD) pause_briefly(); else sched_yield();
    }
}
