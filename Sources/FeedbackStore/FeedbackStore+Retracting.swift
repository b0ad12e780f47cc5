public import FeedbackFormats
import GRDB

extension FeedbackStore {
    /// Takes feedback back: it stays on record, but is neither listed by default nor trained on again.
    ///
    /// Retracting twice keeps the earlier time with its reason. Open label requests for it expire.
    ///
    /// - Returns: the entry, whose `trainedIn` shows the rounds that it still shapes.
    /// - Errors: `notFound`, `ambiguous` (a prefix of the id will do).
    @discardableResult
    public func retract(_ id: String, reason: String? = nil) throws -> FeedbackEntry {
        let id = try feedback(id).id
        let time = timestamp
        try write { db in
            _ = try bury(
                TombstoneRecord(feedbackID: id, reason: reason, retractedAt: time), in: db)
        }
        return try feedback(id)
    }

    /// Those of the ids that have been retracted.
    public func retracted(among ids: [String]) throws -> [String] {
        try read { db in
            let statement = try db.cachedStatement(
                sql: "SELECT feedback_id FROM tombstone WHERE feedback_id = ?")
            return try ids.filter { try String.fetchOne(statement, arguments: [$0]) != nil }
        }
    }

    /// Records a retraction; of two the earlier counts. Erased feedback keeps none with a reason.
    ///
    /// - Returns: whether anything changed.
    @discardableResult
    func bury(_ tombstone: TombstoneRecord, in db: Database) throws -> Bool {
        try db.execute(
            sql: """
                INSERT INTO tombstone (feedback_id, reason, retracted_at) VALUES (?, ?, ?)
                ON CONFLICT (feedback_id) DO UPDATE
                SET retracted_at = excluded.retracted_at, reason = excluded.reason
                WHERE (excluded.retracted_at, coalesce(excluded.reason, ''))
                        < (tombstone.retracted_at, coalesce(tombstone.reason, ''))
                    AND NOT EXISTS (
                        SELECT 1 FROM feedback JOIN erasure USING (content_hash)
                        WHERE feedback.id = tombstone.feedback_id)
                """,
            arguments: [tombstone.feedbackID, tombstone.reason, tombstone.retractedAt])
        let isNews = db.changesCount > 0
        let open = try String.fetchAll(
            db, sql: "SELECT id FROM label_request WHERE feedback_id = ? AND state = 'open'",
            arguments: [tombstone.feedbackID])
        try close(open, as: .expired, reason: "retracted", in: db)
        return isNews
    }
}
