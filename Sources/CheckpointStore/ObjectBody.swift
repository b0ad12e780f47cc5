public import Foundation
import Synchronization

extension ObjectBody {
    /// A body of bytes in memory.
    public init(_ data: Data) {
        self.init { continuation in
            if !data.isEmpty { continuation.yield(data) }
            continuation.finish()
        }
    }

    /// The same bytes, telling after each piece how many have passed in all.
    func counting(_ report: @escaping @Sendable (Int) async throws -> Void) -> ObjectBody {
        let count = Mutex(0)
        let pieces = Pieces(self)
        return ObjectBody {
            guard let piece = try await pieces.next() else { return nil }
            let sum = count.withLock { sum in
                sum += piece.count
                return sum
            }
            try await report(sum)
            return piece
        }
    }
}

/// The one iterator of a body, usable from the closure of another.
private actor Pieces {
    private let body: ObjectBody

    init(_ body: ObjectBody) { self.body = body }

    func next() async throws -> Data? {
        var iterator = body.makeAsyncIterator()
        return try await iterator.next()
    }
}
