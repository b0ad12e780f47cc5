public import Foundation

/// A LoRA adapter as checkpoints hold it: float32 matrices in the base model's GGUF row order.
///
/// Tensors are named `blk.<layer>.<target>.lora_a` of shape [R, in] and `….lora_b` of shape [out,
/// R], row-major. Rows of query and key `lora_b` follow the GGUF file: for the llama architecture
/// that is interleaved RoPE order.
public struct Adapter: Sendable {
    public struct Matrix: Hashable, Sendable {
        /// "blk.0.attn_q"
        public let name: String
        public let target: AdapterTarget
        public let layer: Int
        public let inputWidth: Int
        public let outputWidth: Int
        public let rank: Int

        public var aName: String { name + ".lora_a" }
        public var bName: String { name + ".lora_b" }
        public var aShape: [Int] { [rank, inputWidth] }
        public var bShape: [Int] { [outputWidth, rank] }
    }

    public let base: BaseModel
    public let shape: AdapterShape
    /// By tensor name; holds exactly the tensors of ``matrices(base:shape:)``.
    public let values: [String: [Float]]

    /// Every matrix pair that the base and shape demand, layer by layer in the order of
    /// ``AdapterTarget``.
    public static func matrices(base: BaseModel, shape: AdapterShape) -> [Matrix] {
        (0..<base.layerCount).flatMap { layer in
            shape.targetModules.map { target in
                let widths = base.widths(of: target)
                return Matrix(
                    name: "blk.\(layer).\(target.rawValue)", target: target, layer: layer,
                    inputWidth: widths.input, outputWidth: widths.output, rank: shape.rank)
            }
        }
    }

    /// Numbers in all matrices together.
    public static func parameterCount(base: BaseModel, shape: AdapterShape) -> Int {
        let perLayer = shape.targetModules.map { target in
            let widths = base.widths(of: target)
            return shape.rank * (widths.input + widths.output)
        }
        return base.layerCount * perLayer.reduce(0, +)
    }

    public var matrices: [Matrix] { Self.matrices(base: base, shape: shape) }

    /// - Precondition: `values` holds exactly the tensors that base and shape demand.
    public init(base: BaseModel, shape: AdapterShape, values: [String: [Float]]) {
        let matrices = Self.matrices(base: base, shape: shape)
        precondition(values.count == 2 * matrices.count, "an adapter has exactly its tensors")
        for matrix in matrices {
            precondition(
                values[matrix.aName]?.count == matrix.rank * matrix.inputWidth
                    && values[matrix.bName]?.count == matrix.outputWidth * matrix.rank,
                "\(matrix.name): wrong size")
        }
        self.base = base
        self.shape = shape
        self.values = values
    }

    /// Reads an adapter and demands the exact tensor set, shapes, float32 and finite values.
    public init(safetensors data: Data, base: BaseModel, shape: AdapterShape) throws {
        let file = try Safetensors(data)
        var values: [String: [Float]] = [:]
        for matrix in Self.matrices(base: base, shape: shape) {
            for (name, expected) in [
                (matrix.aName, matrix.aShape), (matrix.bName, matrix.bShape),
            ] {
                guard let tensor = file.tensor(named: name) else {
                    throw Self.malformed(name, "it is missing")
                }
                guard tensor.shape == expected, tensor.elementType == .float32 else {
                    throw Self.malformed(
                        name,
                        "F32 \(expected) was expected, \(tensor.elementType.rawValue) "
                            + "\(tensor.shape) found")
                }
                values[name] = try file.floats(name)
            }
        }
        if let extra = file.tensors.first(where: { values[$0.name] == nil }) {
            throw Self.malformed(quoted(extra.name), "the manifest does not call for it")
        }
        self.init(base: base, shape: shape, values: values)
    }

    /// The file that a checkpoint stores; the same adapter always gives the same bytes.
    public func safetensors() throws -> Data {
        try Safetensors.encode(
            matrices.flatMap { matrix in
                [
                    Safetensors.Source(
                        name: matrix.aName, shape: matrix.aShape, values: a(of: matrix)),
                    Safetensors.Source(
                        name: matrix.bName, shape: matrix.bShape, values: b(of: matrix)),
                ]
            })
    }

    /// A, [R, in] row-major.
    public func a(of matrix: Matrix) -> [Float] { values[matrix.aName] ?? [] }

    /// B, [out, R] row-major.
    public func b(of matrix: Matrix) -> [Float] { values[matrix.bName] ?? [] }

    private static func malformed(_ field: String, _ reason: String) -> CheckpointError {
        .malformed("adapter", field: field, reason: reason)
    }
}
