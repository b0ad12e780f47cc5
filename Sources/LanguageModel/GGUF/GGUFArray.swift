/// A metadata array, left in the mapped file and decoded on demand.
///
/// A vocabulary of 49,152 tokens costs nothing until it is asked for, and then 16 bytes a token. The
/// bounds of every element, and UTF-8 of every string, were checked when the file was opened.
public struct GGUFArray: Sendable {
    public let elementType: GGUFValueType
    public let count: Int
    let mapping: FileMapping
    let range: Range<Int>

    /// The elements, if they are strings; else nil.
    public var strings: [String]? {
        guard elementType == .string else { return nil }
        let bytes = mapping.bytes
        var offset = range.lowerBound
        return (0..<count).map { _ in
            let length = Int(load(UInt64.self, at: offset))
            let text = bytes[offset + 8..<offset + 8 + length]
            offset += 8 + length
            return String(decoding: text, as: UTF8.self)
        }
    }

    /// The elements, if they are integers and every one fits; else nil.
    public var ints: [Int]? {
        switch elementType {
        case .uint8: elements(UInt8.self).map(Int.init)
        case .int8: elements(Int8.self).map(Int.init)
        case .uint16: elements(UInt16.self).map(Int.init)
        case .int16: elements(Int16.self).map(Int.init)
        case .uint32: elements(UInt32.self).map(Int.init)
        case .int32: elements(Int32.self).map(Int.init)
        case .int64: elements(Int64.self).map(Int.init)
        case .uint64: Self.exactInts(elements(UInt64.self))
        case .float32, .float64, .bool, .string, .array: nil
        }
    }

    /// The elements, if they are floats; else nil.
    public var floats: [Float]? {
        switch elementType {
        case .float32: elements(UInt32.self).map(Float.init(bitPattern:))
        case .float64: elements(UInt64.self).map { Float(Double(bitPattern: $0)) }
        default: nil
        }
    }

    private func elements<T: FixedWidthInteger & BitwiseCopyable>(_ type: T.Type) -> [T] {
        (0..<count).map { load(T.self, at: range.lowerBound + $0 * MemoryLayout<T>.size) }
    }

    private func load<T: FixedWidthInteger & BitwiseCopyable>(_ type: T.Type, at offset: Int) -> T {
        T(littleEndian: mapping.bytes.loadUnaligned(fromByteOffset: offset, as: T.self))
    }

    private static func exactInts(_ values: [UInt64]) -> [Int]? {
        let ints = values.compactMap(Int.init(exactly:))
        return ints.count == values.count ? ints : nil
    }
}
