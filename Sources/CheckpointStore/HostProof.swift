import Crypto
public import Foundation

/// A host's answer to a challenge: only who has its key can give it, and only for this question.
///
/// It is not bound to the connection that it comes over: whoever answers in a host's place, and may ask
/// that host in its turn, can pass on the question and the answer. Callers decide by the address whom
/// they talk to.
///
/// The signature covers `attune-proof-1`, a line feed, the id of the host that asks, and the nonce.
public struct HostProof: Codable, Hashable, Sendable {
    /// The bytes of a nonce.
    public static let nonceSize = 32

    /// The raw Ed25519 key of 32 bytes.
    public let publicKey: Data
    public let signature: Data

    /// Answers `asker`.
    public init(to asker: HostID, nonce: Data, key: HostKey) throws {
        publicKey = key.publicKey.rawRepresentation
        signature = try key.signature(for: Self.statement(asker, nonce))
    }

    /// A nonce of the system's random numbers.
    public static func nonce() -> Data {
        Data((0..<nonceSize).map { _ in UInt8.random(in: .min ... .max) })
    }

    /// Throws unless the answer is this host's, to this question.
    ///
    /// - Errors: ``CheckpointError/signatureInvalid(_:)``.
    public func verify(_ host: HostID, asker: HostID, nonce: Data) throws {
        guard let key = try? Curve25519.Signing.PublicKey(rawRepresentation: publicKey),
            HostID(publicKey: key) == host,
            key.isValidSignature(signature, for: Self.statement(asker, nonce))
        else { throw CheckpointError.signatureInvalid(host) }
    }

    private static func statement(_ asker: HostID, _ nonce: Data) -> Data {
        Data("attune-proof-1\n\(asker)".utf8) + nonce
    }
}
