public import Foundation

/// A safetensors file, fully checked when opened: afterwards every tensor's bytes are known to be
/// there.
///
/// Layout: an 8-byte little-endian header length, a JSON header, then the tensors' bytes,
/// little-endian and row-major, without holes or overlap.
///
/// - Errors: ``CheckpointError/malformed(_:field:reason:)`` whose field is the tensor's name or
///   "header". Nothing is allocated beyond the header and what a caller asks for.
/// - Source: the safetensors format of Hugging Face; stricter where two readers could disagree.
public struct Safetensors: Sendable {
    /// How numbers are stored; all are read as Float.
    public enum ElementType: String, Sendable {
        case float32 = "F32"
        case float16 = "F16"
        case bfloat16 = "BF16"

        var byteCount: Int { self == .float32 ? 4 : 2 }
    }

    public struct Tensor: Hashable, Sendable {
        public let name: String
        public let elementType: ElementType
        /// Row-major; empty for a scalar.
        public let shape: [Int]
        let bytes: Range<Int>

        public var count: Int { shape.reduce(1, *) }
    }

    /// A header is at most 4 MiB: room for 30,000 tensors.
    public static let maximumHeaderSize = 4 << 20

    /// Sorted by name.
    public let tensors: [Tensor]
    public let metadata: [String: String]
    private let data: Data
    private let index: [String: Int]

    public init(_ data: Data) throws {
        let (header, start) = try Self.header(of: data)
        let (tensors, metadata) = try SafetensorsHeader.read(header)
        try SafetensorsHeader.checkExtents(tensors, available: data.count - start)
        self.tensors = tensors.sorted { $0.name < $1.name }
        self.metadata = metadata
        self.data = data.dropFirst(start)
        index = Dictionary(
            uniqueKeysWithValues: self.tensors.enumerated().map { ($1.name, $0) })
    }

    private static func header(of data: Data) throws -> (Data, start: Int) {
        guard data.count >= 8 else {
            throw malformed("header length", "the file ends before it")
        }
        let length = data.prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard length <= maximumHeaderSize else {
            throw CheckpointError.tooLarge(
                "a safetensors header of \(length) bytes", limit: maximumHeaderSize)
        }
        guard length <= data.count - 8 else {
            throw malformed("header length", "\(length) bytes reach past the end of the file")
        }
        let header = data.dropFirst(8).prefix(Int(length))
        guard header.first == UInt8(ascii: "{") else {
            throw malformed("header", "it does not begin with '{'")
        }
        return (header, 8 + Int(length))
    }

    public func tensor(named name: String) -> Tensor? { index[name].map { tensors[$0] } }

    /// A tensor's numbers; NaN and infinity are refused.
    public func floats(_ name: String) throws -> [Float] {
        guard let tensor = tensor(named: name) else {
            throw Self.malformed(quoted(name), "there is no such tensor")
        }
        try requireFinite(tensor)
        return bytes(of: tensor).withUnsafeBytes { bytes in
            (0..<tensor.count).map { Self.element($0, of: bytes, as: tensor.elementType) }
        }
    }

    /// Throws if any number of any tensor is NaN or infinite; allocates nothing.
    public func requireFinite() throws {
        for tensor in tensors { try requireFinite(tensor) }
    }

    private func requireFinite(_ tensor: Tensor) throws {
        let bad = bytes(of: tensor).withUnsafeBytes { bytes in
            (0..<tensor.count).first {
                !Self.element($0, of: bytes, as: tensor.elementType).isFinite
            }
        }
        guard let bad else { return }
        throw Self.malformed(quoted(tensor.name), "element \(bad) is not finite")
    }

    private func bytes(of tensor: Tensor) -> Data {
        data.dropFirst(tensor.bytes.lowerBound).prefix(tensor.bytes.count)
    }

    private static func element(
        _ i: Int, of bytes: UnsafeRawBufferPointer, as type: ElementType
    ) -> Float {
        switch type {
        case .float32:
            let bits = bytes.loadUnaligned(fromByteOffset: 4 * i, as: UInt32.self)
            return Float(bitPattern: UInt32(littleEndian: bits))
        case .bfloat16:
            let bits = bytes.loadUnaligned(fromByteOffset: 2 * i, as: UInt16.self)
            return Float(bitPattern: UInt32(UInt16(littleEndian: bits)) << 16)
        case .float16:
            let bits = bytes.loadUnaligned(fromByteOffset: 2 * i, as: UInt16.self)
            return floatFromHalf(UInt16(littleEndian: bits))
        }
    }

    static func malformed(_ field: String, _ reason: String) -> CheckpointError {
        .malformed("safetensors file", field: field, reason: reason)
    }
}

/// The value of IEEE 754 half-precision bits, exactly; NaN and infinity stay what they are.
func floatFromHalf(_ half: UInt16) -> Float {
    let sign = UInt32(half & 0x8000) << 16
    let exponent = UInt32(half >> 10) & 31
    let fraction = UInt32(half & 0x3FF)
    switch exponent {
    case 0:
        let magnitude = Float(fraction) * Float(sign: .plus, exponent: -24, significand: 1)
        return sign == 0 ? magnitude : -magnitude
    case 31: return Float(bitPattern: sign | 0x7F80_0000 | fraction << 13)
    default: return Float(bitPattern: sign | (exponent + 112) << 23 | fraction << 13)
    }
}
