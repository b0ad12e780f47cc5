public import Crypto
import Foundation

/// Who a host is: the SHA-256 of its public key.
public struct HostID: Hashable, Sendable, Comparable, Codable, LosslessStringConvertible {
    private let digest: ObjectID

    /// Returns nil for anything but 64 lower-case hexadecimal digits.
    public init?(_ description: String) {
        guard let digest = ObjectID(description) else { return nil }
        self.digest = digest
    }

    public init(publicKey: Curve25519.Signing.PublicKey) {
        digest = ObjectID(hashing: publicKey.rawRepresentation)
    }

    public var description: String { digest.hex }

    /// The first 64 bits in groups, enough to tell hosts apart: `3f2a-91bc-0c11-8d7e`.
    public var short: String { grouped(16) }

    /// The first 128 bits in groups, for people to compare before they trust a host: nobody can
    /// make another key with them.
    public var fingerprint: String { grouped(32) }

    /// The digits of a fingerprint, perhaps of more of the id, without the dashes that are for people; nil
    /// for what is too short to tell hosts apart, or none.
    public static func digits(ofFingerprint text: String) -> String? {
        let digits = text.lowercased().filter { $0 != "-" }
        let isHexadecimal = digits.utf8.allSatisfy { "0123456789abcdef".utf8.contains($0) }
        return isHexadecimal && (32...64).contains(digits.count) ? digits : nil
    }

    private func grouped(_ count: Int) -> String {
        let digits = Array(digest.hex.prefix(count))
        return stride(from: 0, to: count, by: 4).map { String(digits[$0..<$0 + 4]) }
            .joined(separator: "-")
    }

    public static func < (left: Self, right: Self) -> Bool { left.digest < right.digest }

    public init(from decoder: any Decoder) throws { digest = try ObjectID(from: decoder) }

    public func encode(to encoder: any Encoder) throws { try digest.encode(to: encoder) }
}

/// The Ed25519 key that a host signs its heads with, kept in one file that only its owner can read.
public struct HostKey: Sendable {
    private let key: Curve25519.Signing.PrivateKey

    public var publicKey: Curve25519.Signing.PublicKey { key.publicKey }
    public var id: HostID { HostID(publicKey: publicKey) }

    /// A key of this process only.
    public init() { key = Curve25519.Signing.PrivateKey() }

    /// Reads the key, or makes one if the file does not exist.
    ///
    /// The file appears whole, with mode 0600 from its first byte; of two processes that make one
    /// at the same time both end with the same key.
    ///
    /// - Errors: ``CheckpointError/hostKeyUnusable(path:reason:)`` if others can read the file or
    ///   it is damaged.
    public static func load(orCreateAt path: String) throws -> HostKey {
        try load(orCreateAt: path, fileSystem: FileSystem())
    }

    static func load(orCreateAt path: String, fileSystem: FileSystem) throws -> HostKey {
        if fileSystem.size(of: path) == nil {
            let directory = parentDirectory(of: path)
            try fileSystem.makeDirectories(directory)
            let file = try fileSystem.create(fileSystem.temporaryName(beside: path))
            defer { file.discard() }
            try file.write(HostKey().encoded)
            try file.synchronize()
            if link(file.path, path) != 0, errno != EEXIST { throw failure("create", path) }
            try fileSystem.synchronizeDirectory(directory)
        }
        return try HostKey(path: path)
    }

    private init(path: String) throws {
        var status = stat()
        guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw CheckpointError.hostKeyUnusable(path: path, reason: "it is not a regular file")
        }
        guard status.st_mode & 0o077 == 0 else {
            throw CheckpointError.hostKeyUnusable(
                path: path, reason: "other users can read it; run chmod 600 on it")
        }
        let text = try ObjectFile(path: path).read(0..<200)
        guard text.starts(with: Self.prefix.utf8),
            let raw = Data(base64Encoded: text.dropFirst(Self.prefix.utf8.count).dropLast()),
            let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: raw),
            HostKey(key).encoded == text
        else {
            throw CheckpointError.hostKeyUnusable(
                path: path,
                reason: "it is damaged; restore it from a backup, or remove it to become a new host"
            )
        }
        self.key = key
    }

    private init(_ key: Curve25519.Signing.PrivateKey) { self.key = key }

    private static let prefix = "attune-host-key-1 "

    private var encoded: Data {
        Data((Self.prefix + key.rawRepresentation.base64EncodedString() + "\n").utf8)
    }

    func signature(for bytes: Data) throws -> Data { try key.signature(for: bytes) }
}
