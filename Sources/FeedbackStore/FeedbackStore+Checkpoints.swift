import FeedbackFormats
import Foundation
import GRDB

extension FeedbackStore {
    /// Registers a checkpoint that no round of this host made; one already registered is left as it is.
    public func register(checkpoint id: String, origin: String) throws {
        try write { db in
            let isKnown = try Bool.fetchOne(
                db, sql: "SELECT EXISTS (SELECT 1 FROM checkpoint WHERE id = ?)", arguments: [id])
            if isKnown == true {
                // It has come once more.
                return try db.execute(
                    sql: "DELETE FROM collected WHERE checkpoint_id = ?", arguments: [id])
            }
            try db.execute(
                sql: "INSERT INTO checkpoint (id, origin, recorded_at) VALUES (?, ?, ?)",
                arguments: [id, origin, timestamp])
        }
    }

    /// All checkpoints on record, the latest first.
    public func checkpoints() throws -> [StoredCheckpoint] {
        try read { db in
            try CheckpointRow.fetchAll(db, sql: "\(CheckpointRow.sql) ORDER BY rowid DESC")
                .map(\.checkpoint)
        }
    }

    public func checkpoint(_ id: String) throws -> StoredCheckpoint {
        try read { db in
            let row = try CheckpointRow.fetchOne(
                db, sql: "\(CheckpointRow.sql) WHERE id = ?", arguments: [id])
            guard let row else { throw StoreError.notFound(what: "checkpoint", id: id) }
            return row.checkpoint
        }
    }

    /// Makes a registered checkpoint the head. `gate` is the decision's JSON, kept for whoever asks why.
    public func promote(_ id: String, _ kind: Promotion.Kind, gate: String? = nil) throws {
        precondition(kind == .gate || kind == .forced, "rollback and reset name no checkpoint")
        _ = try checkpoint(id)
        try write { try insert(kind, checkpoint: id, gate: gate, into: $0) }
    }

    /// Makes a registered checkpoint the head if the head is still the one that it was compared with,
    /// and the model in use still the one that it belongs to.
    ///
    /// - Returns: whether it did.
    public func promote(
        _ id: String, _ kind: Promotion.Kind, gate: String? = nil, ifHeadIs expected: String?,
        on base: String
    ) throws -> Bool {
        precondition(kind == .gate || kind == .forced, "rollback and reset name no checkpoint")
        _ = try checkpoint(id)
        return try write { db in
            guard try Self.head(in: db) == expected,
                try Self.activeFingerprint(in: db) == base
            else { return false }
            try Self.requireNotCollected(id, in: db)
            try insert(kind, checkpoint: id, gate: gate, into: db)
            return true
        }
    }

    /// Puts back the head before the present one and returns it; nil is the bare model.
    ///
    /// - Errors: `conflict` when the bare model is in use already.
    public func rollback() throws -> String? {
        try write { db in
            guard try Self.head(in: db) != nil else {
                throw StoreError.conflict(
                    "the bare model is in use, so there is nothing to roll back")
            }
            return try rollBack(because: nil, in: db)
        }
    }

    /// Puts back the head before if the head is still this one and a gate let it pass: nobody has
    /// insisted on it meanwhile. `gate` is the decision's JSON.
    ///
    /// - Returns: whether it did.
    public func rollback(ifHeadIs expected: String, because gate: String) throws -> Bool {
        try write { db in
            guard let last = try Self.promotions(in: db).last, last.kind == .gate,
                last.checkpoint == expected
            else { return false }
            _ = try rollBack(because: gate, in: db)
            return true
        }
    }

    /// What a rollback would make the head; nil is the bare model.
    public func headBefore() throws -> String? {
        try headStack().dropLast().last
    }

    private func rollBack(because gate: String?, in db: Database) throws -> String? {
        var stack = try Self.headStack(in: db).dropLast()
        try insert(.rollback, checkpoint: stack.last, gate: gate, into: db)
        // Those whose objects were let go lead further down.
        while let last = stack.last, try Self.isCollected(last, in: db) {
            stack.removeLast()
            try insert(.rollback, checkpoint: stack.last, gate: gate, into: db)
        }
        return stack.last
    }

    /// The checkpoint in use; nil is the bare model.
    public func head() throws -> String? {
        try read(Self.head)
    }

    /// The head's history, oldest first.
    public func promotions() throws -> [Promotion] {
        try read(Self.promotions)
    }

    static func head(in db: Database) throws -> String? {
        try String?.fetchOne(
            db, sql: "SELECT checkpoint_id FROM promotion ORDER BY id DESC LIMIT 1") ?? nil
    }

    static func headStack(in db: Database) throws -> [String] {
        try promotions(in: db).reduce(into: []) { heads, step in
            switch step.kind {
            case .gate, .forced: if let id = step.checkpoint { heads.append(id) }
            case .rollback: heads.removeLast()
            case .reset: heads.removeAll()
            }
        }
    }

    private static func promotions(in db: Database) throws -> [Promotion] {
        try PromotionRow.fetchAll(
            db,
            sql: """
                SELECT kind, checkpoint_id AS checkpoint, gate, promoted_at AS promotedAt
                FROM promotion ORDER BY id
                """
        ).map(\.promotion)
    }

    func insert(
        _ kind: Promotion.Kind, checkpoint: String?, gate: String?, into db: Database
    ) throws {
        try db.execute(
            sql:
                "INSERT INTO promotion (kind, checkpoint_id, gate, promoted_at) VALUES (?, ?, ?, ?)",
            arguments: [kind.rawValue, checkpoint, gate, timestamp])
    }
}

/// A row of `checkpoint`.
private struct CheckpointRow: Decodable, FetchableRecord {
    static let sql =
        """
        SELECT id, origin, round_id AS round, recorded_at AS recordedAt,
            EXISTS (SELECT 1 FROM pin WHERE checkpoint_id = id) AS isPinned,
            (SELECT collected_at FROM collected WHERE checkpoint_id = id) AS collectedAt
        FROM checkpoint
        """
    var id: String
    var origin: String
    var round: Int?
    var recordedAt: Int64
    var isPinned: Bool
    var collectedAt: Int64?

    var checkpoint: StoredCheckpoint {
        StoredCheckpoint(
            id: id, origin: origin, round: round,
            recordedAt: Timestamp(milliseconds: recordedAt).date, isPinned: isPinned,
            collectedAt: collectedAt.map { Timestamp(milliseconds: $0).date })
    }
}

/// A row of `promotion`.
private struct PromotionRow: Decodable, FetchableRecord {
    var kind: Promotion.Kind
    var checkpoint: String?
    var gate: String?
    var promotedAt: Int64

    var promotion: Promotion {
        Promotion(
            kind: kind, checkpoint: checkpoint, gate: gate,
            at: Timestamp(milliseconds: promotedAt).date)
    }
}
