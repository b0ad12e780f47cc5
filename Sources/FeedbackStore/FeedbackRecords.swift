import FeedbackFormats
import Foundation
import GRDB

/// A row of `prompt`.
struct PromptRecord: Codable, PersistableRecord {
    static let databaseTableName = "prompt"
    var hash: String
    var messages: String
    var heldOut: Bool

    enum CodingKeys: String, CodingKey { case hash, messages, heldOut = "held_out" }

    static func encode(_ messages: [Message]) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(messages), as: UTF8.self)
    }

    static func decode(_ messages: String) throws -> [Message] {
        try JSONDecoder().decode([Message].self, from: Data(messages.utf8))
    }
}

/// A row of `feedback`; `seq`, the order of arrival, is the database's to give.
struct FeedbackRecord: Codable, PersistableRecord {
    static let databaseTableName = "feedback"
    var id: String
    var contentHash: String
    var kind: String
    var promptID: Int64
    var chosen: String?
    var rejected: String?
    var source: String?
    var recordedAt: Int64

    enum CodingKeys: String, CodingKey {
        case id, kind, chosen, rejected, source
        case contentHash = "content_hash"
        case promptID = "prompt_id"
        case recordedAt = "recorded_at"
    }
}

/// A row of `tombstone`.
struct TombstoneRecord: Codable, PersistableRecord {
    static let databaseTableName = "tombstone"
    var feedbackID: String
    var reason: String?
    var retractedAt: Int64

    enum CodingKeys: String, CodingKey {
        case reason
        case feedbackID = "feedback_id"
        case retractedAt = "retracted_at"
    }
}

/// Feedback joined with its prompt, its tombstone, its erasure and the rounds that trained on it.
struct FeedbackEntryRow: Decodable, FetchableRecord {
    /// Ends after FROM and its joins: conditions follow. Aliases: `feedback`, `prompt`, `tombstone`.
    static let sql = """
        SELECT feedback.seq AS seq, feedback.id AS id, kind, messages, chosen, rejected, source,
            recorded_at AS recordedAt, held_out AS heldOut, retracted_at AS retractedAt, reason,
            erased_at AS erasedAt,
            (SELECT group_concat(round_id) FROM trained_pair
             WHERE trained_pair.feedback_id = feedback.id) AS trainedIn
        FROM feedback
        JOIN prompt ON prompt.id = prompt_id
        LEFT JOIN tombstone ON tombstone.feedback_id = feedback.id
        LEFT JOIN erasure ON erasure.content_hash = feedback.content_hash
        """
    var seq: Int64
    var id: String
    var kind: String
    var messages: String
    var chosen: String?
    var rejected: String?
    var source: String?
    var recordedAt: Int64
    var heldOut: Bool
    var retractedAt: Int64?
    var reason: String?
    var erasedAt: Int64?
    var trainedIn: String?

    func entry() throws -> FeedbackEntry {
        guard let kind = Feedback.Kind(rawValue: kind) else {
            preconditionFailure("the schema allows known kinds only")
        }
        return FeedbackEntry(
            id: id,
            feedback: erasedAt == nil
                ? Feedback(
                    kind: kind, prompt: try PromptRecord.decode(messages), chosen: chosen,
                    rejected: rejected, source: source)
                : Feedback(kind: kind, prompt: []),
            recordedAt: Timestamp(milliseconds: recordedAt).date, heldOut: heldOut,
            trainedIn: (trainedIn ?? "").split(separator: ",").compactMap { Int($0) }.sorted(),
            retraction: retractedAt.map {
                Retraction(at: Timestamp(milliseconds: $0).date, reason: reason)
            }, erasedAt: erasedAt.map { Timestamp(milliseconds: $0).date })
    }
}
