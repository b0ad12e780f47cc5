/// One adapted matrix and the place of its two factors in the flat parameter vector.
///
/// - Shapes: `A` is `[rank, inputWidth]`, `B` is `[outputWidth, rank]`, both row-major.
/// - Row order of query and key: as GGUF stores them (rotary pairs interleaved).
public struct LoRAMatrix: Hashable, Sendable {
    /// The tensor's name without suffix, such as `blk.0.attn_q`.
    public let name: String
    public let module: TargetModule
    public let layer: Int
    public let inputWidth: Int
    public let outputWidth: Int
    public let rank: Int
    public let aOffset: Int
    public let bOffset: Int

    public var aRange: Range<Int> { aOffset..<(aOffset + rank * inputWidth) }
    public var bRange: Range<Int> { bOffset..<(bOffset + outputWidth * rank) }
}

/// The order of an adapter's matrices in its flat vector: by layer, then by module; `A` before `B`.
public struct LoRALayout: Hashable, Sendable {
    public let matrices: [LoRAMatrix]
    public let parameterCount: Int

    /// Modules are taken in the order of `TargetModule.allCases`, whatever order they are given in.
    public init(configuration: LoRAConfiguration, model: ModelConfiguration) {
        let modules = TargetModule.allCases.filter(configuration.targetModules.contains)
        var matrices: [LoRAMatrix] = []
        var offset = 0
        for layer in 0..<model.layerCount {
            for module in modules {
                let input = model.inputWidth(of: module)
                let output = model.outputWidth(of: module)
                matrices.append(
                    LoRAMatrix(
                        name: "blk.\(layer).\(module.rawValue)", module: module, layer: layer,
                        inputWidth: input, outputWidth: output, rank: configuration.rank,
                        aOffset: offset, bOffset: offset + configuration.rank * input))
                offset += configuration.rank * (input + output)
            }
        }
        self.matrices = matrices
        parameterCount = offset
    }
}

extension ModelConfiguration {
    /// The number of columns of a block's matrix.
    public func inputWidth(of module: TargetModule) -> Int {
        switch module {
        case .query, .key, .value, .gate, .up: width
        case .output: headCount * headSize
        case .down: feedForwardWidth
        }
    }

    /// The number of rows of a block's matrix.
    public func outputWidth(of module: TargetModule) -> Int {
        switch module {
        case .query: headCount * headSize
        case .key, .value: keyValueHeadCount * headSize
        case .output, .down: width
        case .gate, .up: feedForwardWidth
        }
    }
}
