/// Why a GGUF file, or the model, vocabulary or chat template in it, is refused.
public enum GGUFError: Error, Hashable, Sendable {
    /// The file cannot be opened or mapped.
    case cannotOpen(path: String, reason: String)
    /// The container itself is damaged or hostile; `offset` is where in the file the field starts.
    case malformed(field: String, offset: Int, fault: Fault)
    /// The container is sound but holds no metadata or tensor of this name.
    case missing(field: String)
    /// The container is sound but what this field says cannot be used.
    case unusable(field: String, reason: String)

    /// What is wrong with a field of the container.
    public enum Fault: Hashable, Sendable {
        case badMagic(UInt32)
        case unsupportedVersion(UInt32)
        case truncated(needed: UInt64, available: Int)
        case countExceedsFile(UInt64)
        case countExceedsLimit(UInt64, limit: Int)
        case emptyName
        case nameTooLong(Int)
        case notUTF8
        case duplicate
        case unknownValueType(UInt32)
        case nestedArray
        case badBoolean(UInt8)
        case badAlignment(UInt64)
        case wrongType(GGUFValueType, expected: GGUFValueType)
        case badDimensionCount(UInt32)
        case badDimension(Int64)
        case unsupportedTensorType(UInt32)
        case rowNotWholeBlocks(width: Int, blockSize: Int)
        case sizeOverflows
        case misaligned(offset: UInt64, alignment: Int)
        case beyondEndOfFile(needed: UInt64, available: Int)
        case overlaps(tensor: String)
    }
}

extension GGUFError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .cannotOpen(let path, let reason):
            "cannot open model file \(path): \(reason); check the path and its permissions"
        case .malformed(let field, let offset, let fault):
            "cannot read GGUF field \(Self.quote(field)) at byte \(offset): "
                + "\(Self.quote("\(fault)")); fetch or convert the model again"
        case .missing(let field):
            "cannot use the GGUF file: it has no \(field); convert the model again"
        case .unusable(let field, let reason):
            "cannot use GGUF field \(Self.quote(field)): \(Self.quote(reason)); "
                + "use another model file"
        }
    }

    /// Text from the file as a terminal may show it: control characters escaped, the length bounded.
    private static func quote(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars.prefix(200) {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator:
                result += scalar.escaped(asASCII: true)
            default: result.unicodeScalars.append(scalar)
            }
        }
        return text.unicodeScalars.dropFirst(200).isEmpty ? result : result + "…"
    }
}

extension GGUFError.Fault: CustomStringConvertible {
    public var description: String {
        switch self {
        case .badMagic(let magic):
            "the file starts with 0x\(String(magic, radix: 16)), not with \"GGUF\""
        case .unsupportedVersion(let version):
            "version \(version) is not one of 2 and 3 (little-endian)"
        case .truncated(let needed, let available):
            "\(needed) bytes are needed and \(available) are left in the file"
        case .countExceedsFile(let count):
            "a count of \(count) cannot fit in the file"
        case .countExceedsLimit(let count, let limit):
            "a count of \(count) is above the limit of \(limit)"
        case .emptyName: "the name is empty"
        case .nameTooLong(let count): "the name is \(count) bytes long"
        case .notUTF8: "the text is not UTF-8"
        case .duplicate: "the name is used twice"
        case .unknownValueType(let type): "value type \(type) is unknown"
        case .nestedArray: "an array of arrays is not supported"
        case .badBoolean(let byte): "a boolean is stored as \(byte)"
        case .badAlignment(let alignment):
            "alignment \(alignment) is not a power of two from 8 to 65536"
        case .wrongType(let type, let expected): "the type is \(type), not \(expected)"
        case .badDimensionCount(let count): "\(count) dimensions are not within 1 to 4"
        case .badDimension(let size): "a dimension of \(size) is not positive"
        case .unsupportedTensorType(let type): "tensor type \(type) is not supported"
        case .rowNotWholeBlocks(let width, let blockSize):
            "a row of \(width) elements is not a whole number of \(blockSize)-element blocks"
        case .sizeOverflows: "the size does not fit in 63 bits"
        case .misaligned(let offset, let alignment):
            "offset \(offset) is not a multiple of \(alignment)"
        case .beyondEndOfFile(let needed, let available):
            "the data ends at byte \(needed) of a file of \(available) bytes"
        case .overlaps(let tensor): "the data overlaps that of \(tensor)"
        }
    }
}
