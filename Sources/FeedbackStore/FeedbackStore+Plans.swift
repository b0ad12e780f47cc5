import Foundation
import GRDB

/// Rounds keep the text they train on in their plans, whose JSON is the trainer's. All that is known of
/// it here: a text stands in an object with the `id` of its pair, as `prompt`, `chosen` or `rejected`.
extension FeedbackStore {
    /// The round that is not finished, if its plan has one of these pairs or an answer about one.
    static func unfinishedRound(holding ids: Set<String>, in db: Database) throws -> Int? {
        guard !ids.isEmpty, let round = try runningRound(in: db) else { return nil }
        let texts = PlanTexts(json: round.plan)
        let pairs = try ids.union(answerPairs(of: ids.sorted(), in: db))
        return texts.ids.isDisjoint(with: pairs) ? nil : round.id
    }

    /// Takes the texts of these pairs, and of the answers about them, out of the plans of rounds.
    static func redactPlans(of ids: [String], in db: Database) throws {
        let pairs = try Set(ids).union(answerPairs(of: ids, in: db))
        for round in try rounds(thatMayHold: ids, in: db) {
            let plan = try String.fetchOne(
                db, sql: "SELECT plan FROM round WHERE id = ?", arguments: [round])
            guard let plan else { continue }
            var texts = PlanTexts(json: plan)
            guard let redacted = texts.redact(pairs) else { continue }
            try db.execute(
                sql: "UPDATE round SET plan = ? WHERE id = ?", arguments: [redacted, round])
        }
    }

    /// Refuses a plan with text that was erased while the plan was made.
    static func requireNothingErased(
        in plan: String, answers: [Int], _ db: Database
    ) throws {
        let erased = try Row.fetchOne(db, sql: "SELECT 1 FROM erasure LIMIT 1")
        guard erased != nil else { return }
        let statement = try db.cachedStatement(
            sql: "SELECT 1 FROM feedback JOIN erasure USING (content_hash) WHERE feedback.id = ?")
        let blank = try db.cachedStatement(
            sql: "SELECT 1 FROM label_answer WHERE id = ? AND chosen IS NULL")
        let isGone =
            try PlanTexts(json: plan).ids.contains { id in
                try Row.fetchOne(statement, arguments: [id]) != nil
            } || answers.contains { try Row.fetchOne(blank, arguments: [$0]) != nil }
        if isGone {
            throw StoreError.conflict("feedback was erased while the round was planned; try again")
        }
    }

    /// What plans call the pairs that answers about these facts have made.
    private static func answerPairs(of ids: [String], in db: Database) throws -> [String] {
        let statement = try db.cachedStatement(
            sql: """
                SELECT request_id || '-' || label_answer.id FROM label_request
                JOIN label_answer ON request_id = label_request.id WHERE feedback_id = ?
                """)
        return try ids.flatMap { try String.fetchAll(statement, arguments: [$0]) }
    }

    /// Rounds that trained on the facts or on answers about them; all, if a fact may have judged.
    private static func rounds(thatMayHold ids: [String], in db: Database) throws -> [Int64] {
        var rounds: Set<Int64> = []
        for id in ids {
            let isHeldOut = try Bool.fetchOne(
                db,
                sql: """
                    SELECT held_out FROM feedback JOIN prompt ON prompt.id = prompt_id
                    WHERE feedback.id = ?
                    """, arguments: [id])
            if isHeldOut == true { return try Int64.fetchAll(db, sql: "SELECT id FROM round") }
            rounds.formUnion(
                try Int64.fetchAll(
                    db,
                    sql: """
                        SELECT round_id FROM round_pair WHERE feedback_id = :id
                        UNION SELECT round_answer.round_id FROM label_request
                        JOIN label_answer ON request_id = label_request.id
                        JOIN round_answer ON answer_id = label_answer.id WHERE feedback_id = :id
                        """, arguments: ["id": id]))
        }
        return rounds.sorted()
    }
}

/// A plan's JSON, seen as a tree in which some objects are pairs with text.
private struct PlanTexts {
    private var tree: Any

    init(json: String) {
        tree =
            (try? JSONSerialization.jsonObject(with: Data(json.utf8), options: .fragmentsAllowed))
            ?? [:]
    }

    /// The ids of all pairs in it.
    var ids: Set<String> {
        var found: Set<String> = []
        Self.visit(tree) { found.insert($0) }
        return found
    }

    /// Empties the texts of some pairs.
    ///
    /// - Returns: the JSON without them; nil if there is none of them.
    mutating func redact(_ pairs: Set<String>) -> String? {
        guard !ids.isDisjoint(with: pairs) else { return nil }
        tree = Self.redacted(tree, pairs)
        guard
            let data = try? JSONSerialization.data(
                withJSONObject: tree,
                options: [.sortedKeys, .withoutEscapingSlashes, .fragmentsAllowed])
        else { return nil }
        return String(decoding: data, as: UTF8.self)
    }

    private static func visit(_ node: Any, _ body: (String) -> Void) {
        if let object = node as? [String: Any] {
            if let id = object["id"] as? String { body(id) }
            for value in object.values { visit(value, body) }
        } else if let list = node as? [Any] {
            for value in list { visit(value, body) }
        }
    }

    private static func redacted(_ node: Any, _ pairs: Set<String>) -> Any {
        if var object = node as? [String: Any] {
            if let id = object["id"] as? String, pairs.contains(id) {
                for key in ["chosen", "rejected"] where object[key] is String { object[key] = "" }
                if object["prompt"] is [Any] { object["prompt"] = [Any]() }
                return object
            }
            return object.mapValues { redacted($0, pairs) }
        }
        return (node as? [Any])?.map { redacted($0, pairs) } ?? node
    }
}
