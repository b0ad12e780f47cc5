public import FeedbackFormats
import GRDB

extension FeedbackStore {
    /// Lists feedback, at most `limit` entries that follow the entry `after`.
    ///
    /// The cursor is an id, so that a listing continues rightly while feedback arrives.
    public func feedback(
        matching filter: FeedbackFilter = FeedbackFilter(), after: String? = nil, limit: Int = 100
    ) throws -> FeedbackPage {
        precondition(limit > 0, "a page has at least one entry")
        return try read { db in
            var conditions = filter.conditions
            if let after {
                guard
                    let seq = try Int64.fetchOne(
                        db, sql: "SELECT seq FROM feedback WHERE id = ?", arguments: [after])
                else { throw StoreError.notFound(what: "feedback", id: after) }
                conditions.append(
                    filter.order == .oldestFirst ? "feedback.seq > \(seq)" : "feedback.seq < \(seq)"
                )
            }
            let request: SQL = """
                \(sql: FeedbackEntryRow.sql) WHERE \(conditions.joined(operator: .and))
                ORDER BY seq \(sql: filter.order == .oldestFirst ? "ASC" : "DESC") LIMIT \(limit + 1)
                """
            let rows = try SQLRequest<FeedbackEntryRow>(literal: request).fetchAll(db)
            return FeedbackPage(
                entries: try rows.prefix(limit).map { try $0.entry() },
                next: rows.count > limit ? rows[limit - 1].id : nil)
        }
    }

    /// The feedback whose id is, or alone begins with, `id` (at least four characters).
    ///
    /// - Errors: `notFound`, `ambiguous`.
    public func feedback(_ id: String) throws -> FeedbackEntry {
        try read { db in
            let request: SQL = """
                \(sql: FeedbackEntryRow.sql)
                WHERE feedback.id = \(id)
                    OR (length(\(id)) >= 4 AND feedback.id BETWEEN \(id) AND \(id + "g"))
                ORDER BY feedback.id LIMIT 2
                """
            let rows = try SQLRequest<FeedbackEntryRow>(literal: request).fetchAll(db)
            guard let first = rows.first else {
                throw StoreError.notFound(what: "feedback", id: id)
            }
            guard rows.count == 1 || first.id == id else {
                throw StoreError.ambiguous(what: "feedback", prefix: id)
            }
            return try first.entry()
        }
    }

    /// The entries with these ids, in their order; unknown ids are left out.
    public func feedback(ids: [String]) throws -> [FeedbackEntry] {
        try read { db in
            let statement = try db.cachedStatement(
                sql: "\(FeedbackEntryRow.sql) WHERE feedback.id = ?")
            return try ids.compactMap { id in
                try FeedbackEntryRow.fetchOne(statement, arguments: [id])?.entry()
            }
        }
    }

    /// Calls `body` with every matching entry, one page in memory at a time.
    public func forEachFeedback(
        matching filter: FeedbackFilter = FeedbackFilter(),
        _ body: (FeedbackEntry) throws -> Void
    ) throws {
        var after: String?
        repeat {
            let page = try feedback(matching: filter, after: after, limit: 500)
            try page.entries.forEach(body)
            after = page.next
        } while after != nil
    }

    /// Counts for a status display: indices are counted, no feedback is read.
    public func counts() throws -> FeedbackCounts {
        try read { db in
            func count(_ sql: String) throws -> Int { try Int.fetchOne(db, sql: sql)! }
            func live(_ kind: Feedback.Kind) throws -> Int {
                let all = try Int.fetchOne(
                    db, sql: "SELECT count(*) FROM feedback WHERE kind = ?",
                    arguments: [kind.rawValue])!
                let retracted = try Int.fetchOne(
                    db,
                    sql: """
                        SELECT count(*) FROM tombstone
                        CROSS JOIN feedback ON feedback.id = feedback_id WHERE kind = ?
                        """, arguments: [kind.rawValue])!
                return all - retracted
            }
            var counts = FeedbackCounts()
            counts.pairs = try live(.pair)
            counts.ties = try live(.tie)
            counts.ratings = try live(.rating)
            counts.edits = try live(.edit)
            counts.trained = try count("SELECT count(*) FROM trainable WHERE trained = 1")
            counts.tooLong = try count(
                """
                SELECT count(*) FROM trainable WHERE trained = 0 AND feedback_id IN (
                    SELECT feedback_id FROM round_skip WHERE reason = 'too long')
                """)
            counts.waiting =
                try count("SELECT count(*) FROM trainable WHERE trained = 0") - counts.tooLong
            let ratings = try count(
                """
                SELECT count(*) FROM feedback
                WHERE kind = 'rating' AND seq IN (SELECT seq FROM trainable)
                """)
            counts.waitingRatings = try count(
                """
                SELECT count(*) FROM feedback
                WHERE kind = 'rating' AND seq IN (SELECT seq FROM trainable WHERE trained = 0)
                    AND id NOT IN (SELECT feedback_id FROM round_skip
                                   WHERE reason = 'too long' AND feedback_id IS NOT NULL)
                """)
            counts.heldOut =
                counts.pairs + counts.edits + ratings
                - counts.trained - counts.tooLong - counts.waiting
            counts.retracted = try count("SELECT count(*) FROM tombstone")
            counts.retractedAfterTraining = try count(
                """
                SELECT count(*) FROM tombstone
                WHERE EXISTS (SELECT 1 FROM trained_pair
                              WHERE trained_pair.feedback_id = tombstone.feedback_id)
                """)
            return counts
        }
    }
}

extension FeedbackFilter {
    fileprivate var conditions: [SQL] {
        var conditions: [SQL] = ["1"]
        if !kinds.isEmpty { conditions.append("+kind IN \(kinds.map(\.rawValue).sorted())") }
        if let heldOut { conditions.append("held_out = \(heldOut)") }
        if let source { conditions.append("source = \(source)") }
        switch retracted {
        case .exclude: conditions.append("retracted_at IS NULL")
        case .only: conditions.append("retracted_at IS NOT NULL")
        case .include: break
        }
        if let search, !search.isEmpty {
            let pattern =
                "%"
                + search.replacing("\\", with: "\\\\").replacing("%", with: "\\%")
                .replacing("_", with: "\\_") + "%"
            conditions.append(
                """
                (chosen LIKE \(pattern) ESCAPE '\\' OR rejected LIKE \(pattern) ESCAPE '\\'
                 OR EXISTS (SELECT 1 FROM json_each(messages)
                            WHERE json_extract(value, '$.content') LIKE \(pattern) ESCAPE '\\'))
                """)
        }
        return conditions
    }
}
