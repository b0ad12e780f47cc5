internal import CKernels

/// One pass of packed rows through all blocks of the model.
///
/// T is the number of rows. `backward` of the same stages stands in `BackwardPass.swift`.
struct ForwardPass {
    typealias Floats = UnsafeMutablePointer<Float>

    let context: ComputeContext
    let sequence: PackedSequence
    let adapter: AdapterView?
    let activations: ActivationStore
    /// `[T, width]`: a norm's result.
    let normed: Floats
    /// The layer's keys, and with `isKept` its values too.
    let keyColumns: AttentionColumns
    let valueColumns: AttentionColumns
    /// `[T, feedForwardWidth]`: SwiGLU's result before the down matrix.
    let product: Floats
    /// `[T, 3 · rank]`
    private let low: Floats

    var rows: Int { sequence.count }
    var model: ModelConfiguration { context.model.configuration }

    /// - Parameter isKept: whether a backward pass may follow.
    init(
        _ context: ComputeContext, _ sequence: PackedSequence, adapter: AdapterView?,
        isKept: Bool
    ) {
        let model = context.model.configuration
        let rows = sequence.count
        let lowSize = rows * 3 * (adapter?.rank ?? 0)
        self.context = context
        self.sequence = sequence
        self.adapter = adapter
        activations = ActivationStore(
            rows: rows, model: model, isKept: isKept, in: context.buffers.activations)
        // A product takes 16 columns at a time, from any of them on.
        let stride = FloatArena.size(rows) + 16
        let columnSize = stride * model.keyValueWidth
        let sizes = [
            rows * model.width, rows * model.feedForwardWidth, lowSize, columnSize,
            isKept ? columnSize : 0,
        ]
        var arena = FloatArena(
            context.buffers.layer.reserve(sizes.reduce(0) { $0 + FloatArena.size($1) }))
        normed = arena.take(sizes[0])
        product = arena.take(sizes[1])
        low = arena.take(sizes[2])
        keyColumns = AttentionColumns(base: arena.take(sizes[3]), stride: stride)
        valueColumns = AttentionColumns(base: arena.take(sizes[4]), stride: stride)
        context.rotary.extend(to: (sequence.positions.max() ?? 0) + 1)
        let scores = PackedSequence.blockSize * sequence.widestBlock
        context.buffers.reserveScratch(
            max(context.panelSize, (isKept ? 2 : 1) * FloatArena.size(scores)))
    }

    /// Runs all blocks.
    ///
    /// - Parameter visit: called with every layer's activations when its keys and values are there.
    /// - Returns: `[T, width]`, the residual stream that leaves the last block.
    func run(visit: (_ layer: Int, LayerActivations) -> Void = { _, _ in }) throws -> Floats {
        embed(into: activations[0].input)
        for layer in 0..<model.layerCount {
            try context.checkCancellation()
            attention(layer)
            visit(layer, activations[layer])
            try context.checkCancellation()
            feedForward(layer)
        }
        return activations[model.layerCount - 1].output
    }

    private func embed(into x: Floats) {
        let embedding = context.model.embedding
        for (row, token) in sequence.tokens.enumerated() {
            attune_dequantize_rows(
                embedding.rows(from: Int(token)), 1, model.width, x + row * model.width,
                model.width)
        }
    }

    /// `middle = input + Wo·attention(rope(Wq·n), rope(Wk·n), Wv·n)` with `n = norm(input)`.
    private func attention(_ layer: Int) {
        let x = activations[layer]
        let block = context.model.blocks[layer]
        let projections = attentionGroup(layer, x.queries, x.keys, x.values)
        normalize(x.input, gain: block.attentionNorm, for: projections)
        context.project(projections, normed, rows: rows)
        forEachTokenBlock { tokens in
            for row in tokens {
                context.rotate(x.queries, row: row, at: sequence.positions[row], heads: .query)
                context.rotate(x.keys, row: row, at: sequence.positions[row], heads: .keyValue)
            }
            keyColumns.set(tokens, of: x.keys, width: model.keyValueWidth)
        }
        context.attend(sequence, x, keys: keyColumns)
        let output = outputGroup(layer, x.middle)
        prepare(output, from: x.mixed)
        copyRows(from: x.input, to: x.middle)
        context.project(output, x.mixed, rows: rows, adding: true)
    }

    /// `output = middle + Wd·(silu(Wg·n) · Wu·n)` with `n = norm(middle)`.
    private func feedForward(_ layer: Int) {
        let x = activations[layer]
        let inner = feedForwardGroup(layer, x.gate, x.up)
        normalize(x.middle, gain: context.model.blocks[layer].feedForwardNorm, for: inner)
        context.project(inner, normed, rows: rows)
        let down = downGroup(layer, x.output)
        activate(x, for: down)
        copyRows(from: x.middle, to: x.output)
        context.project(down, product, rows: rows, adding: true)
    }
}

// What the backward pass makes again.
extension ForwardPass {
    func attentionGroup(
        _ layer: Int, _ queries: Floats, _ keys: Floats, _ values: Floats
    ) -> ProjectionGroup {
        group(layer, [(.query, queries), (.key, keys), (.value, values)])
    }

    func outputGroup(_ layer: Int, _ output: Floats) -> ProjectionGroup {
        group(layer, [(.output, output)])
    }

    func feedForwardGroup(_ layer: Int, _ gate: Floats, _ up: Floats) -> ProjectionGroup {
        group(layer, [(.gate, gate), (.up, up)])
    }

    func downGroup(_ layer: Int, _ output: Floats) -> ProjectionGroup {
        group(layer, [(.down, output)])
    }

    private func group(_ layer: Int, _ modules: [(TargetModule, Floats)]) -> ProjectionGroup {
        ProjectionGroup(
            projections: modules.map { module, output in
                Projection(
                    weights: context.model.blocks[layer][module], path: adapter?[layer, module],
                    output: output)
            }, scale: adapter?.scale ?? 0, low: low)
    }

    /// Writes `normed` and the inner values of the matrices that read it.
    func normalize(_ x: Floats, gain: [Float], for group: ProjectionGroup) {
        forEachTokenBlock { tokens in
            for row in tokens {
                context.kernels.rms_norm(
                    x + row * model.width, gain, model.width, model.rmsEpsilon,
                    normed + row * model.width)
            }
            context.projectLow(group, normed, tokens: tokens)
        }
    }

    /// Writes `product` and the inner values of the matrix that reads it.
    func activate(_ x: LayerActivations, for group: ProjectionGroup) {
        let width = model.feedForwardWidth
        forEachTokenBlock { tokens in
            let start = tokens.lowerBound * width
            context.kernels.swiglu(
                x.gate + start, x.up + start, tokens.count * width, product + start)
            context.projectLow(group, product, tokens: tokens)
        }
    }

    /// Writes the inner values of a group.
    func prepare(_ group: ProjectionGroup, from input: Floats) {
        forEachTokenBlock { context.projectLow(group, input, tokens: $0) }
    }

    func forEachTokenBlock(_ body: (Range<Int>) -> Void) {
        context.pool.run(rows, by: ComputeContext.tokenBlock) { tokens, _ in body(tokens) }
    }

    private func copyRows(from source: Floats, to target: Floats) {
        guard source != target else { return }
        target.update(from: source, count: rows * model.width)
    }
}

extension ComputeContext {
    /// The heads of a row of queries, or of keys.
    enum Heads {
        case query
        case keyValue
    }

    /// Turns one row of queries or keys to its position, or back with `direction` −1.
    func rotate(
        _ x: UnsafeMutablePointer<Float>, row: Int, at position: Int, heads: Heads,
        direction: Float = 1
    ) {
        let headSize = model.configuration.headSize
        let count =
            heads == .query
            ? model.configuration.headCount : model.configuration.keyValueHeadCount
        rotary.withAngles(at: position) { cosines, sines in
            kernels.rope_interleaved(
                x + row * count * headSize, count, headSize, cosines, sines, rotary.pairs,
                direction)
        }
    }
}
