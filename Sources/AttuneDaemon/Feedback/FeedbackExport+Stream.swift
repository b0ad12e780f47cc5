import FeedbackFormats
import FeedbackStore
import Foundation
import NIOCore

extension FeedbackExport {
    /// Everything the format has a place for, as lines; one page of feedback in memory at a time.
    func chunks(from store: FeedbackStore) -> AsyncThrowingStream<ByteBuffer, any Error> {
        let cursor = ExportCursor(format: self, store: store)
        return AsyncThrowingStream { try await cursor.next() }
    }
}

/// Where an export is.
private actor ExportCursor {
    private let format: FeedbackExport
    private let store: FeedbackStore
    private var online: [String: OnlinePair]?
    private var after: String?
    private var isDone = false

    init(format: FeedbackExport, store: FeedbackStore) {
        self.format = format
        self.store = store
    }

    /// The next page's lines; nil at the end. A page without lines gives an empty buffer.
    func next() async throws -> ByteBuffer? {
        guard !isDone else { return nil }
        let (format, known, cursor) = (format, online, after)
        let (lines, pairs, next) = try await store.perform { store in
            let pairs =
                try known ?? (format == .metaAPO ? try store.onlinePairs() : [:])
            var filter = FeedbackFilter()
            filter.retracted = format == .attune ? .include : .exclude
            let page = try store.feedback(matching: filter, after: cursor, limit: 500)
            var lines = Data()
            for entry in page.entries where entry.erasedAt == nil {
                let pair = pairs[entry.id].map { (chosen: $0.chosen, rejected: $0.rejected) }
                guard let line = try format.line(for: entry, online: pair) else { continue }
                lines.append(line)
                lines.append(UInt8(ascii: "\n"))
            }
            return (lines, pairs, page.next)
        }
        online = pairs
        after = next
        isDone = next == nil
        return ByteBuffer(bytes: lines)
    }
}
