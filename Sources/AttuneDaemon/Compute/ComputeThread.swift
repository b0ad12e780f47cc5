import Foundation

/// One thread that runs all heavy arithmetic, off the cooperative pool.
///
/// Two lanes share it, each a serial executor for one actor: ``requests`` (generate, evaluate) and
/// ``rounds`` (training). A round is a long synchronous job; at its boundaries it calls
/// ``serveRequests()``, which runs what waits on the request lane, so that a person never waits for
/// a whole round. The lanes have separate isolation, and one thread runs both, so nothing of
/// either actor is ever touched twice at once.
package final class ComputeThread: Sendable {
    package let requests: Lane
    package let rounds: Lane
    private let queue: JobQueue

    /// - Parameter name: at most 15 bytes, as the kernel keeps it.
    package init(name: String) {
        let queue = JobQueue()
        self.queue = queue
        requests = Lane(queue: queue, priority: .request)
        rounds = Lane(queue: queue, priority: .round)
        let thread = Thread {
            // Foundation loses a name that is set before, or just after, a thread has started.
            try? name.write(toFile: "/proc/thread-self/comm", atomically: false, encoding: .utf8)
            queue.run()
        }
        thread.stackSize = 8 << 20
        thread.start()
    }

    deinit {
        queue.stop()
    }

    /// Runs the request lane's waiting jobs; called on the compute thread, inside a round.
    package func serveRequests() {
        queue.runRequests()
    }

    /// When a job last began or ended, or the idle loop turned over, on the monotonic clock.
    ///
    /// The watchdog's sign of life.
    package var lastSignOfLife: ContinuousClock.Instant {
        queue.lastSignOfLife
    }

    /// Notes progress inside a long job.
    package func noteAlive() {
        queue.noteAlive()
    }
}

extension ComputeThread {
    /// A serial executor whose jobs run on the compute thread.
    package final class Lane: SerialExecutor {
        fileprivate let queue: JobQueue
        fileprivate let priority: JobQueue.Priority

        fileprivate init(queue: JobQueue, priority: JobQueue.Priority) {
            self.queue = queue
            self.priority = priority
        }

        package func enqueue(_ job: consuming ExecutorJob) {
            queue.add(UnownedJob(job), on: self)
        }
    }
}

/// The compute thread's two waiting lines, behind one lock.
///
/// `@unchecked Sendable`: every stored variable is read and written with `condition` held.
private final class JobQueue: @unchecked Sendable {
    enum Priority { case request, round }

    private let condition = NSCondition()
    private var requests: [(job: UnownedJob, lane: ComputeThread.Lane)] = []
    private var rounds: [(job: UnownedJob, lane: ComputeThread.Lane)] = []
    private var isStopped = false
    private var alive = ContinuousClock.now

    var lastSignOfLife: ContinuousClock.Instant {
        condition.withLock { alive }
    }

    func noteAlive() {
        condition.withLock { alive = .now }
    }

    func add(_ job: UnownedJob, on lane: ComputeThread.Lane) {
        condition.withLock {
            switch lane.priority {
            case .request: requests.append((job, lane))
            case .round: rounds.append((job, lane))
            }
            condition.signal()
        }
    }

    func stop() {
        condition.withLock {
            isStopped = true
            condition.signal()
        }
    }

    /// The thread's loop: requests first, then rounds; once a second it shows that it lives.
    func run() {
        while let (job, lane) = next() {
            job.runSynchronously(on: lane.asUnownedSerialExecutor())
            noteAlive()
        }
    }

    func runRequests() {
        while let (job, lane) = condition.withLock({
            requests.isEmpty ? nil : requests.removeFirst()
        }) {
            job.runSynchronously(on: lane.asUnownedSerialExecutor())
            noteAlive()
        }
    }

    private func next() -> (job: UnownedJob, lane: ComputeThread.Lane)? {
        condition.withLock {
            while true {
                alive = .now
                if !requests.isEmpty { return requests.removeFirst() }
                if !rounds.isEmpty { return rounds.removeFirst() }
                if isStopped { return nil }
                _ = condition.wait(until: Date(timeIntervalSinceNow: 1))
            }
        }
    }
}
