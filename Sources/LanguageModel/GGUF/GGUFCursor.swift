/// A position in untrusted bytes that refuses to read past their end.
///
/// Field names are closures, so that a sound file costs no text.
struct GGUFCursor {
    let bytes: UnsafeRawBufferPointer
    private(set) var offset = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    var remaining: Int { bytes.count - offset }

    mutating func integer<T: FixedWidthInteger & BitwiseCopyable>(
        _ type: T.Type, _ field: () -> String
    ) throws(GGUFError) -> T {
        let start = try advance(UInt64(MemoryLayout<T>.size), field)
        return T(littleEndian: bytes.loadUnaligned(fromByteOffset: start, as: T.self))
    }

    /// Reads a count of records of at least `minimumSize` bytes each that must fit in what is left.
    mutating func count(
        minimumSize: Int, limit: Int = .max, _ field: () -> String
    ) throws(GGUFError) -> Int {
        let start = offset
        let count = try integer(UInt64.self, field)
        guard count <= UInt64(remaining / minimumSize) else {
            throw .malformed(field: field(), offset: start, fault: .countExceedsFile(count))
        }
        guard count <= UInt64(limit) else {
            throw .malformed(
                field: field(), offset: start, fault: .countExceedsLimit(count, limit: limit))
        }
        return Int(count)
    }

    /// Reads a length and that many bytes of UTF-8, without copying them.
    mutating func text(_ field: () -> String) throws(GGUFError) -> Slice<UnsafeRawBufferPointer> {
        let length = try integer(UInt64.self, field)
        let start = try advance(length, field)
        let text = bytes[start..<offset]
        guard Self.isUTF8(text) else {
            throw .malformed(field: field(), offset: start, fault: .notUTF8)
        }
        return text
    }

    /// Skips `count` bytes and returns where they began.
    @discardableResult
    mutating func advance(_ count: UInt64, _ field: () -> String) throws(GGUFError) -> Int {
        guard count <= UInt64(remaining) else {
            throw .malformed(
                field: field(), offset: offset,
                fault: .truncated(needed: count, available: remaining))
        }
        defer { offset += Int(count) }
        return offset
    }

    private static func isUTF8(_ text: Slice<UnsafeRawBufferPointer>) -> Bool {
        if text.allSatisfy({ $0 < 0x80 }) { return true }
        return String(validating: text, as: UTF8.self) != nil
    }
}
