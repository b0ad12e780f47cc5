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
            try bury(TombstoneRecord(feedbackID: id, reason: reason, retractedAt: time), in: db)
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

    func bury(_ tombstone: TombstoneRecord, in db: Database) throws {
        try tombstone.insert(db, onConflict: .ignore)
        let open = try String.fetchAll(
            db, sql: "SELECT id FROM label_request WHERE feedback_id = ? AND state = 'open'",
            arguments: [tombstone.feedbackID])
        try close(open, as: .expired, reason: "retracted", in: db)
    }
}
