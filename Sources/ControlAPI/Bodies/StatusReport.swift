public import Foundation

/// The daemon at a glance.
public struct StatusReport: JSONBody, Hashable {
    /// ``ControlProtocol/version`` of the daemon.
    public var apiVersion: Int
    /// The daemon's release.
    public var version: String
    public var pid: Int32
    public var uptimeSeconds: Double
    /// The name under which this host signs its heads.
    public var host: String
    public var stateDirectory: String
    public var model: ModelReport?
    public var head: HeadSummary?
    public var feedback: FeedbackCounts
    public var labels: LabelCounts
    public var training: TrainingStatus
    public var disk: DiskReport
    public var memory: MemoryReport

    public init(
        apiVersion: Int = ControlProtocol.version, version: String, pid: Int32,
        uptimeSeconds: Double, host: String, stateDirectory: String, model: ModelReport?,
        head: HeadSummary?, feedback: FeedbackCounts, labels: LabelCounts,
        training: TrainingStatus, disk: DiskReport, memory: MemoryReport
    ) {
        self.apiVersion = apiVersion
        self.version = version
        self.pid = pid
        self.uptimeSeconds = uptimeSeconds
        self.host = host
        self.stateDirectory = stateDirectory
        self.model = model
        self.head = head
        self.feedback = feedback
        self.labels = labels
        self.training = training
        self.disk = disk
        self.memory = memory
    }
}

/// The checkpoint in use.
public struct HeadSummary: Codable, Hashable, Sendable {
    public var checkpoint: String
    public var promotedAt: Date
    /// The local round that made it; absent when it came from a peer.
    public var round: Int?
    /// `local`, or the name of the peer it came from.
    public var origin: String

    public init(checkpoint: String, promotedAt: Date, round: Int?, origin: String) {
        self.checkpoint = checkpoint
        self.promotedAt = promotedAt
        self.round = round
        self.origin = origin
    }
}

/// How much feedback there is; retracted feedback counts only under `retracted`.
public struct FeedbackCounts: Codable, Hashable, Sendable {
    public var total: Int
    public var pairs: Int
    public var ties: Int
    public var ratings: Int
    public var edits: Int
    public var retracted: Int
    /// Pairs kept aside for judging checkpoints.
    public var heldOut: Int
    /// Feedback that a round could train on and none has.
    public var untrained: Int
    /// Feedback skipped as too long; `untrained` does not count them.
    public var tooLong: Int

    public init(
        total: Int, pairs: Int, ties: Int, ratings: Int, edits: Int, retracted: Int, heldOut: Int,
        untrained: Int, tooLong: Int
    ) {
        self.total = total
        self.pairs = pairs
        self.ties = ties
        self.ratings = ratings
        self.edits = edits
        self.retracted = retracted
        self.heldOut = heldOut
        self.untrained = untrained
        self.tooLong = tooLong
    }
}

/// How many label requests there are in each state.
public struct LabelCounts: Codable, Hashable, Sendable {
    public var open: Int
    public var answered: Int
    public var skipped: Int
    public var expired: Int
    /// Asked since midnight UTC, and the most that the configuration allows a day.
    public var askedToday: Int
    public var dailyLimit: Int
    /// Of the requests that were put again: answered as before, and otherwise; nil if there are none.
    public var agreeing: Int?
    public var differing: Int?

    public init(
        open: Int, answered: Int, skipped: Int, expired: Int, askedToday: Int, dailyLimit: Int,
        agreeing: Int? = nil, differing: Int? = nil
    ) {
        self.open = open
        self.answered = answered
        self.skipped = skipped
        self.expired = expired
        self.askedToday = askedToday
        self.dailyLimit = dailyLimit
        self.agreeing = agreeing
        self.differing = differing
    }
}

/// The file system of the state directory, in bytes.
public struct DiskReport: Codable, Hashable, Sendable {
    /// What the state directory holds.
    public var used: Int64
    public var available: Int64

    public init(used: Int64, available: Int64) {
        self.used = used
        self.available = available
    }
}

/// The daemon's memory, in bytes.
public struct MemoryReport: Codable, Hashable, Sendable {
    public var resident: Int64
    public var peak: Int64

    public init(resident: Int64, peak: Int64) {
        self.resident = resident
        self.peak = peak
    }
}
