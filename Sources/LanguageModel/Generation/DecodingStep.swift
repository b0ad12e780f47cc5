internal import CKernels

/// One step of decoding: the next position of every sample in a batch.
///
/// All sums are made by kernels whose results do not depend on the batch, so a sample is the same
/// to the last bit alone and among others. M is the number of samples.
struct DecodingStep {
    typealias Floats = UnsafeMutablePointer<Float>

    /// Rows of a matrix that one task multiplies.
    private static let taskRows = 48

    private let context: ComputeContext
    private let adapter: DecodingAdapter?
    private let capacity: Int
    private let pages: KeyValuePool
    private let stream: Floats
    private let normed: Floats
    private let queries: Floats
    private let mixed: Floats
    private let keys: Floats
    private let values: Floats
    private let gate: Floats
    private let up: Floats
    /// `[M, vocabularySize]`
    let logits: Floats

    private var model: ModelConfiguration { context.model.configuration }

    /// - Parameter capacity: the most samples of a step.
    init(_ context: ComputeContext, adapter: DecodingAdapter?, capacity: Int) {
        let model = context.model.configuration
        self.context = context
        self.adapter = adapter
        self.capacity = capacity
        pages = KeyValuePool(
            model: model, format: context.precision == .int8 ? .half : .single)
        let widths = [
            model.width, model.width, model.width, model.width, model.keyValueWidth,
            model.keyValueWidth, model.feedForwardWidth, model.feedForwardWidth,
            model.vocabularySize,
        ]
        var arena = FloatArena(
            context.buffers.decoding.reserve(
                widths.reduce(0) { $0 + FloatArena.size(capacity * $1) }))
        let parts = widths.map { arena.take(capacity * $0) }
        (stream, normed, queries, mixed) = (parts[0], parts[1], parts[2], parts[3])
        (keys, values, gate, up) = (parts[4], parts[5], parts[6], parts[7])
        logits = parts[8]
    }

    /// Computes the logits after each sample's last token.
    func run(_ samples: ArraySlice<SampleStream>) throws {
        precondition(samples.count <= capacity)
        let rows = samples.count
        for (row, sample) in samples.enumerated() {
            sample.growPages(from: pages, model: model)
            attune_dequantize_rows(
                context.model.embedding.rows(from: Int(sample.tokens[sample.tokens.count - 1])), 1,
                model.width, stream + row * model.width, model.width)
        }
        let attention = DecodingAttention(context, samples)
        context.buffers.reserveScratch(
            max(
                4 * max(model.width, model.feedForwardWidth) + Self.taskRows * rows,
                attention.scratchSize))
        for (layer, block) in context.model.blocks.enumerated() {
            try context.checkCancellation()
            apply(
                layer, [(.query, queries), (.key, keys), (.value, values)], to: normed, rows: rows
            ) { normalize($0, block.attentionNorm) }
            attention.run(layer, queries: queries, keys: keys, values: values, into: mixed)
            apply(layer, [(.output, stream)], to: mixed, rows: rows, adding: true)
            apply(layer, [(.gate, gate), (.up, up)], to: normed, rows: rows) {
                normalize($0, block.feedForwardNorm)
            }
            apply(layer, [(.down, stream)], to: gate, rows: rows, adding: true) { some in
                let start = some.lowerBound * model.feedForwardWidth
                context.kernels.swiglu(
                    gate + start, up + start, some.count * model.feedForwardWidth, gate + start)
            }
        }
        for sample in samples { sample.commitPosition() }
        multiply([(context.model.head, logits)], by: normed, rows: rows) {
            normalize($0, context.model.outputNorm)
        }
    }

    /// Computes logits from hidden states that were made elsewhere.
    func run(hidden: UnsafePointer<Float>, rows: Int) {
        context.buffers.reserveScratch(4 * model.width)
        multiply([(context.model.head, logits)], by: hidden, rows: rows) { _ in }
    }

    /// The logits of the first samples.
    func rows(_ count: Int) -> [[Float]] {
        let size = model.vocabularySize
        return (0..<count).map {
            [Float](UnsafeBufferPointer(start: logits + $0 * size, count: size))
        }
    }

    private func normalize(_ rows: Range<Int>, _ gain: [Float]) {
        for row in rows {
            context.kernels.rms_norm(
                stream + row * model.width, gain, model.width, model.rmsEpsilon,
                normed + row * model.width)
        }
    }

    /// Multiplies with matrices of a block, side paths included.
    private func apply(
        _ layer: Int, _ outputs: [(TargetModule, Floats)], to input: Floats, rows: Int,
        adding: Bool = false, prepare: (_ rows: Range<Int>) -> Void = { _ in }
    ) {
        let block = context.model.blocks[layer]
        multiply(
            outputs.map { (block[$0.0], $0.1) }, by: input, rows: rows,
            paths: adapter.map { adapter in outputs.map { adapter[layer, $0.0] } } ?? [],
            adding: adding, prepare: prepare)
    }

    /// Multiplies some matrices with the same input.
    ///
    /// - Parameters:
    ///   - adding: whether the results are added to what is in the outputs.
    ///   - prepare: makes some rows of the input; called on any thread.
    private func multiply(
        _ products: [(weights: WeightMatrix, output: Floats)], by input: UnsafePointer<Float>,
        rows: Int, paths: [DecodingAdapter.Path?] = [], adding: Bool = false,
        prepare: (_ rows: Range<Int>) -> Void
    ) {
        let columns = products[0].weights.columns
        let integers = context.integerRows(rows, for: products.map(\.weights))
        context.pool.run(rows, by: context.rowBlock(rows)) { some, _ in
            prepare(some)
            for case let path? in paths {
                context.kernels.dots(
                    path.a, columns, path.rank, columns, input + some.lowerBound * columns,
                    columns, some.count, path.low + some.lowerBound * path.rank, path.rank)
            }
            context.round(some, of: input, into: integers)
        }
        let counts = products.map { ($0.weights.rows + Self.taskRows - 1) / Self.taskRows }
        context.pool.run(counts.reduce(0, +)) { task, worker in
            var number = 0
            var part = task
            while part >= counts[number] {
                part -= counts[number]
                number += 1
            }
            let weights = products[number].weights
            let start = part * Self.taskRows
            let count = min(Self.taskRows, weights.rows - start)
            let output = products[number].output + start
            multiply(
                weights, start..<start + count, by: input, integers, rows: rows, into: output,
                adding: adding, scratch: context.buffers.scratch(worker))
            guard number < paths.count, let path = paths[number] else { return }
            context.kernels.add_product(
                rows, count, path.rank, path.scale, path.low, path.rank, 1,
                path.transposedB + start, weights.rows, output, weights.rows)
        }
    }

    /// Multiplies some rows of a matrix; `output` is that of the first.
    private func multiply(
        _ weights: WeightMatrix, _ part: Range<Int>, by input: UnsafePointer<Float>,
        _ integers: attune_integer_rows?, rows: Int, into output: Floats, adding: Bool,
        scratch: Floats
    ) {
        if let integers, let packed = weights.packed {
            context.integerKernels.multiply(
                packed.layout, part.lowerBound, part.count, integers, 0, rows, output,
                weights.rows, adding ? 1 : 0)
            return
        }
        let before = adding ? scratch + 4 * weights.columns : nil
        if let before { copy(output, weights.rows, to: before, part.count, rows: rows) }
        context.kernels.multiply(
            weights.rows(from: part.lowerBound), part.count, weights.columns, input,
            weights.columns, rows, output, weights.rows, scratch)
        guard let before else { return }
        for row in 0..<rows {
            for index in 0..<part.count {
                output[row * weights.rows + index] += before[row * part.count + index]
            }
        }
    }

    private func copy(
        _ source: Floats, _ stride: Int, to target: Floats, _ width: Int, rows: Int
    ) {
        for row in 0..<rows {
            (target + row * width).update(from: source + row * stride, count: width)
        }
    }
}
