public import Foundation

extension ObjectBody {
    /// A body of bytes in memory.
    public init(_ data: Data) {
        self.init { continuation in
            if !data.isEmpty { continuation.yield(data) }
            continuation.finish()
        }
    }

    /// The same bytes, telling of each piece how long it is before it goes on.
    func watched(_ report: @escaping @Sendable (Int) async throws -> Void) -> ObjectBody {
        let pieces = Pieces(self)
        return ObjectBody {
            guard let piece = try await pieces.next() else { return nil }
            try await report(piece.count)
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
