import Foundation
import GRDB

extension FeedbackStore {
    /// Opens a round with what it will train on; from now on its answers cannot be withdrawn.
    ///
    /// The pairs leave the window only when the round completes, so a round that fails or is cancelled
    /// leaves them to the next one.
    ///
    /// - Parameters:
    ///   - plan: JSON of the trainer's, with which the round can be resumed.
    ///   - base: the fingerprint of the model it trains, which must be in use.
    ///   - new: ids from ``window(limit:)``. - replayed: ids from ``forEachReplayCandidate(_:)``.
    ///   - answers: ids from ``pendingOnlinePairs(limit:tokenLimit:)``.
    ///   - tooLong: what it met and leaves out for its length; whatever becomes of the round, no later
    ///     one meets it again under the same limit.
    /// - Errors: `conflict` when a round is running, or text of the plan was erased; `invariant` for a pair that must not be trained on.
    public func beginRound(
        plan: String, on base: String? = nil, new: [String], replayed: [String] = [],
        answers: [Int] = [], tooLong: LongFeedback = LongFeedback()
    ) throws -> Int {
        try write { db in
            if let running = try Int.fetchOne(
                db, sql: "SELECT id FROM round WHERE state = 'running'")
            {
                throw StoreError.conflict(
                    "round \(running) is not finished; resume or cancel it first")
            }
            if let base { try Self.requireActive(base, in: db) }
            try Self.requireNothingErased(in: plan, answers: answers, db)
            try db.execute(
                sql: "INSERT INTO round (state, plan, started_at) VALUES ('running', ?, ?)",
                arguments: [plan, timestamp])
            let round = Int(db.lastInsertedRowID)
            let pair = try db.cachedStatement(sql: "INSERT INTO round_pair VALUES (?, ?, ?)")
            for id in new { try pair.execute(arguments: [round, id, "new"]) }
            for id in replayed { try pair.execute(arguments: [round, id, "replay"]) }
            let answer = try db.cachedStatement(sql: "INSERT INTO round_answer VALUES (?, ?)")
            for id in answers { try answer.execute(arguments: [round, id]) }
            let skip = try db.cachedStatement(
                sql: """
                    INSERT INTO round_skip (round_id, feedback_id, answer_id, reason, tokens)
                    VALUES (?, ?, ?, 'too long', ?)
                    """)
            for (id, tokens) in tooLong.pairs.sorted(by: { $0.key < $1.key }) {
                try skip.execute(arguments: [round, id, nil, tokens])
            }
            for (id, tokens) in tooLong.answers.sorted(by: { $0.key < $1.key }) {
                try skip.execute(arguments: [round, nil, id, tokens])
            }
            return round
        }
    }

    /// Ends the running round; completing it registers its checkpoint in the same transaction.
    ///
    /// Requests that it has put to a program and that are still open expire: nobody answers them.
    ///
    /// - Parameter retracted: pairs of the round that were retracted before it came to train on them.
    /// - Errors: `notFound`; `conflict` when the round has ended already.
    public func endRound(_ id: Int, _ end: RoundEnd, retracted: [String] = []) throws {
        let time = timestamp
        try write { db in
            switch try String.fetchOne(
                db, sql: "SELECT state FROM round WHERE id = ?", arguments: [id])
            {
            case nil: throw StoreError.notFound(what: "round", id: String(id))
            case "running": break
            case let state?: throw StoreError.conflict("round \(id) is \(state) already")
            }
            for pair in retracted {
                try db.execute(
                    sql: """
                        INSERT INTO round_skip (round_id, feedback_id, reason)
                        VALUES (?, ?, 'retracted')
                        """, arguments: [id, pair])
            }
            let (state, metrics, gate, failure): (String, String?, String?, String?) =
                switch end {
                case .completed(_, let metrics, let gate): ("completed", metrics, gate, nil)
                case .failed(let why): ("failed", nil, nil, why)
                case .cancelled: ("cancelled", nil, nil, nil)
                }
            try db.execute(
                sql: """
                    UPDATE round SET state = ?, metrics = ?, gate = ?, failure = ?, finished_at = ?
                    WHERE id = ?
                    """, arguments: [state, metrics, gate, failure, time, id])
            let unanswered = try String.fetchAll(
                db,
                sql: """
                    SELECT id FROM label_request
                    WHERE round_id = ? AND state = 'open' AND annotator = 'command'
                    """, arguments: [id])
            try close(unanswered, as: .expired, reason: "its round has ended", in: db)
            if case .completed(let checkpoint, _, _) = end {
                try db.execute(
                    sql: """
                        INSERT INTO checkpoint (id, origin, round_id, recorded_at)
                        VALUES (?, 'local', ?, ?)
                        """, arguments: [checkpoint, id, time])
            }
        }
    }

    /// The round to resume, if one was interrupted.
    public func runningRound() throws -> StoredRound? {
        try read(Self.runningRound)
    }

    static func runningRound(in db: Database) throws -> StoredRound? {
        try RoundRow.fetchOne(db, sql: "\(RoundRow.sql) WHERE state = 'running'")?.round
    }

    /// Rounds, the latest first, those before `before` if given.
    public func rounds(before: Int? = nil, limit: Int = 100) throws -> [StoredRound] {
        try read { db in
            try RoundRow.fetchAll(
                db, sql: "\(RoundRow.sql) WHERE round.id < ? ORDER BY round.id DESC LIMIT ?",
                arguments: [before ?? .max, limit]
            ).map(\.round)
        }
    }

    public func round(_ id: Int) throws -> StoredRound {
        try read { db in
            let row = try RoundRow.fetchOne(
                db, sql: "\(RoundRow.sql) WHERE round.id = ?", arguments: [id])
            guard let row else { throw StoreError.notFound(what: "round", id: String(id)) }
            return row.round
        }
    }

    /// How many pairs and answers a round left out, by reason.
    public func skips(ofRound id: Int) throws -> RoundSkips {
        try read { db in
            let counts = try Row.fetchAll(
                db,
                sql: "SELECT reason, count(*) AS n FROM round_skip WHERE round_id = ? GROUP BY 1",
                arguments: [id])
            return counts.reduce(into: RoundSkips()) { skips, row in
                if row["reason"] == "retracted" {
                    skips.retracted = row["n"]
                } else {
                    skips.tooLong = row["n"]
                }
            }
        }
    }

    /// The ids a round trains or trained on, as recorded when it began.
    public func trainingSet(ofRound id: Int) throws -> (
        new: [String], replayed: [String], answers: [Int]
    ) {
        try read { db in
            let sql = """
                SELECT feedback_id FROM round_pair JOIN feedback ON feedback.id = feedback_id
                WHERE round_id = ? AND role = ? ORDER BY seq
                """
            return (
                try String.fetchAll(db, sql: sql, arguments: [id, "new"]),
                try String.fetchAll(db, sql: sql, arguments: [id, "replay"]),
                try Int.fetchAll(
                    db, sql: "SELECT answer_id FROM round_answer WHERE round_id = ? ORDER BY 1",
                    arguments: [id])
            )
        }
    }
}
