import FeedbackFormats
import FeedbackStore
import Foundation
import GRDB
import Testing

@Suite struct SchemaTests {
    let test: TestStore
    var store: FeedbackStore { test.store }

    init() throws { test = try TestStore() }

    /// `Schemas/database.sql` is the schema as the migrations leave it; `ATTUNE_REGENERATE=1` writes it.
    @Test func theDocumentedSchemaIsTheRealOne() throws {
        let statements = try store.pool.read { db in
            try String.fetchAll(
                db,
                sql: """
                    SELECT sql FROM sqlite_master
                    WHERE sql IS NOT NULL AND tbl_name NOT LIKE 'sqlite_%' ORDER BY rowid
                    """)
        }
        let dump =
            "-- The database's schema as the migrations leave it. Generated from Sources/FeedbackStore\n"
            + "-- by the test SchemaTests.theDocumentedSchemaIsTheRealOne; do not edit.\n\n"
            + statements.map { $0 + ";\n" }.joined(separator: "\n")
        let file = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../Schemas/database.sql").standardizedFileURL
        if ProcessInfo.processInfo.environment["ATTUNE_REGENERATE"] == "1" {
            try Data(dump.utf8).write(to: file)
        }
        #expect(try String(contentsOf: file, encoding: .utf8) == dump)
    }

    /// The rows that `badStatements` builds on.
    private func populate() throws {
        let ids = try store.addPairs(0..<3)
        let done = try store.completeRound(new: [ids[0]], digit: "a")
        #expect(done == 1)
        try store.retract(ids[2])
        let erased = try store.add([.numbered(100)]).compactMap(\.id)
        try store.erase(erased)
        var tooLong = LongFeedback()
        tooLong.pairs[ids[2]] = 2000
        let round = try store.beginRound(
            plan: "{}", new: [ids[1]], replayed: [ids[0]], tooLong: tooLong)
        #expect(round == 2)
        for id in ["open", "answered", "skipped"] {
            _ = try store.ask(
                NewLabelRequest(
                    id: id, feedback: ids[0], candidates: ["x", "y"], round: round, checkpoint: nil,
                    annotator: .human, score: -1, weight: 0.25, draw: 0.5))
        }
        _ = try store.answer("answered", .ranking(best: 0, worst: 1), usedIn: round)
        try store.skip("skipped")
        try store.promote(String(repeating: "a", count: 64), .gate)
        try store.record(
            StoredModel(
                name: "m", path: "/m", sha256: String(repeating: "0", count: 64), size: 1,
                modifiedAt: test.clock.now))
        try store.record(
            StoredModel(
                name: "n", path: "/n", sha256: String(repeating: "0", count: 64), size: 1,
                modifiedAt: test.clock.now))
        try store.activateModel("m")
        try store.recordPeer("nas", address: "ssh://nas")
    }

    private static let hash = String(repeating: "f", count: 64)
    private static let feedback =
        "INSERT INTO feedback (id, content_hash, kind, prompt_id, chosen, rejected, recorded_at) VALUES"
    private static let request =
        "INSERT INTO label_request (id, feedback_id, round_id, annotator, score, weight, draw, rule, state, asked_at) SELECT"
    private static let someone = "(SELECT id FROM feedback ORDER BY seq LIMIT 1)"

    /// One statement for each promise of the schema, which must refuse it.
    static let badStatements = [
        // Prompts.
        "INSERT INTO prompt (hash, messages, held_out) VALUES ('short', '[1]', 0)",
        "INSERT INTO prompt (hash, messages, held_out) VALUES (replace('\(hash)', 'f', 'F'), '[1]', 0)",
        "INSERT INTO prompt (hash, messages, held_out) VALUES ('\(hash)', 'no json', 0)",
        "INSERT INTO prompt (hash, messages, held_out) VALUES ('\(hash)', '[]', 0)",
        "INSERT INTO prompt (hash, messages, held_out) VALUES ('\(hash)', '[1]', 2)",
        "INSERT INTO prompt (hash, messages, held_out) SELECT hash, '[1]', 0 FROM prompt LIMIT 1",
        "UPDATE prompt SET held_out = 1",
        "DELETE FROM prompt",
        // Feedback.
        "\(feedback) ('ffffffffffffffff', '\(hash)', 'wish', 1, 'a', 'b', 1)",
        "\(feedback) ('0fffffffffffffff', '\(hash)', 'pair', 1, 'a', 'b', 1)",
        "\(feedback) ('ffffffffffffffff', '\(hash)', 'pair', 99, 'a', 'b', 1)",
        "\(feedback) ('ffffffffffffffff', '\(hash)', 'pair', 1, 'a', 'a', 1)",
        "\(feedback) ('ffffffffffffffff', '\(hash)', 'pair', 1, 'a', NULL, 1)",
        "\(feedback) ('ffffffffffffffff', '\(hash)', 'tie', 1, NULL, 'b', 1)",
        "\(feedback) ('ffffffffffffffff', '\(hash)', 'edit', 1, 'a', char(10, 32, 9, 13), 1)",
        "\(feedback) ('ffffffffffffffff', '\(hash)', 'rating', 1, 'a', 'b', 1)",
        "\(feedback) ('ffffffffffffffff', '\(hash)', 'rating', 1, NULL, NULL, 1)",
        "\(feedback) ('ffffffffffffffff', '\(hash)', 'pair', 1, 'a', 'b', -1)",
        "\(feedback) ('ffffffffffffffff', '\(hash)', 'pair', 1, 'a', 'b', 'now')",
        "\(feedback) ('ffffffffffffffff', '\(hash)', 'pair', 1, x'00', 'b', 1)",
        "INSERT INTO feedback SELECT seq + 10, id, content_hash, kind, prompt_id, chosen, rejected, source, recorded_at FROM feedback",
        "UPDATE feedback SET chosen = 'better'",
        "DELETE FROM feedback",
        // Tombstones.
        "INSERT INTO tombstone VALUES ('nobody', NULL, 1)",
        "INSERT INTO tombstone SELECT feedback_id, 'again', 1 FROM tombstone",
        "UPDATE tombstone SET reason = 'else'",
        "DELETE FROM tombstone",
        "UPDATE tombstone SET retracted_at = retracted_at + 1",
        // Erasures.
        "INSERT INTO erasure VALUES ('short', 1)",
        "INSERT INTO erasure SELECT content_hash, 1 FROM erasure",
        "INSERT INTO erasure VALUES ('\(hash)', -1)",
        "UPDATE erasure SET erased_at = erased_at + 1",
        "DELETE FROM erasure",
        "INSERT INTO feedback SELECT seq + 10, id, content_hash, kind, prompt_id, 'a', 'b', NULL, 1 FROM feedback JOIN erasure USING (content_hash)",
        "UPDATE feedback SET chosen = 'text again' WHERE content_hash IN (SELECT content_hash FROM erasure)",
        "UPDATE feedback SET chosen = 'erased, chosen', rejected = 'erased, rejected', source = NULL WHERE seq = 1",
        "UPDATE prompt SET messages = '[{\"content\":\"\",\"role\":\"user\"}]', hash = (SELECT content_hash FROM feedback WHERE prompt_id = prompt.id) WHERE id = 1",
        "UPDATE label_candidate SET text = ''",
        "UPDATE label_answer SET chosen = NULL, rejected = NULL",
        "INSERT INTO checkpoint_mark VALUES ('short', '\(hash)')",
        "INSERT INTO checkpoint_mark VALUES ('\(hash)', '../../etc')",
        "UPDATE peer SET shares_feedback = 1",
        // Rounds.
        "INSERT INTO round (state, plan, started_at) VALUES ('running', '{}', 1)",
        "INSERT INTO round (state, plan, started_at, finished_at) VALUES ('lost', '{}', 1, 1)",
        "INSERT INTO round (state, plan, started_at, finished_at) VALUES ('cancelled', 'no json', 1, 1)",
        "INSERT INTO round (state, plan, started_at) VALUES ('cancelled', '{}', 1)",
        "INSERT INTO round (state, plan, started_at, finished_at) VALUES ('failed', '{}', 1, 1)",
        "INSERT INTO round (state, plan, started_at, finished_at) VALUES ('completed', '{}', 1, 1)",
        "INSERT INTO round (state, plan, failure, started_at, finished_at) VALUES ('cancelled', '{}', 'x', 1, 1)",
        "UPDATE round SET plan = '[]' WHERE id = 1",
        "DELETE FROM round WHERE id = 1",
        "INSERT INTO round_pair VALUES (1, \(someone), 'replay')",
        "INSERT INTO round_pair VALUES (2, \(someone), 'replay')",
        "INSERT INTO round_pair VALUES (2, 'nobody', 'new')",
        "INSERT INTO round_pair SELECT 2, feedback_id, 'new' FROM tombstone",
        "INSERT INTO round_pair SELECT 2, id, 'guest' FROM feedback WHERE seq = 3",
        "UPDATE round_pair SET role = 'replay'",
        "DELETE FROM round_pair",
        "INSERT INTO round_skip (round_id, feedback_id, reason) SELECT 1, id, 'retracted' FROM feedback WHERE seq = 1",
        "INSERT INTO round_skip (round_id, feedback_id, reason) SELECT 2, id, 'too long' FROM feedback WHERE seq = 1",
        "INSERT INTO round_skip (round_id, feedback_id, reason) SELECT 2, id, 'dull' FROM feedback WHERE seq = 1",
        "INSERT INTO round_skip (round_id, feedback_id, reason, tokens) SELECT 2, id, 'too long', 0 FROM feedback WHERE seq = 1",
        "INSERT INTO round_skip (round_id, feedback_id, reason) VALUES (2, 'nobody', 'retracted')",
        "INSERT INTO round_skip (round_id, feedback_id, answer_id, reason, tokens) SELECT 2, id, 1, 'too long', 9 FROM feedback WHERE seq = 1",
        "INSERT INTO round_skip (round_id, reason, tokens) VALUES (2, 'too long', 9)",
        "INSERT INTO round_skip (round_id, answer_id, reason) VALUES (2, 1, 'retracted')",
        "INSERT INTO round_skip (round_id, answer_id, reason, tokens) VALUES (2, 99, 'too long', 9)",
        "INSERT INTO round_skip (round_id, feedback_id, reason, tokens) SELECT 2, feedback_id, 'too long', 9 FROM round_skip",
        "UPDATE round_skip SET tokens = 9",
        "DELETE FROM round_skip",
        // What can be trained on.
        "INSERT INTO trainable SELECT 1, id, 0 FROM feedback WHERE seq = 2",
        "INSERT INTO trainable VALUES (9, 'nobody', 0)",
        "UPDATE trainable SET trained = 2",
        // Checkpoints and promotions.
        "INSERT INTO checkpoint VALUES ('../../etc', 'local', NULL, 1)",
        "INSERT INTO checkpoint VALUES ('\(hash)', '', NULL, 1)",
        "INSERT INTO checkpoint VALUES ('\(hash)', 'laptop', 1, 1)",
        "INSERT INTO checkpoint VALUES ('\(hash)', 'local', 99, 1)",
        "UPDATE checkpoint SET origin = 'laptop'",
        "DELETE FROM checkpoint",
        "INSERT INTO promotion (kind, checkpoint_id, promoted_at) VALUES ('gate', '\(hash)', 1)",
        "INSERT INTO promotion (kind, promoted_at) VALUES ('forced', 1)",
        "INSERT INTO promotion (kind, checkpoint_id, promoted_at) SELECT 'reset', id, 1 FROM checkpoint",
        "INSERT INTO promotion (kind, checkpoint_id, promoted_at) SELECT 'whim', id, 1 FROM checkpoint",
        "UPDATE promotion SET kind = 'forced'",
        "DELETE FROM promotion",
        // Label requests.
        "\(request) 'r', id, 2, 'human', 0.5, 0.2, 0.5, 'weight', 'open', 1 FROM feedback LIMIT 1",
        "\(request) 'r', id, 2, 'human', -1, 1.5, 0.5, 'weight', 'open', 1 FROM feedback LIMIT 1",
        "\(request) 'r', id, 2, 'human', -1, 0.5, 0.5, 'weight', 'open', 1 FROM feedback LIMIT 1",
        "\(request) 'r', id, 2, 'human', -1, 0.5, 1.0, 'weight', 'open', 1 FROM feedback LIMIT 1",
        "\(request) 'r', id, 2, 'nobody', -1, 0.2, 0.5, 'weight', 'open', 1 FROM feedback LIMIT 1",
        "\(request) 'r', id, 2, 'human', -1, 0.2, 0.5, 'weight', 'lost', 1 FROM feedback LIMIT 1",
        "\(request) 'r', id, 2, 'human', -1, 0.2, 0.5, 'weight', 'skipped', 1 FROM feedback LIMIT 1",
        "\(request) '', id, 2, 'human', -1, 0.2, 0.5, 'weight', 'open', 1 FROM feedback LIMIT 1",
        "\(request) 'r', id, 9, 'human', -1, 0.2, 0.5, 'weight', 'open', 1 FROM feedback LIMIT 1",
        "\(request) 'r', 'nobody', 2, 'human', -1, 0.2, 0.5, 'weight', 'open', 1",
        "\(request) 'r', id, 2, 'human', -1, 0.2, 0.5, 'whim', 'open', 1 FROM feedback LIMIT 1",
        "UPDATE label_request SET rule = 'random' WHERE id = 'open'",
        "UPDATE label_request SET weight = 0.1 WHERE id = 'open'",
        "UPDATE label_request SET checkpoint_id = 'x' WHERE id = 'open'",
        "UPDATE label_request SET state = 'open', closed_at = NULL WHERE id = 'skipped'",
        "UPDATE label_request SET state = 'answered' WHERE id = 'open'",
        "DELETE FROM label_request",
        "INSERT INTO label_candidate VALUES ('open', 0, 'again')",
        "INSERT INTO label_candidate VALUES ('open', -1, 'z')",
        "INSERT INTO label_candidate VALUES ('nobody', 0, 'z')",
        "UPDATE label_candidate SET text = 'z'",
        "DELETE FROM label_candidate",
        // Answers.
        "INSERT INTO label_answer (request_id, verdict, answered_at) VALUES ('answered', '{}', 1)",
        "INSERT INTO label_answer (request_id, verdict, answered_at) VALUES ('nobody', '{}', 1)",
        "INSERT INTO label_answer (request_id, verdict, answered_at) VALUES ('open', 'no json', 1)",
        "INSERT INTO label_answer (request_id, verdict, chosen, answered_at) VALUES ('open', '{}', 'x', 1)",
        "INSERT INTO label_answer (request_id, verdict, chosen, rejected, answered_at) VALUES ('open', '{}', 'x', 'x', 1)",
        "UPDATE label_answer SET chosen = 'z'",
        "UPDATE label_answer SET withdrawn_at = 1",
        "DELETE FROM label_answer",
        "INSERT INTO round_answer VALUES (1, 1)",
        "INSERT INTO round_answer VALUES (2, 1)",
        "INSERT INTO round_answer VALUES (2, 99)",
        "UPDATE round_answer SET answer_id = 2",
        "DELETE FROM round_answer",
        // Caches, models, settings.
        "INSERT INTO reference_logp VALUES ('', \(someone), -1, -1)",
        "INSERT INTO reference_logp VALUES ('r', 'nobody', -1, -1)",
        "INSERT INTO reference_logp VALUES ('r', \(someone), 0.5, -1)",
        "INSERT INTO reference_logp VALUES ('r', \(someone), -1, NULL)",
        "INSERT INTO model VALUES ('', '/m', '\(hash)', 1, 1, 0)",
        "INSERT INTO model VALUES ('x', 'relative', '\(hash)', 1, 1, 0)",
        "INSERT INTO model VALUES ('x', '/m', 'short', 1, 1, 0)",
        "INSERT INTO model VALUES ('x', '/m', '\(hash)', 0, 1, 0)",
        "UPDATE model SET active = 1",
        "INSERT INTO setting VALUES ('', 'x')",
        "INSERT INTO setting VALUES ('key', NULL)",
    ]

    @Test func theSchemaRefusesWhatItShould() throws {
        try populate()
        let before = try contents()
        for statement in Self.badStatements {
            #expect(
                performing: {
                    try store.pool.write { try $0.execute(sql: statement) }
                },
                throws: { error in
                    let isConstraint = (error as? DatabaseError)?.resultCode == .SQLITE_CONSTRAINT
                    if !isConstraint { print("wrong refusal of", statement, error) }
                    return isConstraint
                })
            #expect(try contents() == before, "\(statement)")
        }
    }

    /// Each bad statement is bad for its own reason: with that reason repaired it passes.
    @Test(arguments: [
        "INSERT INTO prompt (hash, messages, held_out) VALUES ('\(hash)', '[1]', 0)",
        "\(feedback) ('ffffffffffffffff', '\(hash)', 'pair', 1, 'a', 'b', 1)",
        "\(feedback) ('ffffffffffffffff', '\(hash)', 'rating', 1, NULL, 'b', 1)",
        "INSERT INTO erasure VALUES ('\(hash)', 1)",
        "UPDATE erasure SET erased_at = erased_at - 1",
        "UPDATE tombstone SET retracted_at = retracted_at - 1",
        "INSERT INTO checkpoint_mark VALUES ('\(hash)', '\(hash)')",
        "INSERT INTO round (state, plan, started_at, finished_at) VALUES ('cancelled', '{}', 1, 1)",
        "INSERT INTO round (state, plan, failure, started_at, finished_at) VALUES ('failed', '{}', 'x', 1, 1)",
        "INSERT INTO round_skip (round_id, feedback_id, reason) SELECT 2, id, 'retracted' FROM feedback WHERE seq = 1",
        "INSERT INTO round_skip (round_id, answer_id, reason, tokens) VALUES (2, 1, 'too long', 9)",
        "INSERT INTO checkpoint VALUES ('\(hash)', 'laptop', NULL, 1)",
        "INSERT INTO promotion (kind, checkpoint_id, promoted_at) SELECT 'forced', id, 1 FROM checkpoint",
        "\(request) 'r', id, 2, 'human', -1, 0.2, 0.5, 'weight', 'open', 1 FROM feedback LIMIT 1",
        "\(request) 'r', id, 2, 'human', -1, 0.5, 0.5, 'random', 'open', 1 FROM feedback LIMIT 1",
        "INSERT INTO label_candidate VALUES ('open', 2, 'z')",
        "INSERT INTO label_answer (request_id, verdict, chosen, rejected, answered_at) VALUES ('open', '{}', 'x', 'y', 1)",
        "INSERT INTO reference_logp VALUES ('r', \(someone), -1, 0)",
        "INSERT INTO model VALUES ('x', '/m', '\(hash)', 1, 1, 0)",
        "INSERT INTO setting VALUES ('key', 'x')",
    ])
    func soundStatementsPass(_ statement: String) throws {
        try populate()
        try store.pool.write { try $0.execute(sql: statement) }
    }

    /// Everything in the database, as text.
    private func contents() throws -> [String] {
        try store.pool.read { db in
            let tables = try String.fetchAll(
                db, sql: "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
            return try tables.flatMap { table in
                try Row.fetchAll(db, sql: "SELECT * FROM \"\(table)\"").map { "\(table) \($0)" }
            }
        }
    }
}
