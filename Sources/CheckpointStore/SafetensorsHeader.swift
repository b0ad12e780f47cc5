import Foundation

/// The rules a safetensors header must keep.
enum SafetensorsHeader {
    private static let maximumTensors = 65_536
    private static let maximumDimensions = 8
    private static let maximumNameLength = 256

    static func read(_ header: Data) throws -> ([Safetensors.Tensor], metadata: [String: String]) {
        guard
            case .object(let members) = try JSONParser.parse(header, "safetensors file")
        else { throw Safetensors.malformed("header", "an object was expected") }
        guard members.count <= maximumTensors else {
            throw Safetensors.malformed("header", "\(members.count) tensors are too many")
        }
        let metadata = try members["__metadata__"].map(readMetadata) ?? [:]
        let tensors = try members.filter { $0.key != "__metadata__" }
            .sorted { $0.key < $1.key }.map { try readTensor($0.key, $0.value) }
        return (tensors, metadata)
    }

    /// Together the tensors must cover the data exactly: no overlap, no holes, nothing left over.
    static func checkExtents(_ tensors: [Safetensors.Tensor], available: Int) throws {
        var end = 0
        let inOrder = tensors.sorted {
            ($0.bytes.lowerBound, $0.bytes.upperBound) < ($1.bytes.lowerBound, $1.bytes.upperBound)
        }
        for tensor in inOrder {
            let (name, start) = (quoted(tensor.name), tensor.bytes.lowerBound)
            guard start >= end else {
                throw Safetensors.malformed(name, "it overlaps another tensor at byte \(start)")
            }
            guard start == end else {
                throw Safetensors.malformed(name, "there is a hole before it at byte \(end)")
            }
            guard tensor.bytes.upperBound <= available else {
                throw Safetensors.malformed(
                    name, "its end \(tensor.bytes.upperBound) is past the data's \(available) bytes"
                )
            }
            end = tensor.bytes.upperBound
        }
        guard end == available else {
            throw Safetensors.malformed(
                "data", "\(available - end) bytes after the last tensor belong to none")
        }
    }

    private static func readMetadata(_ value: JSONValue) throws -> [String: String] {
        guard case .object(let members) = value else {
            throw Safetensors.malformed("__metadata__", "an object was expected")
        }
        return try members.mapValues { value in
            guard case .string(let text) = value else {
                throw Safetensors.malformed("__metadata__", "strings were expected")
            }
            return text
        }
    }

    private static func readTensor(_ name: String, _ value: JSONValue) throws
        -> Safetensors.Tensor
    {
        let field = quoted(name)
        guard (1...maximumNameLength).contains(name.utf8.count),
            name.unicodeScalars.allSatisfy({ $0.value > 31 && $0.value != 127 })
        else { throw Safetensors.malformed(field, "the name is empty, too long or not printable") }
        guard case .object(let members) = value,
            Set(members.keys) == ["dtype", "shape", "data_offsets"],
            case .string(let dtype) = members["dtype"]
        else {
            throw Safetensors.malformed(field, "dtype, shape and data_offsets were expected")
        }
        guard let type = Safetensors.ElementType(rawValue: dtype) else {
            throw Safetensors.malformed(field, "dtype \(quoted(dtype)) is not F32, F16 or BF16")
        }
        let shape = try integers(members["shape"], "shape of \(field)")
        let offsets = try integers(members["data_offsets"], "data_offsets of \(field)")
        guard shape.count <= maximumDimensions else {
            throw Safetensors.malformed(field, "\(shape.count) dimensions are too many")
        }
        guard offsets.count == 2, offsets[0] <= offsets[1] else {
            throw Safetensors.malformed(field, "data_offsets are not a begin and an end")
        }
        let size = try byteCount(of: shape, type, field)
        guard offsets[1] - offsets[0] == size else {
            throw Safetensors.malformed(
                field,
                "shape \(shape) needs \(size) bytes, data_offsets span \(offsets[1] - offsets[0])")
        }
        return Safetensors.Tensor(
            name: name, elementType: type, shape: shape, bytes: offsets[0]..<offsets[1])
    }

    /// Bytes of a tensor; sizes that wrap are refused.
    private static func byteCount(
        of shape: [Int], _ type: Safetensors.ElementType, _ field: String
    ) throws -> Int {
        var size = type.byteCount
        for dimension in shape {
            let (product, overflow) = size.multipliedReportingOverflow(by: dimension)
            guard !overflow else { throw Safetensors.malformed(field, "shape \(shape) overflows") }
            size = product
        }
        return size
    }

    /// Non-negative integers written without fraction or exponent.
    private static func integers(_ value: JSONValue?, _ field: String) throws -> [Int] {
        guard case .array(let elements) = value else {
            throw Safetensors.malformed(field, "an array was expected")
        }
        return try elements.map { element in
            guard case .number(let digits) = element, let integer = Int(digits), integer >= 0
            else { throw Safetensors.malformed(field, "non-negative integers were expected") }
            return integer
        }
    }
}
