internal import CKernels

/// Threads that share one job's tasks; the calling thread is one of them.
final class ThreadPool {
    private let pool: OpaquePointer
    let threads: Int

    init(threads: Int) {
        precondition(threads >= 1)
        self.threads = threads
        pool = attune_thread_pool_create(threads)
    }

    deinit {
        attune_thread_pool_destroy(pool)
    }

    /// Runs the tasks `0..<count` and returns when all are done.
    ///
    /// - Parameter body: called with the number of the task and of the worker that does it, at the
    ///   same time by several threads: two tasks must not write the same memory.
    func run(_ count: Int, _ body: (_ task: Int, _ worker: Int) -> Void) {
        withoutActuallyEscaping(body) { escapable in
            var closure = escapable
            withUnsafeMutablePointer(to: &closure) { pointer in
                attune_thread_pool_run(
                    pool, count,
                    { context, task, worker in
                        context!.assumingMemoryBound(to: ((Int, Int) -> Void).self)
                            .pointee(task, worker)
                    }, pointer)
            }
        }
    }

    /// Runs one task for every `size` of `count` items; the last may have fewer.
    func run(_ count: Int, by size: Int, _ body: (_ items: Range<Int>, _ worker: Int) -> Void) {
        run((count + size - 1) / size) { task, worker in
            body(task * size..<min(count, (task + 1) * size), worker)
        }
    }
}
