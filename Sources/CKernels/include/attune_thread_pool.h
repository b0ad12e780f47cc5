#ifndef ATTUNE_THREAD_POOL_H
#define ATTUNE_THREAD_POOL_H

#include <stddef.h>

/// A fixed set of threads that share the tasks of one job at a time.
typedef struct attune_thread_pool attune_thread_pool;

/// Does task number `task`; `worker` is below the pool's thread count and differs between threads.
typedef void (*attune_task)(void *context, size_t task, size_t worker);

/// Starts `threads - 1` threads; the caller of `attune_thread_pool_run` is the last one.
/// A thread that cannot be started is done without: jobs are then shared among fewer.
attune_thread_pool *attune_thread_pool_create(size_t threads);

/// Stops and frees the threads. No job may be running.
void attune_thread_pool_destroy(attune_thread_pool *pool);

/// Runs tasks `0 ..< count` and returns when all are done. Which thread does which is not defined.
/// Called from one thread at a time. `count` is below 2^32.
void attune_thread_pool_run(
    attune_thread_pool *pool, size_t count, attune_task task, void *context);

#endif
