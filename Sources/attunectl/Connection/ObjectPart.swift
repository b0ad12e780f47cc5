import CheckpointStore

/// Bytes of an object that are a file of their own, named `<start>-<end>-<size of the object>`.
///
/// The name says how long the file must be: a shorter one was cut while it was written and does not count, so no
/// kind of store has to write files whole or not at all.
package struct ObjectPart: Hashable {
    /// A part is read as a whole, so a longer one, which nobody of ours writes, does not count.
    static let maximumLength = 64 << 20

    let start: Int
    let end: Int
    let size: Int

    package init(start: Int, end: Int, size: Int) {
        self.start = start
        self.end = end
        self.size = size
    }

    /// Nil unless the name is that of a part and the file has the length it says.
    package init?(name: some StringProtocol, fileSize: Int) {
        let numbers = name.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
        guard numbers.count == 3, let start = numbers[0], let end = numbers[1],
            let size = numbers[2], (0...ObjectStore.maximumObjectSize).contains(size),
            (0...size).contains(end), (0...end).contains(start), fileSize == end - start,
            fileSize <= Self.maximumLength
        else { return nil }
        self.init(start: start, end: end, size: size)
        guard fileName == name else { return nil }
    }

    package var fileName: String { "\(start)-\(end)-\(size)" }
}

/// The parts that there are of one object.
package struct ObjectParts {
    let all: [ObjectPart]
    /// Those that follow one another from the first byte on.
    let leading: [ObjectPart]

    /// - Parameter size: of the object, if it is known; otherwise the size that most of it is there of.
    package init(_ parts: [ObjectPart], size: Int? = nil) {
        all = parts
        let runs = Dictionary(grouping: parts, by: \.size).filter { size ?? $0.key == $0.key }
            .sorted { $0.key < $1.key }.map { Self.leading(of: $0.value) }
        leading =
            runs.first { $0.last.map { $0.end == $0.size } ?? false }
            ?? runs.max { $0.last?.end ?? 0 < $1.last?.end ?? 0 } ?? []
    }

    private static func leading(of parts: [ObjectPart]) -> [ObjectPart] {
        var run: [ObjectPart] = []
        while let next = parts.filter({ $0.start == run.last?.end ?? 0 && !run.contains($0) })
            .max(by: { $0.end < $1.end })
        {
            run.append(next)
        }
        return run
    }

    /// How many of the object's first bytes are there.
    package var received: Int { leading.last?.end ?? 0 }
    /// The object's size if all of it is there.
    package var wholeSize: Int? { leading.last.flatMap { $0.end == $0.size ? $0.size : nil } }
}
