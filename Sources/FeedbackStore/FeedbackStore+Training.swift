public import FeedbackFormats
import GRDB

extension FeedbackStore {
    /// Pairs and edits that no completed round has trained on, oldest first; never held-out ones.
    public func window(limit: Int) throws -> [FeedbackEntry] {
        try preferences(heldOut: false, and: "NOT \(Self.wasTrained)", limit: limit)
    }

    /// The ids of pairs and edits that a completed round has trained on and that are still live,
    /// oldest first: what replay draws from.
    public func replayCandidates() throws -> [String] {
        try read { db in
            try String.fetchAll(
                db,
                sql: """
                    SELECT feedback.id FROM feedback
                    WHERE kind IN ('pair', 'edit') AND \(Self.wasTrained)
                        AND feedback.id NOT IN (SELECT feedback_id FROM tombstone)
                    ORDER BY seq
                    """)
        }
    }

    /// Pairs and edits whose prompt is held out, newest first: what a gate judges with.
    ///
    /// A limit leaves out the oldest, so that what a person says now counts.
    public func heldOutPairs(limit: Int = .max) throws -> [FeedbackEntry] {
        try preferences(heldOut: true, and: "1", order: "DESC", limit: limit)
    }

    private func preferences(
        heldOut: Bool, and condition: String, order: String = "ASC", limit: Int
    ) throws -> [FeedbackEntry] {
        try read { db in
            try FeedbackEntryRow.fetchAll(
                db,
                sql: """
                    \(FeedbackEntryRow.sql)
                    WHERE kind IN ('pair', 'edit') AND retracted_at IS NULL AND held_out = ?
                        AND \(condition)
                    ORDER BY seq \(order) LIMIT ?
                    """, arguments: [heldOut, limit]
            ).map { try $0.entry() }
        }
    }

    private static let wasTrained = """
        EXISTS (SELECT 1 FROM round_pair JOIN round ON round.id = round_id
                WHERE feedback_id = feedback.id AND state = 'completed')
        """
}
