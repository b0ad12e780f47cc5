internal import CKernels

/// What a forward pass leaves for the backward pass that follows it.
struct PendingBackward {
    let sequence: PackedSequence
    let adapter: LoRAAdapter
    /// `[targets, width]`: the gradient of each target's log-probability with respect to the normed
    /// hidden state it was predicted from; in the buffers.
    let targetGradients: UnsafeMutablePointer<Float>
}

/// The backward pass through all blocks, from the last to the first.
///
/// Weights are frozen: gradients reach the adapter's factors and the layers below only.
struct BackwardPass {
    typealias Floats = UnsafeMutablePointer<Float>

    /// The forward pass whose activations are still there.
    let forward: ForwardPass
    /// Laid out as the adapter's parameters; added to.
    let gradient: Floats
    /// `[T, width]`: with respect to the residual stream.
    let stream: Floats
    /// `[T, width]`: with respect to a norm's result, or to attention's.
    private let inner: Floats
    /// `[T, width]` each
    private let queries: Floats
    private let keyShares: Floats
    private let valueShares: Floats
    /// `[T, keyValueHeads · headSize]` each
    private let keys: Floats
    private let values: Floats
    /// `[T, feedForwardWidth]` each
    private let gate: Floats
    private let up: Floats
    /// `[T, 3 · rank]`
    private let low: Floats

    private var context: ComputeContext { forward.context }
    private var model: ModelConfiguration { forward.model }
    private var rows: Int { forward.rows }

    init(_ forward: ForwardPass, gradient: Floats) {
        self.forward = forward
        self.gradient = gradient
        let rows = forward.rows
        let model = forward.model
        let sizes =
            Array(repeating: rows * model.width, count: 5)
            + Array(repeating: rows * model.keyValueWidth, count: 2)
            + Array(repeating: rows * model.feedForwardWidth, count: 2)
            + [rows * 3 * (forward.adapter?.rank ?? 0)]
        var arena = FloatArena(
            forward.context.buffers.gradients.reserve(
                sizes.reduce(0) { $0 + FloatArena.size($1) }))
        stream = arena.take(sizes[0])
        inner = arena.take(sizes[1])
        queries = arena.take(sizes[2])
        keyShares = arena.take(sizes[3])
        valueShares = arena.take(sizes[4])
        keys = arena.take(sizes[5])
        values = arena.take(sizes[6])
        gate = arena.take(sizes[7])
        up = arena.take(sizes[8])
        low = arena.take(sizes[9])
        stream.update(repeating: 0, count: rows * model.width)
    }

    /// Runs all blocks with the gradient of the last one's output in `stream`.
    func run() throws {
        for layer in (0..<model.layerCount).reversed() {
            try context.checkCancellation()
            feedForward(layer)
            try context.checkCancellation()
            attention(layer)
        }
    }

    private func feedForward(_ layer: Int) {
        let x = forward.activations[layer]
        let gain = context.model.blocks[layer].feedForwardNorm
        let down = forward.downGroup(layer, stream)
        forward.activate(x, for: down)
        project(down, input: forward.product, inputGradient: gate)
        let inside = forward.feedForwardGroup(layer, gate, up)
        let width = model.feedForwardWidth
        forward.forEachTokenBlock { tokens in
            let start = tokens.lowerBound * width
            context.kernels.swiglu_backward(
                x.gate + start, x.up + start, tokens.count * width, gate + start, up + start)
        }
        forward.normalize(x.middle, gain: gain, for: inside)
        project(inside, input: forward.normed, inputGradient: inner)
        addNormBackward(x.middle, gain: gain)
    }

    private func attention(_ layer: Int) {
        let x = forward.activations[layer]
        let gain = context.model.blocks[layer].attentionNorm
        let output = forward.outputGroup(layer, stream)
        forward.forEachTokenBlock { tokens in
            context.projectLow(output, x.mixed, tokens: tokens)
            forward.keyColumns.set(tokens, of: x.keys, width: model.keyValueWidth)
            forward.valueColumns.set(tokens, of: x.values, width: model.keyValueWidth)
        }
        project(output, input: x.mixed, inputGradient: inner)
        context.attendBackward(
            forward.sequence, x, keys: forward.keyColumns, values: forward.valueColumns,
            outputGradient: inner, queryGradient: queries, keyGradient: keyShares,
            valueGradient: valueShares)
        forward.forEachTokenBlock { tokens in
            for row in tokens {
                sumShares(keyShares, row: row, into: keys)
                sumShares(valueShares, row: row, into: values)
                let position = forward.sequence.positions[row]
                context.rotate(queries, row: row, at: position, heads: .query, direction: -1)
                context.rotate(keys, row: row, at: position, heads: .keyValue, direction: -1)
            }
        }
        let group = forward.attentionGroup(layer, queries, keys, values)
        forward.normalize(x.input, gain: gain, for: group)
        // The embedding below the first block is frozen.
        project(group, input: forward.normed, inputGradient: layer == 0 ? nil : inner)
        if layer > 0 { addNormBackward(x.input, gain: gain) }
    }

    private func project(_ group: ProjectionGroup, input: Floats, inputGradient: Floats?) {
        context.projectBackward(
            group, input, rows: rows, inputGradient: inputGradient, lowGradient: low,
            gradient: gradient)
    }

    /// Adds the gradient that came through a norm to `stream`.
    private func addNormBackward(_ x: Floats, gain: [Float]) {
        forward.forEachTokenBlock { tokens in
            for row in tokens {
                let start = row * model.width
                context.kernels.rms_norm_backward(
                    x + start, gain, inner + start, model.width, model.rmsEpsilon, stream + start)
            }
        }
    }

    /// Sums a row over the query heads that share a key-value head.
    private func sumShares(_ shares: Floats, row: Int, into target: Floats) {
        let size = model.headSize
        for head in 0..<model.keyValueHeadCount {
            let sum = target + row * model.keyValueWidth + head * size
            let first = shares + row * model.width + head * model.headsPerKeyValueHead * size
            sum.update(from: first, count: size)
            for share in 1..<max(1, model.headsPerKeyValueHead) {
                for index in 0..<size { sum[index] += first[share * size + index] }
            }
        }
    }
}
