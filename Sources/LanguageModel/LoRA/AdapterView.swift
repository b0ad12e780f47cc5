/// The low-rank side path of one matrix, pointing into an adapter's flat vector.
struct LowRankPath {
    /// `[rank, inputWidth]`
    let a: UnsafePointer<Float>
    /// `[outputWidth, rank]`
    let b: UnsafePointer<Float>
    let rank: Int
    let aOffset: Int
    let bOffset: Int

    /// Writes some rows of `b` as columns: `target[r, row]`, its rows `stride` apart.
    func transposeB(
        _ rows: Range<Int>, into target: UnsafeMutablePointer<Float>, stride: Int
    ) {
        transpose(
            b + rows.lowerBound * rank, rows: rows.count, columns: rank, stride: rank,
            into: target, stride: stride)
    }
}

/// An adapter's side paths, found by layer and module.
struct AdapterView {
    let scale: Float
    let rank: Int
    private let paths: [LowRankPath?]

    /// - Throws: `EngineError.adapterMisfit` when the adapter was made for other shapes.
    fileprivate init(
        _ adapter: LoRAAdapter, base: UnsafePointer<Float>, model: ModelConfiguration
    ) throws {
        var paths = [LowRankPath?](
            repeating: nil, count: model.layerCount * TargetModule.allCases.count)
        for matrix in adapter.layout.matrices {
            guard matrix.layer < model.layerCount,
                matrix.inputWidth == model.inputWidth(of: matrix.module),
                matrix.outputWidth == model.outputWidth(of: matrix.module)
            else { throw EngineError.adapterMisfit(matrix: matrix.name) }
            paths[Self.index(matrix.layer, matrix.module)] = LowRankPath(
                a: base + matrix.aOffset, b: base + matrix.bOffset, rank: matrix.rank,
                aOffset: matrix.aOffset, bOffset: matrix.bOffset)
        }
        self.paths = paths
        scale = adapter.configuration.scale
        rank = adapter.configuration.rank
    }

    subscript(layer: Int, module: TargetModule) -> LowRankPath? {
        paths[Self.index(layer, module)]
    }

    private static func index(_ layer: Int, _ module: TargetModule) -> Int {
        layer * TargetModule.allCases.count + module.index
    }
}

extension Optional<LoRAAdapter> {
    /// Calls `body` with the adapter's side paths, which are valid until it returns.
    func withView<Result>(
        model: ModelConfiguration, _ body: (AdapterView?) throws -> Result
    ) throws -> Result {
        guard let adapter = self else { return try body(nil) }
        return try adapter.parameters.withUnsafeBufferPointer { parameters in
            guard let base = parameters.baseAddress else { return try body(nil) }
            return try body(AdapterView(adapter, base: base, model: model))
        }
    }
}
