public import FeedbackFormats
import Foundation
import GRDB

extension FeedbackStore {
    /// Takes the text of feedback out of the database and its files, for good.
    ///
    /// What stays is the id with the content hash, by which the same fact is refused from then on, and
    /// what happened to it: the rounds that trained on it, its time, the figures of its label requests. A
    /// prompt stays while feedback that was not erased has it too. Erasing twice keeps the first time.
    ///
    /// - Returns: the entries, without text.
    /// - Errors: `notFound`, `ambiguous` (a prefix of the id will do); `conflict` while a round is not
    ///   finished that has the text. An error of the disk may come when the erasure is on record already:
    ///   ``clearErasedText()`` completes it.
    @discardableResult
    public func erase(_ ids: [String]) throws -> [FeedbackEntry] {
        let ids = try ids.map { try feedback($0).id }
        let time = timestamp
        try write { db in
            var erasures: [String: Int64] = [:]
            for id in ids {
                let hash = try String.fetchOne(
                    db, sql: "SELECT content_hash FROM feedback WHERE id = ?", arguments: [id])
                if let hash { erasures[hash] = time }
            }
            _ = try erase(erasures, in: db)
        }
        try clearErasedText()
        return try feedback(ids: ids)
    }

    /// The round that is not finished, if it has the text of one of these facts (by id).
    public func unfinishedRound(holding ids: [String]) throws -> Int? {
        try read { try Self.unfinishedRound(holding: Set(ids), in: $0) }
    }

    /// Completes an erasure: no file of the database holds the text any more.
    ///
    /// SQLite leaves text in the unused parts of pages, so the file is written anew and its log cut to
    /// nothing. Copies from before a migration that have the text, or cannot be read, are removed. Does
    /// nothing when nothing is to be done; one that was cut short is on record and can be called again.
    ///
    /// - Errors: of the disk, also when such a copy cannot be removed; the erasure stays on record.
    public func clearErasedText() throws {
        guard let pending = try setting(Self.pendingErasureKey) else { return }
        try writeWithoutTransaction { db in
            try db.execute(sql: "VACUUM")
            try db.checkpoint(.truncate)
        }
        try removeCopies(holding: pending.split(separator: " ").map(String.init))
        // Unless another erasure has come meanwhile, whose turn it is then.
        try write { db in
            try db.execute(
                sql: "DELETE FROM setting WHERE key = ? AND value = ?",
                arguments: [Self.pendingErasureKey, pending])
        }
    }

    /// Ids whose text may still stand in files.
    static let pendingErasureKey = Schema.pendingErasureKey

    /// Copies of the database from before migrations; see ``init(path:configuration:now:)``.
    private func removeCopies(holding ids: [String]) throws {
        let file = URL(filePath: path)
        let folder = file.deletingLastPathComponent().path(percentEncoded: false)
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: folder)
        } catch {
            throw StoreError.inputOutput(path: folder, detail: "\(error)")
        }
        var failure: StoreError?
        for name in names.sorted()
        where name.hasPrefix(file.lastPathComponent + ".v") && !name.hasSuffix("-journal") {
            let copy = "\(folder)/\(name)"
            var configuration = Configuration()
            configuration.readonly = true
            let holds = try? DatabaseQueue(path: copy, configuration: configuration).read { db in
                try ids.contains { id in
                    try Row.fetchOne(
                        db, sql: "SELECT 1 FROM feedback WHERE id = ?", arguments: [id]) != nil
                }
            }
            // What cannot be read may hold it.
            guard holds ?? true, unlink(copy) != 0, errno != ENOENT else { continue }
            let reason = String(cString: strerror(errno))
            failure = failure ?? .inputOutput(path: copy, detail: "cannot remove it: \(reason)")
        }
        if let failure { throw failure }
    }

    /// Records erasures and blanks what they are of.
    ///
    /// - Parameter erasures: times by content hash.
    /// - Returns: how many are new.
    func erase(_ erasures: [String: Int64], in db: Database) throws -> Int {
        let new = try erasures.keys.sorted().filter { try !Self.isErased($0, in: db) }
        // By the whole hash: that of a fact that is not here may begin with the id of one that is.
        let statement = try db.cachedStatement(
            sql: "SELECT id FROM feedback WHERE content_hash = ?")
        let known = try new.compactMap { hash in
            try String.fetchOne(statement, arguments: [hash]).map { (id: $0, hash: hash) }
        }
        let ids = known.map(\.id)
        if let round = try Self.unfinishedRound(holding: Set(ids), in: db) {
            throw StoreError.conflict("round \(round) is not finished and has the text; cancel it")
        }
        for (hash, time) in erasures.sorted(by: { $0.key < $1.key }) {
            try db.execute(
                sql: """
                    INSERT INTO erasure VALUES (?, ?) ON CONFLICT (content_hash)
                    DO UPDATE SET erased_at = excluded.erased_at
                    WHERE excluded.erased_at < erased_at
                    """, arguments: [hash, time])
        }
        guard !known.isEmpty else { return new.count }
        let pending = try String.fetchOne(
            db, sql: "SELECT value FROM setting WHERE key = ?", arguments: [Self.pendingErasureKey])
        try db.execute(
            sql: "INSERT OR REPLACE INTO setting VALUES (?, ?)",
            arguments: [
                Self.pendingErasureKey,
                ([pending].compactMap(\.self) + ids).joined(separator: " "),
            ])
        // Before the answers are blanked, by which the pairs in a plan are known.
        try Self.redactPlans(of: ids, in: db)
        for (id, hash) in known { try blank(id, at: erasures[hash] ?? timestamp, in: db) }
        return new.count
    }

    static func isErased(_ hash: String, in db: Database) throws -> Bool {
        try Row.fetchOne(
            db.cachedStatement(sql: "SELECT 1 FROM erasure WHERE content_hash = ?"),
            arguments: [hash]) != nil
    }

    /// Takes every text of one fact that stands in a row of its own.
    private func blank(_ id: String, at time: Int64, in db: Database) throws {
        try bury(TombstoneRecord(feedbackID: id, reason: nil, retractedAt: time), in: db)
        let statements = [
            "UPDATE tombstone SET reason = NULL WHERE feedback_id = :id AND reason IS NOT NULL",
            """
            UPDATE feedback SET source = NULL,
                chosen = iif(chosen IS NULL, NULL, '\(Schema.erasedChosen)'),
                rejected = iif(rejected IS NULL, NULL, '\(Schema.erasedRejected)')
            WHERE id = :id
            """,
            """
            INSERT OR IGNORE INTO checkpoint_mark
            SELECT content_hash, checkpoint.id FROM feedback
            JOIN label_request ON feedback_id = feedback.id
            JOIN label_answer ON request_id = label_request.id
            JOIN round_answer ON answer_id = label_answer.id
            JOIN checkpoint ON checkpoint.round_id = round_answer.round_id
            WHERE feedback.id = :id
            """,
            """
            UPDATE label_candidate SET text = '' WHERE request_id IN (
                SELECT id FROM label_request WHERE feedback_id = :id)
            """,
            """
            UPDATE label_answer SET chosen = NULL, rejected = NULL,
                verdict = iif(json_extract(verdict, '$.edited') IS NULL,
                              verdict, '\(Schema.erasedVerdict)')
            WHERE request_id IN (SELECT id FROM label_request WHERE feedback_id = :id)
            """,
            // The prompt's own hash goes, too: the same prompt said anew gets a row of its own.
            """
            UPDATE prompt SET messages = '\(Schema.erasedPrompt)',
                hash = (SELECT content_hash FROM feedback WHERE id = :id)
            WHERE id = (SELECT prompt_id FROM feedback WHERE id = :id) AND NOT EXISTS (
                SELECT 1 FROM feedback WHERE prompt_id = prompt.id
                    AND content_hash NOT IN (SELECT content_hash FROM erasure))
            """,
        ]
        for sql in statements { try db.execute(sql: sql, arguments: ["id": id]) }
    }
}
