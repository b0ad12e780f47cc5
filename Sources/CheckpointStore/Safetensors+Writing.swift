public import Foundation

extension Safetensors {
    /// A float32 tensor to be written.
    public struct Source: Sendable {
        public let name: String
        public let shape: [Int]
        public let values: [Float]

        /// - Precondition: `values.count` is the product of `shape`.
        public init(name: String, shape: [Int], values: [Float]) {
            precondition(values.count == shape.reduce(1, *), "\(name): shape and values disagree")
            self.name = name
            self.shape = shape
            self.values = values
        }
    }

    /// Writes a file whose bytes depend on its content only: tensors and metadata sorted by name.
    ///
    /// The header is padded with spaces so that the data begins at a multiple of 8.
    ///
    /// - Errors: NaN or infinity in a tensor, a name that occurs twice; every file written can be
    ///   read.
    public static func encode(_ sources: [Source], metadata: [String: String] = [:]) throws -> Data
    {
        let sources = sources.sorted { $0.name < $1.name }
        var members: [String: JSONValue] = [:]
        var end = 0
        for source in sources {
            guard source.values.allSatisfy(\.isFinite) else {
                throw malformed(quoted(source.name), "a value is not finite")
            }
            let begin = end
            end += 4 * source.values.count
            let tensor = JSONValue.object([
                "dtype": .string(ElementType.float32.rawValue),
                "shape": .array(source.shape.map { .number(String($0)) }),
                "data_offsets": .array([.number(String(begin)), .number(String(end))]),
            ])
            guard members.updateValue(tensor, forKey: source.name) == nil else {
                throw malformed(quoted(source.name), "the name occurs twice")
            }
        }
        if !metadata.isEmpty {
            members["__metadata__"] = .object(metadata.mapValues { .string($0) })
        }
        var header = JSONValue.object(members).canonical()
        header.append(contentsOf: repeatElement(UInt8(ascii: " "), count: -header.count & 7))
        var data = Data(capacity: 8 + header.count + end)
        data.appendLittleEndian(UInt64(header.count))
        data.append(header)
        for source in sources { data.appendLittleEndian(source.values) }
        return data
    }
}

extension Data {
    mutating func appendLittleEndian(_ value: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
    }

    mutating func appendLittleEndian(_ values: [Float]) {
        let bits = values.map(\.bitPattern.littleEndian)
        bits.withUnsafeBytes { append(contentsOf: $0) }
    }
}
