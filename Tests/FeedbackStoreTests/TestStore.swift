import FeedbackFormats
import FeedbackStore
import Foundation
import Synchronization

/// A store in a directory of its own, with a clock that the test sets; both go when the test ends.
final class TestStore: Sendable {
    let directory: URL
    let clock: TestClock
    let store: FeedbackStore

    init(heldOutShare: Double = 0) throws {
        directory = FileManager.default.temporaryDirectory
            .appending(path: "attune-store-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        let clock = TestClock()
        self.clock = clock
        store = try Self.open(directory, clock, heldOutShare)
    }

    deinit {
        try? store.close()
        try? FileManager.default.removeItem(at: directory)
    }

    var path: String { Self.path(in: directory) }

    /// Opens the same database once more, as after a restart. Close the first one before writing.
    func reopened(heldOutShare: Double = 0) throws -> FeedbackStore {
        try Self.open(directory, clock, heldOutShare)
    }

    private static func path(in directory: URL) -> String {
        directory.appending(path: "attune.sqlite").path(percentEncoded: false)
    }

    private static func open(
        _ directory: URL, _ clock: TestClock, _ heldOutShare: Double
    ) throws -> FeedbackStore {
        var configuration = StoreConfiguration()
        configuration.heldOutShare = heldOutShare
        configuration.busyTimeout = 0.2
        return try FeedbackStore(
            path: path(in: directory), configuration: configuration, now: { clock.now })
    }
}

/// A clock that stands still until it is set.
final class TestClock: Sendable {
    private let time = Mutex(Date(timeIntervalSince1970: 1_795_000_000))

    var now: Date { time.withLock { $0 } }

    func advance(by interval: TimeInterval) { time.withLock { $0 += interval } }
}

/// A small seeded generator, so that a failure can be repeated.
struct SplitMix: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

extension Feedback {
    /// The `n`-th of many different pairs, each with a prompt of its own.
    static func numbered(_ n: Int) -> Feedback {
        .pair("Question \(n)?", chosen: "Answer \(n).", rejected: "Refusal \(n).")
    }
}

extension FeedbackStore {
    /// Adds numbered pairs and returns their ids.
    func addPairs(_ numbers: Range<Int>) throws -> [String] {
        try add(numbers.map { .numbered($0) }).compactMap(\.id)
    }

    /// Runs a whole round over these pairs; its checkpoint's id is made of one digit.
    @discardableResult
    func completeRound(
        new: [String] = [], replayed: [String] = [], answers: [Int] = [], digit: String = "a"
    ) throws -> Int {
        let round = try beginRound(plan: "{}", new: new, replayed: replayed, answers: answers)
        try endRound(
            round,
            .completed(checkpoint: String(repeating: digit, count: 64), metrics: "{}", gate: "{}"))
        return round
    }
}

/// All that replay draws from.
func replayCandidates(_ store: FeedbackStore) throws -> [String] {
    var ids: [String] = []
    try store.forEachReplayCandidate { ids.append($0) }
    return ids
}
