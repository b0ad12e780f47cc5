public import Foundation

/// What became of a row.
public struct ImportedRow: Hashable, Sendable {
    /// The line of the file on which the row begins, from 1. A row that tells several facts (a vote on two
    /// bad answers, say) yields several of these.
    public var line: Int
    /// The shape it was recognised by, if it was.
    public var format: FeedbackFormat?
    public var result: Result<Feedback, FeedbackRefusal>

    public init(line: Int, format: FeedbackFormat?, result: Result<Feedback, FeedbackRefusal>) {
        self.line = line
        self.format = format
        self.result = result
    }
}

/// Turns a stream of bytes into feedback, row by row, whatever mixture of known shapes it holds.
///
/// Accepts JSON Lines and JSON arrays. Every row is accounted for: it becomes valid feedback, or is
/// refused with a reason. Names of files play no part; keys that a shape does not use are ignored.
/// Memory is bounded by the longest row allowed.
///
///     var importer = FeedbackImporter()
///     for chunk in chunks { try importer.consume(chunk) { row in … } }
///     try importer.finish { row in … }
public struct FeedbackImporter {
    /// The longest row, in bytes, that is taken by default.
    public static let defaultMaximumRowBytes = 16 << 20

    private var splitter: RowSplitter
    private var memory = RatingMemory()

    public init(maximumRowBytes: Int = defaultMaximumRowBytes) {
        splitter = RowSplitter(limit: maximumRowBytes)
    }

    /// Takes the next bytes of the stream, cut anywhere, and yields the rows they complete.
    public mutating func consume(
        _ bytes: some ContiguousBytes, yield: (ImportedRow) throws -> Void
    ) rethrows {
        try bytes.withUnsafeBytes { buffer in
            try splitter.consume(buffer) { try Self.read($0, &memory, yield) }
        }
    }

    /// Ends the stream, and yields what its end completes.
    public mutating func finish(yield: (ImportedRow) throws -> Void) rethrows {
        try splitter.finish { try Self.read($0, &memory, yield) }
    }

    private static func read(
        _ raw: RowSplitter.RawRow, _ memory: inout RatingMemory,
        _ yield: (ImportedRow) throws -> Void
    ) rethrows {
        var format: FeedbackFormat?
        var facts: [Result<Feedback, FeedbackRefusal>]
        do throws(FeedbackRefusal) {
            let value = try JSONValue(parsing: try raw.bytes.get())
            guard let fields = value.object else { throw .notAnObject }
            let row = Row(fields: fields)
            guard let shape = RowShape.all.first(where: { $0.matches(row) }) else {
                throw .unknownShape(keys: fields.keys.sorted())
            }
            format = shape.format
            facts = try shape.read(row, &memory).map { feedback in
                feedback.refusal.map { .failure($0) } ?? .success(feedback)
            }
        } catch {
            facts = [.failure(error)]
        }
        for fact in facts {
            try yield(ImportedRow(line: raw.line, format: format, result: fact))
        }
    }
}
