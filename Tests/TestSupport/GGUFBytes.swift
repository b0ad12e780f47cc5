package import Foundation

/// Lays out a GGUF version 3 file of metadata and float32 tensors.
package struct GGUFBytes {
    package init() {}

    private var keys = Data()
    private var keyCount = 0
    private var table = Data()
    private var tensorCount = 0
    private var contents = Data()

    package mutating func add(_ key: String, string: String) {
        begin(key, type: 8)
        keys.append(text: string)
    }

    package mutating func add(_ key: String, integer: Int) {
        begin(key, type: 4)
        keys.append(integer: UInt32(integer))
    }

    package mutating func add(_ key: String, strings: [String]) {
        begin(key, type: 9)
        keys.append(integer: UInt32(8))
        keys.append(integer: UInt64(strings.count))
        for string in strings { keys.append(text: string) }
    }

    package mutating func add(_ key: String, integers: [Int]) {
        begin(key, type: 9)
        keys.append(integer: UInt32(5))
        keys.append(integer: UInt64(integers.count))
        for integer in integers { keys.append(integer: Int32(integer)) }
    }

    /// - Parameter shape: in GGUF's order, the contiguous dimension first.
    package mutating func add(_ tensor: String, shape: [Int], values: [Float]) {
        precondition(shape.reduce(1, *) == values.count, "\(tensor) has another size")
        tensorCount += 1
        table.append(text: tensor)
        table.append(integer: UInt32(shape.count))
        for dimension in shape { table.append(integer: UInt64(dimension)) }
        table.append(integer: UInt32(0))
        table.append(integer: UInt64(contents.count))
        for value in values { contents.append(integer: value.bitPattern) }
        contents.pad(to: Self.alignment)
    }

    package var data: Data {
        var file = Data("GGUF".utf8)
        file.append(integer: UInt32(3))
        file.append(integer: UInt64(tensorCount))
        file.append(integer: UInt64(keyCount))
        file.append(keys)
        file.append(table)
        file.pad(to: Self.alignment)
        return file + contents
    }

    private static let alignment = 32

    private mutating func begin(_ key: String, type: UInt32) {
        keyCount += 1
        keys.append(text: key)
        keys.append(integer: type)
    }
}

extension Data {
    fileprivate mutating func append(integer: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: integer.littleEndian) { append(contentsOf: $0) }
    }

    fileprivate mutating func append(text: String) {
        append(integer: UInt64(text.utf8.count))
        append(contentsOf: text.utf8)
    }

    fileprivate mutating func pad(to alignment: Int) {
        append(Data(count: (alignment - count % alignment) % alignment))
    }
}
