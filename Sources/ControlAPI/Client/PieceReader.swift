import AsyncHTTPClient
import Foundation
import NIOCore

/// Reads a body piece by piece as its one consumer asks, so that nothing piles up.
///
/// `@unchecked Sendable`: an `AsyncThrowingStream` made from ``next()`` has one consumer, which waits for each piece
/// before it asks for another, so the iterator is never used twice at a time.
final class PieceReader: @unchecked Sendable {
    private var iterator: HTTPClientResponse.Body.AsyncIterator
    private let server: ServerName

    init(_ body: HTTPClientResponse.Body, _ server: ServerName) {
        iterator = body.makeAsyncIterator()
        self.server = server
    }

    func next() async throws -> Data? {
        do {
            return try await iterator.next().map { Data($0.readableBytesView) }
        } catch {
            throw server.failure(error)
        }
    }
}
