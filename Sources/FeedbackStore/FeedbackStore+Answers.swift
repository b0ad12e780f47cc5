public import FeedbackFormats
public import Foundation
import GRDB

extension FeedbackStore {
    /// Records the answer to an open request.
    ///
    /// - Parameter usedIn: the running round that trains on the answer at once, as with a `command`
    ///   annotator; without one, the next round may take it.
    /// - Returns: the pair it makes, or nil: both bad, all scores equal, or two sides of the same text.
    /// - Errors: `notFound`; `conflict` when the request is closed or the verdict does not fit it, and
    ///   when it is put to a `command` annotator but `usedIn` is not given: only its round answers it.
    @discardableResult
    public func answer(
        _ id: String, _ verdict: LabelVerdict, usedIn round: Int? = nil
    ) throws -> OnlinePair? {
        try write { db in
            let request = try Self.labelRequest(id, in: db)
            guard request.state == .open else {
                throw StoreError.conflict("label request \(id) is \(request.state.rawValue)")
            }
            if round == nil { try Self.demandPerson(request) }
            let sides = try verdict.sides(of: request.candidates)
            let json = String(decoding: try JSONEncoder().encode(verdict), as: UTF8.self)
            try db.execute(
                sql: """
                    INSERT INTO label_answer (request_id, verdict, chosen, rejected, answered_at)
                    VALUES (?, ?, ?, ?, ?)
                    """, arguments: [id, json, sides?.chosen, sides?.rejected, timestamp])
            let answer = db.lastInsertedRowID
            try close([id], as: .answered, reason: nil, in: db)
            if let round {
                try db.execute(
                    sql: "INSERT INTO round_answer VALUES (?, ?)", arguments: [round, answer])
            }
            return try OnlinePairRow.fetchOne(
                db, sql: "\(OnlinePairRow.sql) AND label_answer.id = ?", arguments: [answer])?
                .pair()
        }
    }

    /// Has the running round train on the answer that a request has already.
    ///
    /// - Returns: false when there is no standing answer or a completed round has trained on it.
    public func useAnswer(to id: String, in round: Int) throws -> Bool {
        try write { db in
            let answer = try Int64.fetchOne(
                db,
                sql: """
                    SELECT id FROM label_answer WHERE request_id = ? AND withdrawn_at IS NULL
                        AND NOT EXISTS (
                            SELECT 1 FROM round_answer JOIN round ON round.id = round_id
                            WHERE answer_id = label_answer.id AND round.state = 'completed')
                    """, arguments: [id])
            guard let answer else { return false }
            try db.execute(
                sql: "INSERT OR IGNORE INTO round_answer VALUES (?, ?)",
                arguments: [round, answer])
            return true
        }
    }

    /// Leaves an open request unanswered.
    ///
    /// - Errors: `notFound`; `conflict` when it is closed or not put to a person.
    public func skip(_ id: String, reason: String? = nil) throws {
        try write { db in
            let request = try Self.labelRequest(id, in: db)
            try Self.demandPerson(request)
            guard try close([id], as: .skipped, reason: reason, in: db) == 1 else {
                throw StoreError.conflict("label request \(id) is \(request.state.rawValue)")
            }
        }
    }

    /// Expires the open requests among these, because (say) the policy has moved on from the one that
    /// wrote the candidates. Returns how many.
    @discardableResult
    public func expire(_ ids: [String], reason: String) throws -> Int {
        try write { try close(ids, as: .expired, reason: reason, in: $0) }
    }

    private static func demandPerson(_ request: StoredLabelRequest) throws {
        guard request.state != .open || request.annotator == .human else {
            throw StoreError.conflict(
                "label request \(request.id) is put to the annotator program of round"
                    + " \(request.round), which alone answers it")
        }
    }

    /// Expires the requests that have been open since before `date`, save those that a running round
    /// has put to a program. Returns how many.
    @discardableResult
    public func expire(askedBefore date: Date) throws -> Int {
        try write { db in
            let ids = try String.fetchAll(
                db,
                sql: """
                    SELECT id FROM label_request WHERE state = 'open' AND asked_at < ?
                        AND (annotator = 'human'
                            OR round_id NOT IN (SELECT id FROM round WHERE state = 'running'))
                    """, arguments: [Timestamp(date).milliseconds])
            return try close(ids, as: .expired, reason: "not answered in time", in: db)
        }
    }

    /// Withdraws the latest standing answer of a person's and opens its request again.
    ///
    /// - Returns: the request, open; nil when there is no answer to withdraw.
    /// - Errors: `conflict` when a round has taken the answer.
    public func undoLastAnswer() throws -> StoredLabelRequest? {
        try write { db in
            let row = try Row.fetchOne(
                db,
                sql: """
                    SELECT label_answer.id AS answer, request_id AS request, EXISTS (
                        SELECT 1 FROM round_answer JOIN round ON round.id = round_answer.round_id
                        WHERE answer_id = label_answer.id
                            AND round.state IN ('running', 'completed')) AS isUsed
                    FROM label_answer JOIN label_request ON label_request.id = request_id
                    WHERE withdrawn_at IS NULL AND annotator = 'human'
                        AND feedback_id NOT IN (
                            SELECT feedback.id FROM erasure JOIN feedback USING (content_hash))
                    ORDER BY label_answer.id DESC LIMIT 1
                    """)
            guard let row else { return nil }
            let request: String = row["request"]
            if row["isUsed"] {
                throw StoreError.conflict("a round has taken the answer to \(request) already")
            }
            try db.execute(
                sql: "UPDATE label_answer SET withdrawn_at = ? WHERE id = ?",
                arguments: [timestamp, row["answer"] as Int64])
            try db.execute(
                sql: "UPDATE label_request SET state = 'open', closed_at = NULL WHERE id = ?",
                arguments: [request])
            return try Self.labelRequest(request, in: db)
        }
    }

    /// Pairs made by answers that no completed round has trained on, oldest first; those that a round
    /// skipped as longer than `tokenLimit` stay out.
    public func pendingOnlinePairs(
        limit: Int = .max, tokenLimit: Int = 0
    ) throws -> [OnlinePair] {
        try onlinePairs(
            """
            NOT EXISTS (SELECT 1 FROM round_answer JOIN round ON round.id = round_answer.round_id
                        WHERE answer_id = label_answer.id AND round.state = 'completed')
            AND NOT EXISTS (SELECT 1 FROM round_skip
                            WHERE answer_id = label_answer.id AND tokens > \(tokenLimit))
            """, limit: limit)
    }

    /// Every pair made by a standing answer, by the id of the offline pair it was asked about; of
    /// several the latest. What a four-column export needs.
    public func onlinePairs() throws -> [String: OnlinePair] {
        Dictionary(try onlinePairs("1", limit: .max).map { ($0.feedback, $0) }) { $1 }
    }

    private func onlinePairs(_ condition: String, limit: Int) throws -> [OnlinePair] {
        try read { db in
            try OnlinePairRow.fetchAll(
                db, sql: "\(OnlinePairRow.sql) AND \(condition) ORDER BY label_answer.id LIMIT ?",
                arguments: [limit]
            ).map { try $0.pair() }
        }
    }
}

extension LabelVerdict {
    /// The pair that the verdict makes of the candidates, if it makes one.
    ///
    /// - Edge cases: of equal scores the first counts; equal extremes and equal texts make no pair.
    /// - Errors: `StoreError.conflict` when the verdict does not fit the candidates.
    func sides(of candidates: [String]) throws -> (chosen: String, rejected: String)? {
        func candidate(_ index: Int) throws -> String {
            guard candidates.indices.contains(index) else {
                throw StoreError.conflict(
                    "there is no candidate \(index); they are 0 to \(candidates.count - 1)")
            }
            return candidates[index]
        }
        let sides: (chosen: String, rejected: String)
        switch self {
        case .bothBad: return nil
        case .ranking(let best, let worst):
            guard best != worst else {
                throw StoreError.conflict("the best and the worst candidate are the same one")
            }
            sides = (try candidate(best), try candidate(worst))
        case .scores(let scores):
            guard scores.count == candidates.count else {
                throw StoreError.conflict(
                    "\(scores.count) scores for \(candidates.count) candidates")
            }
            guard scores.allSatisfy(\.isFinite) else {
                throw StoreError.conflict("a score is not a finite number")
            }
            let (least, most) = (scores.min()!, scores.max()!)
            guard least < most else { return nil }
            sides = (
                candidates[scores.firstIndex(of: most)!], candidates[scores.firstIndex(of: least)!]
            )
        case .edited(let text, let index):
            sides = (text, try candidate(index))
            guard !text.allSatisfy(\.isWhitespace), !text.utf8.contains(0),
                text.utf8.count <= Feedback.maximumTextBytes
            else {
                throw StoreError.conflict("the edited text is empty, too long or contains a NUL")
            }
        }
        return sides.chosen == sides.rejected ? nil : sides
    }
}
