public import Foundation

/// How to run a round; everything left out is as the configuration says.
public struct TrainingRun: JSONBody, Hashable {
    public enum Annotator: String, Codable, CaseIterable, Sendable {
        /// Ask nobody: train on the pairs alone.
        case none
    }

    /// At most this many new pairs.
    public var pairs: Int?
    public var seed: UInt64?
    public var annotator: Annotator?
    /// Stream until the round ends; if false, the one line is the round as it started. True unless said.
    public var wait: Bool?

    public init(
        pairs: Int? = nil, seed: UInt64? = nil, annotator: Annotator? = nil, wait: Bool? = nil
    ) {
        self.pairs = pairs
        self.seed = seed
        self.annotator = annotator
        self.wait = wait
    }
}

/// What the trainer is doing.
public struct TrainingStatus: JSONBody, Hashable {
    public enum State: String, Codable, CaseIterable, Sendable {
        case idle, running, paused
    }

    public var state: State
    /// The round that runs, or that is paused half-way.
    public var round: Int?
    public var progress: WorkProgress?
    /// Why the round goes slower than it could, or waits: battery, other processes, the duty cycle.
    public var slowedBy: String?
    /// When a round starts by itself, if the configuration says so.
    public var nextRoundAt: Date?

    public init(
        state: State, round: Int? = nil, progress: WorkProgress? = nil, slowedBy: String? = nil,
        nextRoundAt: Date? = nil
    ) {
        self.state = state
        self.round = round
        self.progress = progress
        self.slowedBy = slowedBy
        self.nextRoundAt = nextRoundAt
    }
}

/// One round, from its start on.
public struct RoundReport: JSONBody, Hashable {
    public enum State: String, Codable, CaseIterable, Sendable {
        case running, paused, completed, failed, cancelled
    }

    /// Counts the host's rounds from 1.
    public var id: Int
    public var state: State
    public var startedAt: Date
    public var finishedAt: Date?
    /// Time spent computing; pauses do not count.
    public var seconds: Double
    public var seed: UInt64
    public var items: RoundItems
    /// How many label requests the round raised.
    public var asks: Int
    /// Pairs it wanted to ask about, but the model wrote fewer than two usable answers.
    public var unaskable: Int?
    /// The checkpoint it started from, the one it was measured against, and the one it made.
    public var start: String?
    public var reference: String?
    public var checkpoint: String?
    /// Whether its checkpoint became the head.
    public var promoted: Bool
    /// TRL's metric keys, and the held-out ones under `eval/`.
    public var metrics: [String: Double]
    public var gate: GateReport?
    /// Why it failed.
    public var failure: String?
    /// What was taken back since of the feedback in its checkpoint; absent if nothing was.
    public var withdrawals: Withdrawals?

    public init(
        id: Int, state: State, startedAt: Date, finishedAt: Date? = nil, seconds: Double = 0,
        seed: UInt64, items: RoundItems, asks: Int = 0, unaskable: Int? = nil, start: String? = nil,
        reference: String? = nil, checkpoint: String? = nil, promoted: Bool = false,
        metrics: [String: Double] = [:], gate: GateReport? = nil, failure: String? = nil
    ) {
        self.id = id
        self.state = state
        self.startedAt = startedAt
        self.finishedAt = finishedAt
        self.seconds = seconds
        self.seed = seed
        self.items = items
        self.asks = asks
        self.unaskable = unaskable
        self.start = start
        self.reference = reference
        self.checkpoint = checkpoint
        self.promoted = promoted
        self.metrics = metrics
        self.gate = gate
        self.failure = failure
    }
}

/// How many items of each kind a round trained on.
public struct RoundItems: Codable, Hashable, Sendable {
    /// A pair with its online counterpart.
    public var paired: Int
    /// A pair alone.
    public var offline: Int
    /// An online pair whose offline side is gone.
    public var online: Int
    /// How many of all these were replayed from earlier rounds.
    public var replayed: Int
    /// Left out, none of these: longer than the limit, which skips them for good unless it is raised.
    public var tooLong: Int
    /// Left out: retracted while the round ran, before it came to train on them.
    public var retracted: Int
    /// The held-out pairs it was judged on.
    public var heldOut: Int

    public init(
        paired: Int, offline: Int, online: Int, replayed: Int, tooLong: Int = 0,
        retracted: Int = 0, heldOut: Int
    ) {
        self.paired = paired
        self.offline = offline
        self.online = online
        self.replayed = replayed
        self.tooLong = tooLong
        self.retracted = retracted
        self.heldOut = heldOut
    }
}

/// What the gate said about a checkpoint, and on what grounds.
public struct GateReport: Codable, Hashable, Sendable {
    public enum Verdict: String, Codable, CaseIterable, Sendable {
        case promote
        case keep
        /// Too little held-out evidence either way: the old adapter stays.
        case insufficientEvidence
    }

    public struct Check: Codable, Hashable, Sendable {
        public var name: String
        public var value: Double
        public var bound: Double
        /// How value must stand to bound: `>=` or `<=`.
        public var comparison: String
        public var passed: Bool
        public var explanation: String

        public init(
            name: String, value: Double, bound: Double, comparison: String, passed: Bool,
            explanation: String
        ) {
            self.name = name
            self.value = value
            self.bound = bound
            self.comparison = comparison
            self.passed = passed
            self.explanation = explanation
        }
    }

    public var verdict: Verdict
    public var checks: [Check]
    public var explanation: String

    public init(verdict: Verdict, checks: [Check], explanation: String) {
        self.verdict = verdict
        self.checks = checks
        self.explanation = explanation
    }
}
