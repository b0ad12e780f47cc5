import AsyncHTTPClient
import Foundation
import NIOCore

/// The lines of a long answer, decoded as they arrive.
///
/// An answer that is cut off before its end throws; so does a line that is not what the contract says.
public struct LineStream<Line: Decodable & Sendable>: AsyncSequence, Sendable {
    let body: HTTPClientResponse.Body
    let server: ServerName

    public func makeAsyncIterator() -> Iterator {
        Iterator(chunks: body.makeAsyncIterator(), server: server)
    }

    public struct Iterator: AsyncIteratorProtocol {
        var chunks: HTTPClientResponse.Body.AsyncIterator
        let server: ServerName
        var splitter = LineSplitter()
        let decoder = ControlProtocol.decoder()

        public mutating func next() async throws -> Line? {
            while true {
                if let line = splitter.next() { return try decode(line) }
                guard splitter.pendingCount <= ControlProtocol.jsonBodyLimit else {
                    throw server.nonsense("a line has no end")
                }
                guard let chunk = try await nextChunk() else {
                    return try splitter.last().map(decode)
                }
                splitter.append(chunk.readableBytesView)
            }
        }

        private mutating func nextChunk() async throws -> ByteBuffer? {
            do {
                return try await chunks.next()
            } catch {
                throw server.failure(error)
            }
        }

        private func decode(_ line: ArraySlice<UInt8>) throws -> Line {
            do {
                return try decoder.decode(Line.self, from: Data(line))
            } catch {
                throw server.nonsense("\(error)")
            }
        }
    }
}

extension LineStream {
    /// Hands on values and progress in their order and throws the error that ended the work, if one did.
    public func forEach<Value>(
        progress: (WorkProgress) throws -> Void = { _ in }, value: (Value) async throws -> Void
    ) async throws where Line == StreamLine<Value> {
        for try await line in self {
            switch line {
            case .value(let result): try await value(result)
            case .progress(let state): try progress(state)
            case .failure(let error): throw error
            }
        }
    }

    /// The last value, or an error if there was none.
    public func lastValue<Value: Sendable>(
        progress: (WorkProgress) throws -> Void = { _ in }
    ) async throws -> Value where Line == StreamLine<Value> {
        var last: Value?
        try await forEach(progress: progress) { last = $0 }
        guard let last else { throw server.nonsense("the answer holds no result") }
        return last
    }
}
