/// Cuts bytes that arrive in chunks into lines, each byte looked at once.
///
/// Lines end with a line feed; a carriage return before it is dropped, and empty lines are passed over.
package struct LineSplitter {
    private var buffer: [UInt8] = []
    private var start = 0
    private var scanned = 0

    package init() {}

    package mutating func append(_ bytes: some Sequence<UInt8>) {
        if start > 0 {
            buffer.removeFirst(start)
            scanned -= start
            start = 0
        }
        buffer.append(contentsOf: bytes)
    }

    /// The next whole line, or nil until more bytes come.
    package mutating func next() -> ArraySlice<UInt8>? {
        while let end = buffer[scanned...].firstIndex(of: UInt8(ascii: "\n")) {
            let line = trimmed(buffer[start..<end])
            start = end + 1
            scanned = start
            if !line.isEmpty { return line }
        }
        scanned = buffer.count
        return nil
    }

    /// What came after the last line feed, once no more bytes come; nil if nothing did.
    package mutating func last() -> ArraySlice<UInt8>? {
        let line = trimmed(buffer[start...])
        start = buffer.count
        scanned = start
        return line.isEmpty ? nil : line
    }

    /// The bytes held back for a line that is not whole yet.
    package var pendingCount: Int { buffer.count - start }

    private func trimmed(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        line.last == UInt8(ascii: "\r") ? line.dropLast() : line
    }
}
