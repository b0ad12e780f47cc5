public import Foundation
import FeedbackFormats
import GRDB

/// An alignment round on record.
///
/// `plan`, `metrics` and `gate` are JSON of the trainer's; the store checks only that they are JSON.
public struct StoredRound: Codable, Hashable, Sendable {
    public enum State: String, Codable, Hashable, Sendable {
        /// Under way, or interrupted and to be resumed. At most one round is.
        case running
        case completed, failed, cancelled
    }

    public var id: Int
    public var state: State
    public var plan: String
    public var metrics: String?
    public var gate: String?
    public var failure: String?
    /// The checkpoint that the round left, if it completed.
    public var checkpoint: String?
    public var startedAt: Date
    public var finishedAt: Date?
}

/// How a round ends.
public enum RoundEnd: Hashable, Sendable {
    /// Left a checkpoint, whatever the gate said of it. `metrics` and `gate` are JSON.
    case completed(checkpoint: String, metrics: String, gate: String)
    case failed(String)
    case cancelled
}

/// What a round meets that is longer than its limit: tokens by the id of the pair or of the answer.
public struct LongFeedback: Hashable, Sendable {
    public var pairs: [String: Int] = [:]
    public var answers: [Int: Int] = [:]

    public var count: Int { pairs.count + answers.count }

    public init() {}
}

/// How many pairs and answers a round was to train on and did not.
public struct RoundSkips: Hashable, Sendable {
    public var tooLong = 0
    /// Retracted while it ran, before it came to train on them.
    public var retracted = 0

    public init() {}
}

/// A row of `round` with the id of its checkpoint.
struct RoundRow: Decodable, FetchableRecord {
    static let sql = """
        SELECT round.id AS id, state, plan, metrics, gate, failure, started_at AS startedAt,
            finished_at AS finishedAt, checkpoint.id AS checkpoint
        FROM round LEFT JOIN checkpoint ON checkpoint.round_id = round.id
        """
    var id: Int
    var state: StoredRound.State
    var plan: String
    var metrics: String?
    var gate: String?
    var failure: String?
    var startedAt: Int64
    var finishedAt: Int64?
    var checkpoint: String?

    var round: StoredRound {
        StoredRound(
            id: id, state: state, plan: plan, metrics: metrics, gate: gate, failure: failure,
            checkpoint: checkpoint, startedAt: Timestamp(milliseconds: startedAt).date,
            finishedAt: finishedAt.map { Timestamp(milliseconds: $0).date })
    }
}
