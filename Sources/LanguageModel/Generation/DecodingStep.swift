internal import CKernels

/// One step of decoding: the next position of every sample in a batch.
///
/// All sums are made by kernels whose results do not depend on the batch, so a sample is the same
/// to the last bit alone and among others. M is the number of samples.
struct DecodingStep {
    typealias Floats = UnsafeMutablePointer<Float>

    /// Rows of a matrix that one task multiplies.
    private static let taskRows = 64

    private let context: ComputeContext
    private let adapter: DecodingAdapter?
    private let capacity: Int
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
        let longest = samples.map(\.position).max() ?? 0
        context.rotary.extend(to: longest + 1)
        context.buffers.reserveScratch(
            max(
                4 * max(model.width, model.feedForwardWidth),
                model.headsPerKeyValueHead * (longest + 1)))
        for (row, sample) in samples.enumerated() {
            sample.growPages(model: model)
            attune_dequantize_rows(
                context.model.embedding.rows(from: Int(sample.tokens[sample.tokens.count - 1])), 1,
                model.width, stream + row * model.width, model.width)
        }
        for (layer, block) in context.model.blocks.enumerated() {
            try context.checkCancellation()
            normalize(block.attentionNorm, rows: rows)
            apply(
                layer, [(.query, queries), (.key, keys), (.value, values)], to: normed, rows: rows)
            attend(layer, samples)
            add(layer, .output, of: mixed, rows: rows)
            normalize(block.feedForwardNorm, rows: rows)
            apply(layer, [(.gate, gate), (.up, up)], to: normed, rows: rows)
            forEachRows(rows) { some in
                let start = some.lowerBound * model.feedForwardWidth
                context.kernels.swiglu(
                    gate + start, up + start, some.count * model.feedForwardWidth, gate + start)
            }
            add(layer, .down, of: gate, rows: rows)
        }
        for sample in samples { sample.commitPosition() }
        normalize(context.model.outputNorm, rows: rows)
        multiply([(context.model.head, logits)], by: normed, rows: rows)
    }

    /// Computes logits from hidden states that were made elsewhere.
    func run(hidden: UnsafePointer<Float>, rows: Int) {
        context.buffers.reserveScratch(4 * model.width)
        multiply([(context.model.head, logits)], by: hidden, rows: rows)
    }

    private func normalize(_ gain: [Float], rows: Int) {
        forEachRows(rows) { some in
            for row in some {
                context.kernels.rms_norm(
                    stream + row * model.width, gain, model.width, model.rmsEpsilon,
                    normed + row * model.width)
            }
        }
    }

    /// Shares out what each row does by itself.
    private func forEachRows(_ rows: Int, _ body: (Range<Int>) -> Void) {
        context.pool.run(rows, by: context.rowBlock(rows)) { some, _ in body(some) }
    }

    /// Adds a matrix's result to the residual stream.
    private func add(_ layer: Int, _ module: TargetModule, of input: Floats, rows: Int) {
        apply(layer, [(module, normed)], to: input, rows: rows)
        forEachRows(rows) { some in
            for index in some.lowerBound * model.width..<some.upperBound * model.width {
                stream[index] += normed[index]
            }
        }
    }

    /// Multiplies with matrices of a block, side paths included.
    private func apply(
        _ layer: Int, _ outputs: [(TargetModule, Floats)], to input: Floats, rows: Int
    ) {
        let block = context.model.blocks[layer]
        multiply(
            outputs.map { (block[$0.0], $0.1) }, by: input, rows: rows,
            paths: outputs.map { adapter?[layer, $0.0] })
    }

    private func multiply(
        _ products: [(weights: WeightMatrix, output: Floats)], by input: UnsafePointer<Float>,
        rows: Int, paths: [DecodingAdapter.Path?] = []
    ) {
        let columns = products[0].weights.columns
        forEachRows(paths.isEmpty ? 0 : rows) { some in
            for case let path? in paths {
                context.kernels.dots(
                    path.a, columns, path.rank, columns, input + some.lowerBound * columns,
                    columns, some.count, path.low + some.lowerBound * path.rank, path.rank)
            }
        }
        let integers = context.rounded(input, rows: rows, for: products.map(\.weights))
        let counts = products.map { ($0.weights.rows + Self.taskRows - 1) / Self.taskRows }
        context.pool.run(counts.reduce(0, +)) { task, worker in
            var number = 0
            var part = task
            while part >= counts[number] {
                part -= counts[number]
                number += 1
            }
            let (weights, output) = products[number]
            let start = part * Self.taskRows
            let count = min(Self.taskRows, weights.rows - start)
            if let integers, let packed = weights.packed {
                context.integerKernels.multiply(
                    packed.layout, start, count, integers, 0, rows, output + start, weights.rows, 0)
            } else {
                context.kernels.multiply(
                    weights.rows(from: start), count, columns, input, columns, rows,
                    output + start, weights.rows, context.buffers.scratch(worker))
            }
            guard number < paths.count, let path = paths[number] else { return }
            for row in 0..<rows {
                context.kernels.add_low_rank(
                    output + row * weights.rows + start, count, path.low + row * path.rank,
                    path.rank, path.transposedB + start, weights.rows, path.scale)
            }
        }
    }

    /// Rotates, stores the new keys and values, and attends; a task is one key-value head of one
    /// sample.
    private func attend(_ layer: Int, _ samples: ArraySlice<SampleStream>) {
        let headSize = model.headSize
        let shared = model.headsPerKeyValueHead
        let rotary = context.rotary
        context.pool.run(samples.count * model.keyValueHeadCount) { task, worker in
            let row = task / model.keyValueHeadCount
            let head = task % model.keyValueHeadCount
            let sample = samples[samples.startIndex + row]
            let column = head * headSize
            let query = queries + row * model.width + head * shared * headSize
            let key = keys + row * model.keyValueWidth + column
            let value = values + row * model.keyValueWidth + column
            rotary.withAngles(at: sample.position) { cosines, sines in
                context.kernels.rope_interleaved(
                    query, shared, headSize, cosines, sines, rotary.pairs, 1)
                context.kernels.rope_interleaved(
                    key, 1, headSize, cosines, sines, rotary.pairs, 1)
            }
            let (page, index) = sample.place
            let start = index * model.keyValueWidth + column
            (page.keys(layer) + start).update(from: key, count: headSize)
            (page.values(layer) + start).update(from: value, count: headSize)
            let spans = sample.spans(layer, column: column)
            context.kernels.attend(
                query, shared, headSize, spans, spans.count, model.keyValueWidth,
                1 / Float(headSize).squareRoot(), context.buffers.scratch(worker),
                mixed + row * model.width + head * shared * headSize)
        }
    }
}
