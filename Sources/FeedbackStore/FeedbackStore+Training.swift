public import FeedbackFormats
public import Foundation
import GRDB

extension FeedbackStore {
    /// Feedback that no completed round has trained on, oldest first; never held-out ones.
    ///
    /// - Parameters:
    ///   - withRatings: whether ratings are there beside pairs and edits.
    ///   - after: the entry that they follow.
    ///   - tokenLimit: pairs that a round skipped as longer than this stay out.
    public func window(
        after: String? = nil, limit: Int, tokenLimit: Int = 0, withRatings: Bool = true
    ) throws -> [FeedbackEntry] {
        try read { db in
            try FeedbackEntryRow.fetchAll(
                db,
                sql: """
                    \(FeedbackEntryRow.sql)
                    JOIN trainable ON trainable.seq = feedback.seq
                    WHERE trained = 0
                        AND trainable.seq
                            > coalesce((SELECT seq FROM feedback WHERE id = ?), 0)
                        AND NOT EXISTS (
                            SELECT 1 FROM round_skip
                            WHERE feedback_id = feedback.id AND tokens > ?)
                        AND (kind <> 'rating' OR ?)
                    ORDER BY trainable.seq LIMIT ?
                    """, arguments: [after, tokenLimit, withRatings, limit]
            ).map { try $0.entry() }
        }
    }

    /// Calls `body` with the ids of feedback that a completed round has trained on and that is
    /// still live, oldest first: what replay draws from.
    ///
    /// The ids are never in memory all together.
    public func forEachReplayCandidate(_ body: (String) -> Void) throws {
        try read { db in
            let ids = try String.fetchCursor(
                db, sql: "SELECT feedback_id FROM trainable WHERE trained = 1 ORDER BY seq")
            while let id = try ids.next() { body(id) }
        }
    }

    /// Pairs and edits whose prompt is held out, newest first: what a gate judges with.
    ///
    /// A limit leaves out the oldest, so that what a person says now counts. The plus signs keep the
    /// database from gathering all feedback of a kind to sort it.
    public func heldOutPairs(limit: Int = .max) throws -> [FeedbackEntry] {
        try read { db in
            try FeedbackEntryRow.fetchAll(
                db,
                sql: """
                    \(FeedbackEntryRow.sql)
                    WHERE +kind IN ('pair', 'edit') AND retracted_at IS NULL AND held_out = 1
                    ORDER BY seq DESC LIMIT ?
                    """, arguments: [limit]
            ).map { try $0.entry() }
        }
    }

    /// Pairs that were recorded after `date`, held-out ones too, in the order they came.
    ///
    /// Edits are left out: they set a text against the model's own.
    public func pairs(since date: Date, limit: Int) throws -> [FeedbackEntry] {
        try read { db in
            try FeedbackEntryRow.fetchAll(
                db,
                sql: """
                    \(FeedbackEntryRow.sql)
                    WHERE +kind = 'pair' AND retracted_at IS NULL AND recorded_at > ?
                    ORDER BY recorded_at, feedback.seq LIMIT ?
                    """, arguments: [Timestamp(date).milliseconds, limit]
            ).map { try $0.entry() }
        }
    }
}
