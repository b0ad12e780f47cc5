/// Reads the header, the metadata and the tensor table of a mapped file.
///
/// Layout: magic, version, tensor count, key count; the keys (name, type, value); the tensor table
/// (name, dimensions, type, offset); padding to `general.alignment`; tensor data.
struct GGUFParser {
    private(set) var metadata: [String: GGUFValue] = [:]
    private(set) var tensors: [GGUFTensor] = []
    private(set) var indexOfTensor: [String: Int] = [:]
    private let mapping: FileMapping
    private var cursor: GGUFCursor
    private var alignment = 32

    private static let magic: UInt32 = 0x4655_4747  // "GGUF"
    private static let maximumKeyLength = 65_535
    private static let maximumTensorNameLength = 64
    /// Far above any model's; together they bound the tables made of a hostile file to 16 MiB.
    private static let maximumTableCount = 16_384
    /// A name, a value type and a value; a name, a dimension, a type and an offset.
    private static let smallestKey = 8 + 1 + 4 + 1
    private static let smallestTensor = 8 + 1 + 4 + 8 + 4 + 8

    init(mapping: FileMapping) {
        self.mapping = mapping
        cursor = GGUFCursor(mapping.bytes)
    }

    mutating func parse() throws(GGUFError) {
        let magic = try cursor.integer(UInt32.self) { "magic" }
        guard magic == Self.magic else {
            throw .malformed(field: "magic", offset: 0, fault: .badMagic(magic))
        }
        let version = try cursor.integer(UInt32.self) { "version" }
        guard version == 2 || version == 3 else {
            throw .malformed(field: "version", offset: 4, fault: .unsupportedVersion(version))
        }
        let tensorCount = try cursor.count(
            minimumSize: Self.smallestTensor, limit: Self.maximumTableCount
        ) { "tensor count" }
        let keyCount = try cursor.count(
            minimumSize: Self.smallestKey, limit: Self.maximumTableCount
        ) { "key count" }
        for index in 0..<keyCount { try parseKey(index) }
        var table: [Entry] = []
        for index in 0..<tensorCount { table.append(try parseTensor(index)) }
        try place(table)
    }
}

// MARK: - Metadata

extension GGUFParser {
    private mutating func parseKey(_ index: Int) throws(GGUFError) {
        let start = cursor.offset
        let key = try name(maximumLength: Self.maximumKeyLength) { "key \(index)" }
        guard metadata[key] == nil else {
            throw .malformed(field: key, offset: start, fault: .duplicate)
        }
        let type = try valueType(of: key)
        let valueOffset = cursor.offset
        let value = try value(of: type, key)
        metadata[key] = value
        if key == "general.alignment" { try setAlignment(value, offset: valueOffset) }
    }

    private mutating func name(
        maximumLength: Int, _ field: () -> String
    ) throws(GGUFError) -> String {
        let start = cursor.offset
        let text = try cursor.text(field)
        guard !text.isEmpty else {
            throw .malformed(field: field(), offset: start, fault: .emptyName)
        }
        guard text.count <= maximumLength else {
            throw .malformed(field: field(), offset: start, fault: .nameTooLong(text.count))
        }
        return String(decoding: text, as: UTF8.self)
    }

    private mutating func valueType(of key: String) throws(GGUFError) -> GGUFValueType {
        let start = cursor.offset
        let raw = try cursor.integer(UInt32.self) { key }
        guard let type = GGUFValueType(rawValue: raw) else {
            throw .malformed(field: key, offset: start, fault: .unknownValueType(raw))
        }
        return type
    }

    private mutating func value(
        of type: GGUFValueType, _ key: String
    ) throws(GGUFError) -> GGUFValue {
        let field = { key }
        return switch type {
        case .uint8: .uint8(try cursor.integer(UInt8.self, field))
        case .int8: .int8(try cursor.integer(Int8.self, field))
        case .uint16: .uint16(try cursor.integer(UInt16.self, field))
        case .int16: .int16(try cursor.integer(Int16.self, field))
        case .uint32: .uint32(try cursor.integer(UInt32.self, field))
        case .int32: .int32(try cursor.integer(Int32.self, field))
        case .uint64: .uint64(try cursor.integer(UInt64.self, field))
        case .int64: .int64(try cursor.integer(Int64.self, field))
        case .float32: .float32(Float(bitPattern: try cursor.integer(UInt32.self, field)))
        case .float64: .float64(Double(bitPattern: try cursor.integer(UInt64.self, field)))
        case .bool: .bool(try boolean(key))
        case .string: .string(String(decoding: try cursor.text(field), as: UTF8.self))
        case .array: .array(try array(key))
        }
    }

    private mutating func boolean(_ key: String) throws(GGUFError) -> Bool {
        let start = cursor.offset
        let byte = try cursor.integer(UInt8.self) { key }
        guard byte <= 1 else {
            throw .malformed(field: key, offset: start, fault: .badBoolean(byte))
        }
        return byte == 1
    }

    private mutating func array(_ key: String) throws(GGUFError) -> GGUFArray {
        let start = cursor.offset
        let elementType = try valueType(of: key)
        guard elementType != .array else {
            throw .malformed(field: key, offset: start, fault: .nestedArray)
        }
        let count = try cursor.count(minimumSize: elementType.fixedSize ?? 8) { key }
        let first = cursor.offset
        if let size = elementType.fixedSize {
            try cursor.advance(UInt64(count * size)) { key }
        } else {
            for index in 0..<count { _ = try cursor.text { "\(key)[\(index)]" } }
        }
        return GGUFArray(
            elementType: elementType, count: count, mapping: mapping, range: first..<cursor.offset)
    }

    private mutating func setAlignment(_ value: GGUFValue, offset: Int) throws(GGUFError) {
        let field = "general.alignment"
        guard case .uint32(let raw) = value else {
            throw .malformed(
                field: field, offset: offset, fault: .wrongType(value.type, expected: .uint32))
        }
        guard (8...65_536).contains(raw), raw.nonzeroBitCount == 1 else {
            throw .malformed(field: field, offset: offset, fault: .badAlignment(UInt64(raw)))
        }
        alignment = Int(raw)
    }
}

// MARK: - Tensors

extension GGUFParser {
    /// A row of the tensor table; its offset counts from the start of the data.
    private struct Entry {
        var name: String
        var type: GGUFTensorType
        var shape: [Int]
        var byteCount: Int
        var dataOffset: UInt64
        /// Where the row itself stands in the file, for messages.
        var offset: Int
    }

    private mutating func parseTensor(_ index: Int) throws(GGUFError) -> Entry {
        let start = cursor.offset
        let name = try name(maximumLength: Self.maximumTensorNameLength) { "tensor \(index)" }
        guard indexOfTensor.updateValue(index, forKey: name) == nil else {
            throw .malformed(field: name, offset: start, fault: .duplicate)
        }
        let shape = try shape(of: name)
        let typeOffset = cursor.offset
        let rawType = try cursor.integer(UInt32.self) { name }
        guard let type = GGUFTensorType(rawValue: rawType) else {
            throw .malformed(
                field: name, offset: typeOffset, fault: .unsupportedTensorType(rawType))
        }
        guard shape[0].isMultiple(of: type.blockSize) else {
            throw .malformed(
                field: name, offset: start,
                fault: .rowNotWholeBlocks(width: shape[0], blockSize: type.blockSize))
        }
        let byteCount = try byteCount(shape: shape, type: type, name, offset: start)
        let dataOffset = try cursor.integer(UInt64.self) { name }
        guard dataOffset.isMultiple(of: UInt64(alignment)) else {
            throw .malformed(
                field: name, offset: cursor.offset - 8,
                fault: .misaligned(offset: dataOffset, alignment: alignment))
        }
        return Entry(
            name: name, type: type, shape: shape, byteCount: byteCount, dataOffset: dataOffset,
            offset: start)
    }

    private mutating func shape(of name: String) throws(GGUFError) -> [Int] {
        let start = cursor.offset
        let count = try cursor.integer(UInt32.self) { name }
        guard (1...4).contains(count) else {
            throw .malformed(field: name, offset: start, fault: .badDimensionCount(count))
        }
        var shape: [Int] = []
        for _ in 0..<count {
            let dimension = try cursor.integer(Int64.self) { name }
            guard dimension > 0 else {
                throw .malformed(
                    field: name, offset: cursor.offset - 8, fault: .badDimension(dimension))
            }
            shape.append(Int(dimension))
        }
        return shape
    }

    /// The element count and the bytes they take, each checked against wrapping.
    private func byteCount(
        shape: [Int], type: GGUFTensorType, _ name: String, offset: Int
    ) throws(GGUFError) -> Int {
        var (size, overflow) = (shape[0] / type.blockSize).multipliedReportingOverflow(
            by: type.bytesPerBlock)
        var elements = shape[0]
        for dimension in shape.dropFirst() where !overflow {
            (elements, overflow) = elements.multipliedReportingOverflow(by: dimension)
            if !overflow { (size, overflow) = size.multipliedReportingOverflow(by: dimension) }
        }
        guard !overflow else {
            throw .malformed(field: name, offset: offset, fault: .sizeOverflows)
        }
        return size
    }

    /// Turns the offsets into absolute ones and refuses data outside the file or shared by two.
    private mutating func place(_ table: [Entry]) throws(GGUFError) {
        // The cursor is within a mapped file, so rounding up by at most 65,535 cannot wrap.
        let dataStart = (cursor.offset + alignment - 1) / alignment * alignment
        let fileSize = mapping.bytes.count
        for entry in table {
            let (begin, wraps) = entry.dataOffset.addingReportingOverflow(UInt64(dataStart))
            let (end, wrapsToo) = begin.addingReportingOverflow(UInt64(entry.byteCount))
            guard !wraps, !wrapsToo else {
                throw .malformed(field: entry.name, offset: entry.offset, fault: .sizeOverflows)
            }
            guard end <= UInt64(fileSize) else {
                throw .malformed(
                    field: entry.name, offset: entry.offset,
                    fault: .beyondEndOfFile(needed: end, available: fileSize))
            }
            tensors.append(
                GGUFTensor(
                    name: entry.name, type: entry.type, shape: entry.shape,
                    byteOffset: Int(begin), byteCount: entry.byteCount))
        }
        try refuseOverlaps(table)
    }

    private func refuseOverlaps(_ table: [Entry]) throws(GGUFError) {
        let order = tensors.indices.sorted { tensors[$0].byteOffset < tensors[$1].byteOffset }
        for (index, next) in zip(order, order.dropFirst())
        where tensors[index].byteOffset + tensors[index].byteCount > tensors[next].byteOffset {
            throw .malformed(
                field: tensors[next].name, offset: table[next].offset,
                fault: .overlaps(tensor: tensors[index].name))
        }
    }
}
