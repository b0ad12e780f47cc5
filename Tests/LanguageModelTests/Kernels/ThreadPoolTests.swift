import CKernels
import Testing

@Suite struct ThreadPoolTests {
    /// Counts how often each task ran, and who ran it.
    private struct Record {
        var runs: UnsafeMutablePointer<Int32>
        var workers: UnsafeMutablePointer<Int32>
    }

    @Test(arguments: [1, 2, 3, 8]) func everyTaskRunsOnce(_ threads: Int) {
        let pool = attune_thread_pool_create(threads)
        defer { attune_thread_pool_destroy(pool) }
        let most = 500
        var record = Record(runs: .allocate(capacity: most), workers: .allocate(capacity: most))
        defer {
            record.runs.deallocate()
            record.workers.deallocate()
        }
        // Many short jobs one after another, so that late threads meet the next job's tasks.
        for job in 0..<3000 {
            let count = [0, 1, 2, 7, most][job % 5]
            record.runs.update(repeating: 0, count: most)
            withUnsafeMutablePointer(to: &record) { record in
                attune_thread_pool_run(
                    pool, count,
                    { context, task, worker in
                        let record = context!.assumingMemoryBound(to: Record.self).pointee
                        record.runs[task] += 1
                        record.workers[task] = Int32(worker)
                    }, record)
            }
            for task in 0..<most where record.runs[task] != (task < count ? 1 : 0) {
                Issue.record(
                    "task \(task) of \(count) ran \(record.runs[task]) times in job \(job)")
                return
            }
            for task in 0..<count where !(0..<Int32(threads)).contains(record.workers[task]) {
                Issue.record("worker \(record.workers[task]) of \(threads)")
                return
            }
        }
    }
}
