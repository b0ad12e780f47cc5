public import FeedbackFormats
import GRDB

extension FeedbackStore {
    /// Takes feedback back: it stays on record, but is neither listed by default nor trained on again.
    ///
    /// Retracting twice keeps the first time and reason. Open label requests for it expire.
    ///
    /// - Returns: the entry, whose `trainedIn` shows the rounds that it still shapes.
    /// - Errors: `notFound`, `ambiguous` (a prefix of the id will do).
    @discardableResult
    public func retract(_ id: String, reason: String? = nil) throws -> FeedbackEntry {
        let id = try feedback(id).id
        let time = timestamp
        try write { db in
            try TombstoneRecord(feedbackID: id, reason: reason, retractedAt: time)
                .insert(db, onConflict: .ignore)
            try db.execute(
                sql: """
                    UPDATE label_request SET state = 'expired', reason = 'retracted', closed_at = ?
                    WHERE feedback_id = ? AND state = 'open'
                    """, arguments: [time, id])
        }
        return try feedback(id)
    }
}
