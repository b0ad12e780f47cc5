import Synchronization

/// The room that objects on their way have been promised, so that those that come at the same time do not each take the
/// last of it.
final class SpaceClaims: Sendable {
    private let bytes = Mutex(0)

    /// Promises room for as long as the claim lives.
    ///
    /// - Parameter used: how much is taken already, beside what is promised.
    /// - Returns: nil if there is not so much.
    func claim(_ size: Int, of capacity: Int, used: () throws -> Int) rethrows -> Claim? {
        try bytes.withLock { bytes in
            guard try used() + bytes <= capacity - size else { return nil }
            bytes += size
            return Claim(size: size, of: self)
        }
    }

    /// Room that is given back when nobody holds it any more.
    final class Claim: Sendable {
        private let size: Int
        private let claims: SpaceClaims

        fileprivate init(size: Int, of claims: SpaceClaims) {
            self.size = size
            self.claims = claims
        }

        deinit { claims.bytes.withLock { $0 -= size } }
    }
}
