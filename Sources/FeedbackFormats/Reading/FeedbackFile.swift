public import Foundation

/// Reads a file of preference data row by row, in bounded memory.
///
///     var file = try FeedbackFile(path: "pairs.jsonl")
///     while let row = try file.next() { … }
public struct FeedbackFile {
    private static let chunkBytes = 1 << 18

    private let handle: FileHandle
    private var importer: FeedbackImporter
    /// The rows of the last chunk that were not asked for yet, in reverse.
    private var pending: [ImportedRow] = []
    private var isAtEnd = false
    /// How far the file has been read, for a progress display.
    public private(set) var bytesRead: Int64 = 0
    /// The file's size; nil for a pipe.
    public let byteCount: Int64?

    /// - Errors: Foundation's, when the file cannot be opened.
    public init(
        path: String, maximumRowBytes: Int = FeedbackImporter.defaultMaximumRowBytes
    ) throws {
        let handle = try FileHandle(forReadingFrom: URL(filePath: path))
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        self.init(
            handle: handle, byteCount: (attributes[.size] as? NSNumber)?.int64Value,
            maximumRowBytes: maximumRowBytes)
    }

    /// Reads what is open already, standard input for one.
    public init(
        handle: FileHandle, byteCount: Int64? = nil,
        maximumRowBytes: Int = FeedbackImporter.defaultMaximumRowBytes
    ) {
        self.handle = handle
        self.byteCount = byteCount
        importer = FeedbackImporter(maximumRowBytes: maximumRowBytes)
    }

    /// The next row; nil at the end.
    ///
    /// - Errors: Foundation's, when the file cannot be read.
    public mutating func next() throws -> ImportedRow? {
        while pending.isEmpty, !isAtEnd {
            var rows: [ImportedRow] = []
            if let chunk = try handle.read(upToCount: Self.chunkBytes), !chunk.isEmpty {
                bytesRead += Int64(chunk.count)
                importer.consume(chunk) { rows.append($0) }
            } else {
                isAtEnd = true
                importer.finish { rows.append($0) }
            }
            pending = rows.reversed()
        }
        return pending.popLast()
    }
}
