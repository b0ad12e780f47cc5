import Crypto
public import Foundation

/// A host's statement "this is the checkpoint in use here", which nobody else can make or move back
/// in time.
///
/// The signature covers `attune-head-1`, a line feed, and the canonical JSON of all other fields.
public struct SignedHead: Codable, Hashable, Sendable {
    public static let currentFormat = 1
    /// Encoded bytes a reader takes at most.
    public static let maximumSize = 4096
    /// The largest counter, 2⁵³ − 1: every JSON reader keeps it exact.
    public static let maximumCounter: UInt64 = (1 << 53) - 1

    public let format: Int
    public let host: HostID
    /// The raw Ed25519 key of 32 bytes.
    public let publicKey: Data
    /// One more with every head the host signs; a lower one than known is a replay.
    public let counter: UInt64
    public let checkpoint: CheckpointID
    public let signature: Data

    /// Signs a head; `counter` must be above every one this host has signed.
    public init(checkpoint: CheckpointID, counter: UInt64, key: HostKey) throws {
        format = Self.currentFormat
        host = key.id
        publicKey = key.publicKey.rawRepresentation
        self.counter = counter
        self.checkpoint = checkpoint
        let statement = Statement(
            format: Self.currentFormat, host: host, publicKey: publicKey, counter: counter,
            checkpoint: checkpoint)
        signature = try key.signature(for: statement.signedBytes())
        try verify()
    }

    /// Throws unless the key belongs to the host and the signature to the key.
    public func verify() throws {
        guard format == Self.currentFormat else {
            throw CheckpointError.unsupportedFormat(
                "head", found: format, supported: Self.currentFormat)
        }
        guard (1...Self.maximumCounter).contains(counter) else {
            throw CheckpointError.malformed(
                "head", field: "counter", reason: "\(counter) is outside 1…\(Self.maximumCounter)")
        }
        guard let key = try? Curve25519.Signing.PublicKey(rawRepresentation: publicKey),
            HostID(publicKey: key) == host
        else {
            throw CheckpointError.malformed(
                "head", field: "publicKey", reason: "it is not the key of host \(host.short)")
        }
        let statement = Statement(
            format: format, host: host, publicKey: publicKey, counter: counter,
            checkpoint: checkpoint)
        guard key.isValidSignature(signature, for: try statement.signedBytes()) else {
            throw CheckpointError.signatureInvalid(host)
        }
    }

    /// What a head's file is called; names sort as counters do.
    package static func fileName(counter: UInt64) -> String {
        let digits = String(counter)
        return String(repeating: "0", count: max(0, 16 - digits.count)) + digits + ".json"
    }

    /// The counter in a file's name; nil for a name that is none.
    package static func counter(ofFile name: String) -> UInt64? {
        guard name.hasSuffix(".json"), let counter = UInt64(name.dropLast(5)),
            counter <= maximumCounter
        else { return nil }
        return counter
    }

    /// Whether a place that knows heads of the host has to store this one; throws if it may not.
    ///
    /// - Parameters:
    ///   - newest: the highest counter it knows of the host.
    ///   - same: the head it has with this one's counter, if that can be read.
    /// - Errors: ``CheckpointError/headReplayed(_:known:offered:)`` for a lower counter,
    ///   ``CheckpointError/headConflict(_:counter:)`` for another checkpoint under the same one.
    package func isNew(after newest: UInt64, same: SignedHead?) throws -> Bool {
        guard counter >= newest else {
            throw CheckpointError.headReplayed(host, known: newest, offered: counter)
        }
        guard let same else { return true }
        guard same.checkpoint == checkpoint else {
            throw CheckpointError.headConflict(host, counter: counter)
        }
        return false
    }

    /// Whether the other head makes the same statement; signatures over one statement may differ.
    func saysTheSame(as other: SignedHead?) -> Bool {
        host == other?.host && counter == other?.counter && checkpoint == other?.checkpoint
    }

    /// Canonical JSON, as heads are stored and sent.
    public func encoded() throws -> Data { try JSONValue.canonicalBytes(of: self, "head") }

    /// Reads and verifies a head.
    public init(encoded bytes: Data) throws {
        guard bytes.count <= Self.maximumSize else {
            throw CheckpointError.tooLarge("the head", limit: Self.maximumSize)
        }
        self = try JSONValue.decode(Self.self, canonical: bytes, "head")
        try verify()
    }

    private struct Statement: Encodable {
        let format: Int
        let host: HostID
        let publicKey: Data
        let counter: UInt64
        let checkpoint: CheckpointID

        func signedBytes() throws -> Data {
            try Data("attune-head-1\n".utf8) + JSONValue.canonicalBytes(of: self, "head")
        }
    }
}
