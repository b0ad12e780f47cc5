import Crypto
public import Foundation

/// A host's last word about its own key: the key that comes after it (a succession), or that nothing
/// signed with it counts any more (a revocation).
///
/// The old key signs `attune-key-1`, a line feed, and the canonical JSON of all fields but the
/// signatures. A succession is signed by the new key as well, over the same bytes: nobody can name a
/// key for a successor that they do not have.
public struct KeyRecord: Codable, Hashable, Sendable {
    public static let currentFormat = 1
    /// Encoded bytes a reader takes at most.
    public static let maximumSize = 4096

    public let format: Int
    /// Whose key it is about.
    public let host: HostID
    /// The raw Ed25519 key of 32 bytes.
    public let publicKey: Data
    /// The raw key that comes after it; nil in a revocation.
    public let successor: Data?
    public let signature: Data
    /// By the successor's key.
    public let successorSignature: Data?

    /// Hands a host's name over to a new key.
    public init(succeeding key: HostKey, by next: HostKey) throws {
        try self.init(key, next)
    }

    /// Declares that nothing signed with the key counts any more.
    public init(revoking key: HostKey) throws { try self.init(key, nil) }

    private init(_ key: HostKey, _ next: HostKey?) throws {
        format = Self.currentFormat
        host = key.id
        publicKey = key.publicKey.rawRepresentation
        successor = next?.publicKey.rawRepresentation
        let statement = try Statement(
            format: Self.currentFormat, host: host, publicKey: publicKey, successor: successor
        ).signedBytes()
        signature = try key.signature(for: statement)
        successorSignature = try next?.signature(for: statement)
        try verify()
    }

    /// Whether it declares the key void rather than naming another one.
    public var isRevocation: Bool { successor == nil }

    /// The host that speaks from now on; nil for a revocation.
    public var successorHost: HostID? {
        guard let key = successor.flatMap(Self.key) else { return nil }
        return HostID(publicKey: key)
    }

    /// What it says, in a word that is the same whatever its signatures are.
    var name: String { "\(host).\(successorHost?.description ?? Self.revoked)" }

    /// What its file is called.
    package var fileName: String { name + Self.fileSuffix }

    /// Whether a file of that name may be a record.
    package static func isFileName(_ name: String) -> Bool {
        let words = name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        return words.count == 3 && name.hasSuffix(fileSuffix) && HostID(words[0]) != nil
            && (words[1] == revoked || HostID(words[1]) != nil)
    }

    private static let revoked = "revoked"
    package static let fileSuffix = ".json"

    /// Whether a record of that name is a revocation.
    static func isRevocation(_ name: String) -> Bool { name.hasSuffix(".\(revoked)") }

    /// Throws unless the keys belong to the hosts and the signatures to the keys.
    public func verify() throws {
        guard format == Self.currentFormat else {
            throw CheckpointError.unsupportedFormat(
                "key record", found: format, supported: Self.currentFormat)
        }
        guard let key = Self.key(publicKey), HostID(publicKey: key) == host else {
            throw CheckpointError.malformed(
                "key record", field: "publicKey", reason: "it is not the key of host \(host.short)")
        }
        let statement = try Statement(
            format: format, host: host, publicKey: publicKey, successor: successor
        ).signedBytes()
        guard key.isValidSignature(signature, for: statement) else {
            throw CheckpointError.signatureInvalid(host)
        }
        try verifySuccessor(statement)
    }

    private func verifySuccessor(_ statement: Data) throws {
        guard let successor else {
            guard successorSignature == nil else {
                throw CheckpointError.malformed(
                    "key record", field: "successorSignature", reason: "a revocation has none")
            }
            return
        }
        guard let next = Self.key(successor), successor != publicKey else {
            throw CheckpointError.malformed(
                "key record", field: "successor", reason: "it is not another Ed25519 key")
        }
        guard let successorSignature, next.isValidSignature(successorSignature, for: statement)
        else { throw CheckpointError.signatureInvalid(HostID(publicKey: next)) }
    }

    /// Canonical JSON, as records are stored and sent.
    public func encoded() throws -> Data { try JSONValue.canonicalBytes(of: self, "key record") }

    /// Reads and verifies a record.
    public init(encoded bytes: Data) throws {
        guard bytes.count <= Self.maximumSize else {
            throw CheckpointError.tooLarge("the key record", limit: Self.maximumSize)
        }
        self = try JSONValue.decode(Self.self, canonical: bytes, "key record")
        try verify()
    }

    private static func key(_ raw: Data) -> Curve25519.Signing.PublicKey? {
        try? Curve25519.Signing.PublicKey(rawRepresentation: raw)
    }

    private struct Statement: Encodable {
        let format: Int
        let host: HostID
        let publicKey: Data
        let successor: Data?

        func signedBytes() throws -> Data {
            try Data("attune-key-1\n".utf8) + JSONValue.canonicalBytes(of: self, "key record")
        }
    }
}
