import FeedbackFormats
import Foundation
import GRDB

extension FeedbackStore {
    /// Examines the whole database and returns what is wrong with it, nothing when it is sound.
    ///
    /// Beyond SQLite's own `integrity_check` and foreign keys: every fact and every prompt must have
    /// the hash it was stored under, so that a flipped bit in a text is found, and no number in the
    /// order of arrival may be missing.
    public func integrityCheck() throws -> [String] {
        try read { db in
            var problems = try String.fetchAll(db, sql: "PRAGMA integrity_check")
            problems.removeAll { $0 == "ok" }
            problems += try Row.fetchAll(db, sql: "PRAGMA foreign_key_check").map { row in
                "\(row["table"] as String) row \(row["rowid"] as Int64? ?? 0) refers to a missing "
                    + "\(row["parent"] as String)"
            }
            // What SQLite calls broken may not even be readable.
            guard problems.isEmpty else { return problems }
            problems += try Self.missingArrivals(in: db)
            problems += try Self.alteredFacts(in: db)
            problems += try Self.wrongTrainables(in: db)
            return problems
        }
    }

    /// The SQLite library in use.
    public func sqliteVersion() throws -> String {
        try read { try String.fetchOne($0, sql: "SELECT sqlite_version()")! }
    }

    /// The last migration the database has had.
    public func schemaVersion() throws -> String {
        try read { db in
            try String.fetchOne(db, sql: "SELECT max(identifier) FROM grdb_migrations")!
        }
    }

    /// Writes a consistent copy of the database to a new file, while it is in use.
    public func backUp(to path: String) throws {
        guard !FileManager.default.fileExists(atPath: path) else {
            throw StoreError.conflict("\(path) exists already")
        }
        try writeWithoutTransaction { db in
            try db.execute(sql: "VACUUM INTO ?", arguments: [path])
        }
    }

    private static func missingArrivals(in db: Database) throws -> [String] {
        let count = try Int.fetchOne(db, sql: "SELECT count(*) FROM feedback")!
        let last = try Int.fetchOne(
            db, sql: "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'feedback'")!
        return count == last ? [] : ["\(last) facts were recorded, \(count) are here"]
    }

    private static func alteredFacts(in db: Database) throws -> [String] {
        let sql = """
            SELECT feedback.id AS id, content_hash, kind, hash, messages, chosen, rejected, source,
                content_hash IN (SELECT content_hash FROM erasure) AS isErased
            FROM feedback JOIN prompt ON prompt.id = prompt_id ORDER BY seq
            """
        let rows = try Row.fetchCursor(db, sql: sql)
        var problems: [String] = []
        while let row = try rows.next() {
            if row["isErased"] {
                let texts: [String?] = [row["chosen"], row["rejected"], row["source"]]
                let blanks: Set<String> = [Schema.erasedChosen, Schema.erasedRejected]
                if !blanks.isSuperset(of: texts.compactMap(\.self)) {
                    problems.append("feedback \(row["id"] as String) was erased and has text")
                }
                continue
            }
            let feedback = (try? PromptRecord.decode(row["messages"])).flatMap { prompt in
                Feedback.Kind(rawValue: row["kind"]).map {
                    Feedback(
                        kind: $0, prompt: prompt, chosen: row["chosen"], rejected: row["rejected"])
                }
            }
            if let feedback, hash(feedback.canonicalEncoding) == row["content_hash"],
                hash(feedback.canonicalPrompt) == row["hash"]
            {
                continue
            }
            problems.append("feedback \(row["id"] as String) was altered outside Attune")
        }
        return problems
    }

    /// `trainable` must be what follows from the facts.
    private static func wrongTrainables(in db: Database) throws -> [String] {
        let wrong = try String.fetchAll(
            db,
            sql: """
                WITH derived AS (
                    SELECT seq, feedback.id AS feedback_id,
                        feedback.id IN (SELECT feedback_id FROM trained_pair) AS trained
                    FROM feedback JOIN prompt ON prompt.id = prompt_id
                    WHERE kind IN ('pair', 'edit', 'rating') AND held_out = 0
                        AND feedback.id NOT IN (SELECT feedback_id FROM tombstone))
                SELECT feedback_id FROM (
                    SELECT * FROM (SELECT * FROM derived EXCEPT SELECT * FROM trainable)
                    UNION SELECT * FROM (SELECT * FROM trainable EXCEPT SELECT * FROM derived))
                GROUP BY feedback_id ORDER BY min(seq)
                """)
        return wrong.map { "feedback \($0) is not where its history puts it in trainable" }
    }
}
