/// The frozen weights of one transformer block.
struct TransformerBlock: Sendable {
    /// `[width]`
    let attentionNorm: [Float]
    /// `[width]`
    let feedForwardNorm: [Float]
    /// By the modules' places.
    private let matrices: [WeightMatrix]

    init(
        file: GGUFFile, layer: Int, configuration: ModelConfiguration,
        packingIn arena: PackingArena
    ) throws {
        let prefix = "blk.\(layer)."
        attentionNorm = try file.vector(prefix + "attn_norm.weight", count: configuration.width)
        feedForwardNorm = try file.vector(prefix + "ffn_norm.weight", count: configuration.width)
        matrices = try TargetModule.allCases.map { module in
            try WeightMatrix(
                file: file, name: prefix + module.rawValue + ".weight",
                rows: configuration.outputWidth(of: module),
                columns: configuration.inputWidth(of: module), packingIn: arena)
        }
    }

    subscript(module: TargetModule) -> WeightMatrix {
        matrices[module.index]
    }
}

extension GGUFFile {
    /// The values of a one-dimensional float32 tensor.
    func vector(_ name: String, count: Int) throws -> [Float] {
        guard let tensor = tensor(named: name) else {
            throw EngineError.tensorMissing(name: name)
        }
        guard tensor.shape == [count] else {
            throw EngineError.tensorShape(name: name, found: tensor.shape, expected: [count])
        }
        return dequantized(tensor)
    }
}
