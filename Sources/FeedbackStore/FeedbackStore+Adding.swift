import Crypto
public import FeedbackFormats
import Foundation
import GRDB

extension FeedbackStore {
    /// Stores a batch in one transaction and says what became of each item, in order.
    ///
    /// - Postconditions: every `added` item is on disk. Adding the same items again adds nothing.
    public func add(_ items: [Feedback]) throws -> [AddOutcome] {
        let time = timestamp
        return try write { db in
            try items.map { try insert($0, recordedAt: time, into: db) }
        }
    }

    /// ``add(_:)`` for concurrent callers: batches that arrive together share one transaction, so that
    /// many clients wait for one flush of the disk instead of one each.
    public func ingest(_ items: [Feedback]) async throws -> [AddOutcome] {
        try await ingestion.submit(items, to: self)
    }

    /// Stores backed-up entries with the times and retractions they carry.
    ///
    /// An entry that is here already gains the backup's retraction, if it has one; its time stays.
    /// Ids are computed anew, since they follow from the content, and the held-out side is this
    /// store's own decision.
    public func restore(_ entries: [FeedbackEntry]) throws -> [AddOutcome] {
        try write { db in
            try entries.map { try restore($0, in: db) }
        }
    }

    private func restore(_ entry: FeedbackEntry, in db: Database) throws -> AddOutcome {
        guard let outcome = try restoreUnlessTaken(entry, in: db) else {
            throw Self.sharedID(entry.feedback)
        }
        return outcome
    }

    /// - Returns: nil, and nothing is changed, if another fact has the id.
    func restoreUnlessTaken(_ entry: FeedbackEntry, in db: Database) throws -> AddOutcome? {
        let outcome = try insertUnlessTaken(
            entry.feedback, recordedAt: Timestamp(entry.recordedAt).milliseconds, into: db)
        guard let outcome else { return nil }
        if let retraction = entry.retraction, let id = outcome.knownID {
            let time = Timestamp(retraction.at).milliseconds
            try bury(
                TombstoneRecord(feedbackID: id, reason: retraction.reason, retractedAt: time),
                in: db)
        }
        return outcome
    }

    func insert(
        _ feedback: Feedback, recordedAt: Int64, into db: Database
    ) throws -> AddOutcome {
        let outcome = try insertUnlessTaken(feedback, recordedAt: recordedAt, into: db)
        guard let outcome else { throw Self.sharedID(feedback) }
        return outcome
    }

    private static func sharedID(_ feedback: Feedback) -> StoreError {
        .conflict(
            "two different facts share the id \(hash(feedback.canonicalEncoding).prefix(16))")
    }

    private func insertUnlessTaken(
        _ feedback: Feedback, recordedAt: Int64, into db: Database
    ) throws -> AddOutcome? {
        if let refusal = feedback.refusal { return .refused(refusal) }
        let contentHash = Self.hash(feedback.canonicalEncoding)
        let id = String(contentHash.prefix(16))
        if let known = try KnownFeedback.fetchOne(
            db.cachedStatement(sql: KnownFeedback.sql), arguments: [id])
        {
            guard known.contentHash == contentHash else { return nil }
            if known.isErased { return .erased(id: id) }
            return known.isRetracted ? .retracted(id: id) : .duplicate(of: id)
        }
        // What was erased elsewhere, and never was here.
        if try Self.isErased(contentHash, in: db) { return .erased(id: id) }
        try FeedbackRecord(
            id: id, contentHash: contentHash, kind: feedback.kind.rawValue,
            promptID: promptID(of: feedback, in: db), chosen: feedback.chosen,
            rejected: feedback.rejected, source: feedback.source, recordedAt: recordedAt
        ).insert(db)
        return .added(id: id)
    }

    /// The row of the feedback's prompt, inserted when it is new.
    private func promptID(of feedback: Feedback, in db: Database) throws -> Int64 {
        let hash = Self.hash(feedback.canonicalPrompt)
        let statement = try db.cachedStatement(sql: "SELECT id FROM prompt WHERE hash = ?")
        if let id = try Int64.fetchOne(statement, arguments: [hash]) { return id }
        try PromptRecord(
            hash: hash, messages: PromptRecord.encode(feedback.prompt),
            heldOut: HeldOut.contains(promptHash: hash, share: configuration.heldOutShare)
        ).insert(db)
        return db.lastInsertedRowID
    }

    static func hash(_ data: Data) -> String {
        SHA256.hash(data: data).hexadecimal
    }
}

/// What is looked up about feedback that might be there already.
private struct KnownFeedback: Decodable, FetchableRecord {
    static let sql = """
        SELECT content_hash AS contentHash,
            EXISTS (SELECT 1 FROM tombstone WHERE feedback_id = feedback.id) AS isRetracted,
            EXISTS (SELECT 1 FROM erasure WHERE erasure.content_hash = feedback.content_hash)
                AS isErased
        FROM feedback WHERE id = ?
        """
    var contentHash: String
    var isRetracted: Bool
    var isErased: Bool
}
