import FeedbackFormats
public import Foundation
import GRDB

extension FeedbackStore {
    /// Records a label request; within a budget, the requests with the lowest weight have the right
    /// of way.
    ///
    /// - Edge cases: a request that is on record already is not asked again, so that an interrupted
    ///   round can repeat its asks. When the open budget binds, the new request replaces the open one
    ///   with the highest weight if its own is lower; the daily budget never replaces, since the
    ///   person has been asked.
    /// - Errors: `conflict` with fewer than two candidates.
    public func ask(_ request: NewLabelRequest, within budget: LabelBudget? = nil) throws
        -> AskOutcome
    {
        guard request.candidates.count >= 2 else {
            throw StoreError.conflict("a label request needs at least two candidates")
        }
        return try write { db in
            let state = try String.fetchOne(
                db, sql: "SELECT state FROM label_request WHERE id = ?", arguments: [request.id])
            if let state = state.flatMap(StoredLabelRequest.State.init) { return .existing(state) }
            var outcome = AskOutcome.asked
            if let budget {
                outcome = try makeRoom(for: request.weight, within: budget, in: db)
                if outcome == .overBudget { return outcome }
            }
            try insert(request, into: db)
            return outcome
        }
    }

    /// A page of requests, those most in need of an answer (the lowest weight) first.
    public func labelRequests(
        state: StoredLabelRequest.State? = nil, limit: Int = 100, offset: Int = 0
    ) throws -> [StoredLabelRequest] {
        try read { db in
            try LabelRequestRow.fetchAll(
                db,
                sql: """
                    \(LabelRequestRow.sql) WHERE state = coalesce(?, state)
                    ORDER BY weight, label_request.id LIMIT ? OFFSET ?
                    """, arguments: [state?.rawValue, limit, offset]
            ).map { try $0.request() }
        }
    }

    /// The open request that is most in need of a person's answer.
    public func nextLabelRequest() throws -> StoredLabelRequest? {
        try read { db in
            try LabelRequestRow.fetchOne(
                db,
                sql: """
                    \(LabelRequestRow.sql) WHERE state = 'open' AND annotator = 'human'
                    ORDER BY weight, label_request.id LIMIT 1
                    """)?.request()
        }
    }

    public func labelRequest(_ id: String) throws -> StoredLabelRequest {
        try read { try Self.labelRequest(id, in: $0) }
    }

    /// How many requests there are in each state.
    public func labelCounts() throws -> [StoredLabelRequest.State: Int] {
        try read { db in
            let rows = try Row.fetchAll(
                db, sql: "SELECT state, count(*) AS n FROM label_request GROUP BY state")
            return Dictionary(
                uniqueKeysWithValues: rows.compactMap { row in
                    StoredLabelRequest.State(rawValue: row["state"]).map { ($0, row["n"]) }
                })
        }
    }

    /// How many times a person has been asked since `date`.
    public func askedCount(since date: Date) throws -> Int {
        try read { try Self.askedCount(since: date, in: $0) }
    }

    static func labelRequest(_ id: String, in db: Database) throws -> StoredLabelRequest {
        let row = try LabelRequestRow.fetchOne(
            db, sql: "\(LabelRequestRow.sql) WHERE label_request.id = ?", arguments: [id])
        guard let row else { throw StoreError.notFound(what: "label request", id: id) }
        return try row.request()
    }

    private static func askedCount(since date: Date, in db: Database) throws -> Int {
        try Int.fetchOne(
            db,
            sql: """
                SELECT count(*) FROM label_request WHERE annotator = 'human' AND asked_at >= ?
                """, arguments: [Timestamp(date).milliseconds]) ?? 0
    }

    /// Whether the budget has room for one more without another's making way.
    static func hasRoom(within budget: LabelBudget, in db: Database) throws -> Bool {
        let open = try Int.fetchOne(
            db,
            sql: "SELECT count(*) FROM label_request WHERE state = 'open' AND annotator = 'human'")!
        return try open < budget.open
            && askedCount(since: budget.dayStart, in: db) < budget.perDay
    }

    /// Decides whether a request of this weight may be asked, expiring a less needed one if it must.
    private func makeRoom(
        for weight: Double, within budget: LabelBudget, in db: Database
    ) throws -> AskOutcome {
        guard try Self.askedCount(since: budget.dayStart, in: db) < budget.perDay else {
            return .overBudget
        }
        let open = try Row.fetchAll(
            db,
            sql: """
                SELECT id, weight FROM label_request WHERE state = 'open' AND annotator = 'human'
                ORDER BY weight DESC, id DESC
                """)
        guard open.count >= budget.open else { return .asked }
        guard let least = open.first, weight < least["weight"] else { return .overBudget }
        let id: String = least["id"]
        try close([id], as: .expired, reason: "replaced by a more needed request", in: db)
        return .replaced(id)
    }

    func insert(
        _ request: NewLabelRequest, repeats: String? = nil, into db: Database
    ) throws {
        try db.execute(
            sql: """
                INSERT INTO label_request (id, feedback_id, round_id, checkpoint_id, annotator, score,
                    weight, draw, rule, repeats, state, asked_at)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'open', ?)
                """,
            arguments: [
                request.id, request.feedback, request.round, request.checkpoint,
                request.annotator.rawValue, request.score, request.weight, request.draw,
                request.rule.rawValue, repeats, timestamp,
            ])
        let statement = try db.cachedStatement(sql: "INSERT INTO label_candidate VALUES (?, ?, ?)")
        for (ordinal, text) in request.candidates.enumerated() {
            // A model may well write a NUL, at which SQLite's C interface would cut the text.
            let text = text.replacing("\0", with: "\u{FFFD}")
            try statement.execute(arguments: [request.id, ordinal, text])
        }
    }

    /// Closes those of the requests that are open, and returns how many were.
    @discardableResult
    func close(
        _ ids: [String], as state: StoredLabelRequest.State, reason: String?, in db: Database
    ) throws -> Int {
        let statement = try db.cachedStatement(
            sql: """
                UPDATE label_request SET state = ?, reason = ?, closed_at = ?
                WHERE id = ? AND state = 'open'
                """)
        return try ids.reduce(0) { count, id in
            try statement.execute(arguments: [state.rawValue, reason, timestamp, id])
            return count + db.changesCount
        }
    }
}
