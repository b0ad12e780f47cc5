public import FeedbackFormats
import GRDB

extension FeedbackStore {
    /// Pairs and edits that no completed round has trained on, oldest first; never held-out ones.
    ///
    /// - Parameters:
    ///   - after: the entry that they follow.
    ///   - tokenLimit: pairs that a round skipped as longer than this stay out.
    public func window(
        after: String? = nil, limit: Int, tokenLimit: Int = 0
    ) throws -> [FeedbackEntry] {
        try preferences(
            heldOut: false,
            and: """
                NOT \(Self.wasTrained) AND NOT EXISTS (
                    SELECT 1 FROM round_skip
                    WHERE feedback_id = feedback.id AND tokens > \(tokenLimit))
                """, after: after, limit: limit)
    }

    /// Calls `body` with the ids of pairs and edits that a completed round has trained on and that
    /// are still live, oldest first: what replay draws from.
    ///
    /// They are never in memory all together.
    public func forEachReplayCandidate(_ body: (String) -> Void) throws {
        try read { db in
            let ids = try String.fetchCursor(
                db,
                sql: """
                    SELECT feedback.id FROM feedback
                    WHERE kind IN ('pair', 'edit') AND \(Self.wasTrained)
                        AND feedback.id NOT IN (SELECT feedback_id FROM tombstone)
                    ORDER BY seq
                    """)
            while let id = try ids.next() { body(id) }
        }
    }

    /// Pairs and edits whose prompt is held out, newest first: what a gate judges with.
    ///
    /// A limit leaves out the oldest, so that what a person says now counts.
    public func heldOutPairs(limit: Int = .max) throws -> [FeedbackEntry] {
        try preferences(heldOut: true, and: "1", order: "DESC", limit: limit)
    }

    private func preferences(
        heldOut: Bool, and condition: String, after: String? = nil, order: String = "ASC",
        limit: Int
    ) throws -> [FeedbackEntry] {
        try read { db in
            try FeedbackEntryRow.fetchAll(
                db,
                sql: """
                    \(FeedbackEntryRow.sql)
                    WHERE kind IN ('pair', 'edit') AND retracted_at IS NULL AND held_out = ?
                        AND seq > coalesce((SELECT seq FROM feedback WHERE id = ?), 0)
                        AND \(condition)
                    ORDER BY seq \(order) LIMIT ?
                    """, arguments: [heldOut, after, limit]
            ).map { try $0.entry() }
        }
    }

    private static let wasTrained =
        "EXISTS (SELECT 1 FROM trained_pair WHERE feedback_id = feedback.id)"
}
