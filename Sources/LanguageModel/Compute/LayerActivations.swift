/// What one layer computed, kept as long as a backward pass may need it.
///
/// Normed inputs, SwiGLU's product and the low-rank inner values are cheap to make again and are not
/// kept. T is the number of rows.
struct LayerActivations {
    typealias Floats = UnsafeMutablePointer<Float>

    /// `[T, width]`: the residual stream that enters the layer.
    let input: Floats
    /// `[T, heads · headSize]`, rotated.
    let queries: Floats
    /// `[T, keyValueHeads · headSize]`, rotated.
    let keys: Floats
    /// `[T, keyValueHeads · headSize]`
    let values: Floats
    /// `[heads, T]`: log Σ exp of the scaled scores.
    let logSums: Floats
    /// `[T, width]`: attention's result before the output matrix.
    let mixed: Floats
    /// `[T, width]`: the residual stream between attention and feed-forward.
    let middle: Floats
    /// `[T, feedForwardWidth]`
    let gate: Floats
    /// `[T, feedForwardWidth]`
    let up: Floats
    /// `[T, width]`: the residual stream that leaves the layer.
    let output: Floats
}

/// Where the activations of all layers lie.
struct ActivationStore {
    private let base: UnsafeMutablePointer<Float>
    private let rows: Int
    private let model: ModelConfiguration
    private let isKept: Bool

    /// - Parameter isKept: whether each layer has memory of its own; otherwise all share one
    ///   layer's, and its residual stream is one array.
    init(rows: Int, model: ModelConfiguration, isKept: Bool, in buffer: FloatBuffer) {
        self.rows = rows
        self.model = model
        self.isKept = isKept
        let layers = isKept ? model.layerCount : 1
        base = buffer.reserve(
            layers * Self.size(rows: rows, model: model) + FloatArena.size(rows * model.width))
    }

    subscript(layer: Int) -> LayerActivations {
        let size = Self.size(rows: rows, model: model)
        var arena = FloatArena(isKept ? base + layer * size : base)
        let input = arena.take(rows * model.width)
        let middle = arena.take(rows * model.width)
        return LayerActivations(
            input: input,
            queries: arena.take(rows * model.width),
            keys: arena.take(rows * model.keyValueWidth),
            values: arena.take(rows * model.keyValueWidth),
            logSums: arena.take(rows * model.headCount),
            mixed: arena.take(rows * model.width),
            middle: isKept ? middle : input,
            gate: arena.take(rows * model.feedForwardWidth),
            up: arena.take(rows * model.feedForwardWidth),
            output: isKept ? base + (layer + 1) * size : input)
    }

    private static func size(rows: Int, model: ModelConfiguration) -> Int {
        let widths = [
            model.width, model.width, model.width, model.width, model.keyValueWidth,
            model.keyValueWidth, model.headCount, model.feedForwardWidth, model.feedForwardWidth,
        ]
        return widths.reduce(0) { $0 + FloatArena.size(rows * $1) }
    }
}

extension ModelConfiguration {
    /// The width of a token's keys, and of its values.
    var keyValueWidth: Int { keyValueHeadCount * headSize }
    /// The number of query heads that share a key-value head.
    var headsPerKeyValueHead: Int { headCount / keyValueHeadCount }
}
