import AttuneDaemon
import Foundation
import Synchronization
import Testing

/// An actor on one lane of a compute thread.
private actor Worker {
    private let thread: ComputeThread
    private let isRound: Bool

    init(_ thread: ComputeThread, isRound: Bool) {
        self.thread = thread
        self.isRound = isRound
    }

    nonisolated var unownedExecutor: UnownedSerialExecutor {
        (isRound ? thread.rounds : thread.requests).asUnownedSerialExecutor()
    }

    func run<T: Sendable>(_ body: @Sendable () -> T) -> T { body() }
}

@Suite struct ComputeThreadTests {
    /// The kernel's name of the calling thread.
    private static var threadName: String? {
        let name = try? String(contentsOfFile: "/proc/thread-self/comm", encoding: .utf8)
        return name?.trimmingCharacters(in: .newlines)
    }

    @Test func bothLanesRunOnTheOneThread() async {
        let thread = ComputeThread(name: "compute-test")
        let round = await Worker(thread, isRound: true).run { Self.threadName }
        let request = await Worker(thread, isRound: false).run { Self.threadName }
        #expect(round == "compute-test")
        #expect(request == "compute-test")
    }

    @Test func aRoundServesRequestsAtItsBoundaries() async {
        let thread = ComputeThread(name: "compute-test")
        let round = Worker(thread, isRound: true)
        let request = Worker(thread, isRound: false)
        let served = Atomic(0)
        let began = Atomic(false)
        async let result = round.run {
            began.store(true, ordering: .sequentiallyConsistent)
            // A round that never ends unless requests are served inside it.
            while served.load(ordering: .sequentiallyConsistent) < 3 { thread.serveRequests() }
            return true
        }
        while !began.load(ordering: .sequentiallyConsistent) { await Task.yield() }
        for _ in 0..<3 {
            await request.run { _ = served.add(1, ordering: .sequentiallyConsistent) }
        }
        #expect(await result)
    }

    @Test func lifeIsShownByWorkAndByIdling() async {
        let thread = ComputeThread(name: "compute-test")
        let before = ContinuousClock.now
        await Worker(thread, isRound: true).run { thread.noteAlive() }
        #expect(thread.lastSignOfLife >= before)
    }
}
