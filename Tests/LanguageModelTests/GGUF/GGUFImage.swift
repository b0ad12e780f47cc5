/// The bytes of a GGUF file in the making, sound until a test spoils it.
struct GGUFImage {
    var magic: UInt32 = 0x4655_4747
    var version: UInt32 = 3
    /// Counts to write in place of the true ones.
    var statedTensorCount: UInt64?
    var statedKeyCount: UInt64?
    var alignment = 32
    private(set) var keys: [[UInt8]] = []
    private(set) var tensors: [[UInt8]] = []
    private(set) var data: [UInt8] = []

    enum Value {
        case uint8(UInt8), uint32(UInt32), int32(Int32), uint64(UInt64), float32(Float), bool(Bool)
        case string(String), strings([String]), ints([Int32]), uint8s([UInt8]), floats([Float])
        case raw(type: UInt32, [UInt8])
    }

    mutating func add(_ key: String, _ value: Value) {
        let (type, bytes) = Self.encode(value)
        keys.append(Self.text(key) + Self.integer(type) + bytes)
    }

    mutating func addRawKey(_ bytes: [UInt8]) { keys.append(bytes) }

    /// Adds a tensor whose data follow what is there; stated values replace true ones.
    mutating func addTensor(
        _ name: String, type: UInt32 = 0, shape: [Int64], bytes: [UInt8], offset: UInt64? = nil,
        statedDimensionCount: UInt32? = nil
    ) {
        let padding = (alignment - data.count % alignment) % alignment
        data += [UInt8](repeating: 0, count: padding)
        let row =
            Self.text(name)
            + Self.integer(statedDimensionCount ?? UInt32(shape.count))
            + shape.flatMap(Self.integer)
            + Self.integer(type)
            + Self.integer(offset ?? UInt64(data.count))
        tensors.append(row)
        data += bytes
    }

    var bytes: [UInt8] {
        var file = Self.integer(magic) + Self.integer(version)
        file += Self.integer(statedTensorCount ?? UInt64(tensors.count))
        file += Self.integer(statedKeyCount ?? UInt64(keys.count))
        file += keys.joined()
        file += tensors.joined()
        if !tensors.isEmpty {
            file += [UInt8](
                repeating: 0, count: (alignment - file.count % alignment) % alignment)
        }
        return file + data
    }

    static func integer<T: FixedWidthInteger>(_ value: T) -> [UInt8] {
        withUnsafeBytes(of: value.littleEndian, Array.init)
    }

    static func text(_ text: String) -> [UInt8] {
        integer(UInt64(text.utf8.count)) + Array(text.utf8)
    }

    private static func array<T>(
        _ type: UInt32, _ values: [T], _ encode: (T) -> [UInt8]
    ) -> (UInt32, [UInt8]) {
        (9, integer(type) + integer(UInt64(values.count)) + values.flatMap(encode))
    }

    private static func encode(_ value: Value) -> (UInt32, [UInt8]) {
        switch value {
        case .uint8(let value): (0, [value])
        case .uint32(let value): (4, integer(value))
        case .int32(let value): (5, integer(value))
        case .uint64(let value): (10, integer(value))
        case .float32(let value): (6, integer(value.bitPattern))
        case .bool(let value): (7, [value ? 1 : 0])
        case .string(let value): (8, text(value))
        case .strings(let values): array(8, values, text)
        case .ints(let values): array(5, values, integer)
        case .uint8s(let values): array(0, values) { [$0] }
        case .floats(let values): array(6, values) { integer($0.bitPattern) }
        case .raw(let type, let bytes): (type, bytes)
        }
    }
}

extension GGUFImage {
    /// A sound file with a value of every common type and two tensors.
    static var sound: GGUFImage {
        var image = GGUFImage()
        image.add("general.architecture", .string("llama"))
        image.add("small", .uint8(7))
        image.add("number", .uint32(42))
        image.add("negative", .int32(-3))
        image.add("large", .uint64(.max))
        image.add("fraction", .float32(0.5))
        image.add("flag", .bool(true))
        image.add("texts", .strings(["", "zwei", "drei 三"]))
        image.add("ints", .ints([1, -2, 3]))
        image.add("bytes", .uint8s([0, 255]))
        image.add("floats", .floats([0.25, -1]))
        image.addTensor("a", shape: [2, 2], bytes: [1, 2, 3, 4].flatMap(float))
        image.addTensor("b", type: 8, shape: [32], bytes: [0, 0x3C] + (0..<32).map { $0 })
        return image
    }

    static func float(_ value: Float) -> [UInt8] { integer(value.bitPattern) }
}
