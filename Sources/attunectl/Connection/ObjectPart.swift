import CheckpointStore

/// Bytes of an object that are a file of their own, named `<start>-<end>-<size of the object>-<writer>`.
///
/// The name says how long the file must be: a shorter one was cut while it was written and does not count, so no
/// kind of store has to write files whole or not at all. No two writers write the same file, so none can spoil or remove
/// what another has brought.
package struct ObjectPart: Hashable {
    /// A part is read as a whole, so a longer one, which nobody of ours writes, does not count.
    static let maximumLength = 64 << 20

    let start: Int
    let end: Int
    let size: Int
    /// Any word; the same for all that one transfer writes.
    let writer: String

    package init(start: Int, end: Int, size: Int, writer: String) {
        self.start = start
        self.end = end
        self.size = size
        self.writer = writer
    }

    /// Nil unless the name is that of a part and the file has the length it says.
    package init?(name: some StringProtocol, fileSize: Int) {
        let words = name.split(separator: "-", omittingEmptySubsequences: false)
        guard words.count == 4, let start = Int(words[0]), let end = Int(words[1]),
            let size = Int(words[2]), (0...ObjectStore.maximumObjectSize).contains(size),
            (0...size).contains(end), (0...end).contains(start), start < end || size == 0,
            fileSize == end - start, fileSize <= Self.maximumLength,
            (1...32).contains(words[3].utf8.count),
            words[3].utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x7A).contains($0) })
        else { return nil }
        self.init(start: start, end: end, size: size, writer: String(words[3]))
        guard fileName == name else { return nil }
    }

    package var fileName: String { "\(start)-\(end)-\(size)-\(writer)" }
}

/// The parts that there are of one object.
package struct ObjectParts {
    /// Those that follow one another from the first byte on.
    let leading: [ObjectPart]

    /// - Parameter size: of the object, if it is known; otherwise the size that most of it is there of.
    package init(_ parts: [ObjectPart], size: Int? = nil) {
        let runs = Dictionary(grouping: parts, by: \.size).filter { size ?? $0.key == $0.key }
            .sorted { $0.key > $1.key }.map { Self.leading(of: $0.value) }
        leading =
            runs.first { $0.last.map { $0.end == $0.size } ?? false }
            ?? runs.max { $0.last?.end ?? 0 < $1.last?.end ?? 0 } ?? []
    }

    private static func leading(of parts: [ObjectPart]) -> [ObjectPart] {
        // Of several that begin alike the longest, and of those always the same one.
        let longest = Dictionary(grouping: parts, by: \.start).mapValues { parts in
            parts.max { ($0.end, $0.writer) < ($1.end, $1.writer) }
        }
        var run: [ObjectPart] = []
        var end = 0
        while let next = longest[end] ?? nil {
            run.append(next)
            guard next.end > end else { break }
            end = next.end
        }
        return run
    }

    /// How many of the object's first bytes are there.
    package var received: Int { leading.last?.end ?? 0 }
    /// The object's size if all of it is there.
    package var wholeSize: Int? { leading.last.flatMap { $0.end == $0.size ? $0.size : nil } }
}
