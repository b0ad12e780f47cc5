import FeedbackFormats
public import Foundation
import GRDB

/// Another host, or a place that checkpoints travel through, under a name of its owner's.
public struct StoredPeer: Codable, Hashable, Sendable {
    public var name: String
    /// Where it is reached; nil for a host that is known through others only.
    public var address: String?
    /// The host's id; nil until it has answered at the address once, and for a directory. It stays the
    /// one that was compared when the host's key is succeeded by another: what is known of keys says who
    /// speaks for it.
    public var host: String?
    /// Whether checkpoints that the host vouches for may be put to use here.
    public var isTrusted: Bool
    /// Whether the text of feedback may go to the host; only of a trusted one.
    public var sharesFeedback: Bool
    public var addedAt: Date
}

extension FeedbackStore {
    /// All peers, by name.
    public func peers() throws -> [StoredPeer] {
        try read { db in
            try PeerRow.fetchAll(db, sql: "\(PeerRow.sql) ORDER BY name").map(\.peer)
        }
    }

    /// Records where a peer is reached; of a known one host and trust stay as they are.
    ///
    /// - Errors: `conflict` if another peer has the address.
    public func recordPeer(_ name: String, address: String) throws {
        try write { db in
            try Self.requireFree("address", address, for: name, in: db)
            try db.execute(
                sql: """
                    INSERT INTO peer (name, address, trusted, added_at) VALUES (?, ?, 0, ?)
                    ON CONFLICT (name) DO UPDATE SET address = excluded.address
                    """,
                arguments: [name, address, timestamp])
        }
    }

    /// Records which host a peer is, at first contact; it becomes another only in the place of one that
    /// the caller names, and has to be trusted anew then.
    ///
    /// A host that was on record without an address, and that it is trusted, is this peer from now on. Its
    /// mark for feedback goes: nobody has said that text may go to this address.
    ///
    /// - Errors: `conflict` if it was another host before, or the host is another peer.
    public func recordPeer(
        _ name: String, host: String, replacing former: String? = nil
    ) throws {
        try write { db in
            let nameless = try Row.fetchOne(
                db,
                sql: """
                    DELETE FROM peer WHERE host = ? AND name <> ? AND address IS NULL
                    RETURNING trusted
                    """, arguments: [host, name])
            try Self.requireFree("host", host, for: name, in: db)
            let known = try String?.fetchOne(
                db, sql: "SELECT host FROM peer WHERE name = ?", arguments: [name])
            if let known = known ?? nil, known != host, known != former {
                throw StoreError.conflict(
                    "the peer \(name) is the host \(known), and another one answers as it now: \(host)"
                )
            }
            try db.execute(
                sql: """
                    INSERT INTO peer (name, host, trusted, added_at) VALUES (?, ?, 0, ?)
                    ON CONFLICT (name) DO UPDATE SET
                        trusted = CASE WHEN host = excluded.host THEN trusted ELSE 0 END,
                        shares_feedback =
                            CASE WHEN host = excluded.host THEN shares_feedback ELSE 0 END,
                        host = excluded.host
                    """,
                arguments: [name, host, timestamp])
            if let nameless, nameless["trusted"] {
                try db.execute(
                    sql: "UPDATE peer SET trusted = 1 WHERE name = ?", arguments: [name])
            }
        }
    }

    /// Trusts a peer whose host is known.
    public func trustPeer(_ name: String) throws {
        try write { db in
            try db.execute(
                sql: "UPDATE peer SET trusted = 1 WHERE name = ? AND host IS NOT NULL",
                arguments: [name])
            guard db.changesCount == 1 else { throw StoreError.notFound(what: "peer", id: name) }
        }
    }

    /// Lets feedback be exchanged with a trusted peer, or ends that.
    ///
    /// - Errors: `conflict` if the peer is not trusted.
    public func shareFeedback(with name: String, _ isShared: Bool) throws {
        try write { db in
            try db.execute(
                sql: """
                    UPDATE peer SET shares_feedback = :shared
                    WHERE name = :name AND (trusted = 1 OR NOT :shared)
                    """, arguments: ["name": name, "shared": isShared])
            guard db.changesCount == 1 else {
                throw StoreError.conflict("the peer \(name) is not trusted")
            }
        }
    }

    /// Forgets a peer, and with it that it was trusted.
    public func removePeer(_ name: String) throws {
        try write { db in
            try db.execute(sql: "DELETE FROM peer WHERE name = ?", arguments: [name])
            guard db.changesCount == 1 else { throw StoreError.notFound(what: "peer", id: name) }
        }
    }

    private static func requireFree(
        _ column: String, _ value: String, for name: String, in db: Database
    ) throws {
        let other = try String.fetchOne(
            db, sql: "SELECT name FROM peer WHERE \(column) = ? AND name <> ?",
            arguments: [value, name])
        if let other {
            throw StoreError.conflict("the \(column) \(value) is already that of the peer \(other)")
        }
    }
}

/// A row of `peer`.
private struct PeerRow: Decodable, FetchableRecord {
    static let sql = """
        SELECT name, address, host, trusted AS isTrusted, shares_feedback AS sharesFeedback,
            added_at AS addedAt
        FROM peer
        """
    var name: String
    var address: String?
    var host: String?
    var isTrusted: Bool
    var sharesFeedback: Bool
    var addedAt: Int64

    var peer: StoredPeer {
        StoredPeer(
            name: name, address: address, host: host, isTrusted: isTrusted,
            sharesFeedback: sharesFeedback, addedAt: Timestamp(milliseconds: addedAt).date)
    }
}
