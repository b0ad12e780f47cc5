import Crypto
public import Foundation

/// The SHA-256 of some bytes, which is also the name those bytes are stored under.
///
/// - Postconditions: `hex` is exactly 64 characters of `0-9a-f`, so it is safe as a file name;
///   `../` cannot be spelled.
public struct ObjectID: Hashable, Sendable, Comparable, LosslessStringConvertible {
    /// The digest as 64 lower-case hexadecimal digits.
    public let hex: String

    /// Returns nil for anything but 64 lower-case hexadecimal digits; upper case is not folded.
    public init?(_ description: String) {
        guard description.utf8.count == 64, description.utf8.allSatisfy(Self.isHexDigit) else {
            return nil
        }
        hex = description
    }

    /// Accepts 64 lower-case hexadecimal digits and throws ``CheckpointError/invalidObjectID(_:)``
    /// for the rest.
    public init(validating text: String) throws {
        guard let id = Self(text) else { throw CheckpointError.invalidObjectID(text) }
        self = id
    }

    /// Names the given bytes.
    public init(hashing bytes: some DataProtocol) {
        self.init(SHA256.hash(data: bytes))
    }

    init(_ digest: SHA256.Digest) {
        hex = String(decoding: digest.flatMap(Self.hexDigits), as: UTF8.self)
    }

    public var description: String { hex }

    /// The first twelve digits: enough for people to tell checkpoints apart, never enough to trust
    /// one.
    public var short: String { String(hex.prefix(12)) }

    public static func < (left: Self, right: Self) -> Bool { left.hex < right.hex }

    private static func isHexDigit(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte)
    }

    private static func hexDigits(of byte: UInt8) -> [UInt8] {
        let digits = Array("0123456789abcdef".utf8)
        return [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
    }
}

/// The id of a checkpoint: the SHA-256 of its canonical manifest.
public typealias CheckpointID = ObjectID

extension ObjectID: Codable {
    public init(from decoder: any Decoder) throws {
        try self.init(validating: decoder.singleValueContainer().decode(String.self))
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(hex)
    }
}

/// The id of bytes that come piece by piece.
package struct ObjectHasher {
    private var hasher = SHA256()

    package init() {}

    package mutating func update(_ data: Data) { hasher.update(data: data) }

    /// Of the bytes so far.
    package var id: ObjectID { ObjectID(hasher.finalize()) }
}
