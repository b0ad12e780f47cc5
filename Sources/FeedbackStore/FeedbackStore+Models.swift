import FeedbackFormats
public import Foundation
import GRDB

/// A base model file that is known by name.
public struct StoredModel: Codable, Hashable, Sendable {
    public var name: String
    /// An absolute path.
    public var path: String
    /// The SHA-256 of the whole file: the base fingerprint that checkpoints carry.
    public var sha256: String
    public var size: Int64
    /// The file's modification time when it was hashed; with the size it tells whether to hash again.
    public var modifiedAt: Date
    public var isActive: Bool

    public init(
        name: String, path: String, sha256: String, size: Int64, modifiedAt: Date,
        isActive: Bool = false
    ) {
        self.name = name
        self.path = path
        self.sha256 = sha256
        self.size = size
        self.modifiedAt = modifiedAt
        self.isActive = isActive
    }
}

extension FeedbackStore {
    /// Records a model under its name, anew if the name is known; which model is active does not change.
    public func record(_ model: StoredModel) throws {
        try write { db in
            try db.execute(
                sql: """
                    INSERT INTO model (name, path, sha256, size, modified_at, active)
                    VALUES (?, ?, ?, ?, ?, 0)
                    ON CONFLICT (name) DO UPDATE SET path = excluded.path, sha256 = excluded.sha256,
                        size = excluded.size, modified_at = excluded.modified_at
                    """,
                arguments: [
                    model.name, model.path, model.sha256, model.size,
                    Timestamp(model.modifiedAt).milliseconds,
                ])
        }
    }

    /// Makes this model the active one; in the same transaction the bare model becomes the head if the
    /// head is of another base, so that no promotion comes in between.
    ///
    /// - Parameters:
    ///   - review: given the round that is not finished and the head, throws if the model must not
    ///     change now, and says whether the head may stay.
    public func activateModel(
        _ name: String,
        review: (_ running: StoredRound?, _ head: String?) throws -> Bool = { _, _ in true }
    ) throws {
        try write { db in
            if try !review(Self.runningRound(in: db), Self.head(in: db)) {
                try insert(.reset, checkpoint: nil, gate: nil, into: db)
            }
            try db.execute(sql: "UPDATE model SET active = 0 WHERE active = 1")
            try db.execute(sql: "UPDATE model SET active = 1 WHERE name = ?", arguments: [name])
            guard db.changesCount == 1 else { throw StoreError.notFound(what: "model", id: name) }
        }
    }

    static func activeFingerprint(in db: Database) throws -> String? {
        try String.fetchOne(db, sql: "SELECT sha256 FROM model WHERE active = 1")
    }

    static func requireActive(_ base: String, in db: Database) throws {
        guard try activeFingerprint(in: db) == base else {
            throw StoreError.conflict("another model was put to use meanwhile; try again")
        }
    }

    /// All models, by name.
    public func models() throws -> [StoredModel] {
        try read { db in
            try ModelRow.fetchAll(
                db,
                sql: """
                    SELECT name, path, sha256, size, modified_at AS modifiedAt, active AS isActive
                    FROM model ORDER BY name
                    """
            ).map(\.model)
        }
    }

    public func activeModel() throws -> StoredModel? {
        try models().first(where: \.isActive)
    }
}

/// A row of `model`.
private struct ModelRow: Decodable, FetchableRecord {
    var name: String
    var path: String
    var sha256: String
    var size: Int64
    var modifiedAt: Int64
    var isActive: Bool

    var model: StoredModel {
        StoredModel(
            name: name, path: path, sha256: sha256, size: size,
            modifiedAt: Timestamp(milliseconds: modifiedAt).date, isActive: isActive)
    }
}
