internal import CKernels

// Attention over packed rows. A task is one head and a block of queries, whose scores stay in the
// first-level cache. Keys are the prompt's rows and the segment's own; those that none of a block's
// queries sees are left out. Products with keys and values run along their columns, so the layer's
// are laid out anew once.

extension ComputeContext {
    private var scoreScale: Float { 1 / Float(model.configuration.headSize).squareRoot() }

    /// Computes `softmax(Q·Kᵀ/√D)·V` per head into the layer's `mixed`.
    ///
    /// - Parameter keys: the layer's, as columns.
    /// - Postconditions: the layer's `logSums` hold each query's log Σ exp.
    func attend(_ sequence: PackedSequence, _ layer: LayerActivations, keys: AttentionColumns) {
        let configuration = model.configuration
        pool.run(sequence.queryBlocks.count * configuration.headCount) { task, worker in
            let block = sequence.queryBlocks[task / configuration.headCount]
            let number = task % configuration.headCount
            let head = HeadRows(number, layer, configuration, kernels)
            let scores = buffers.scratch(worker)
            head.multiply(block, head.queries, byColumns: keys, into: scores)
            for index in 0..<block.count {
                let row = scores + index * block.scoreWidth
                block.hidePadding(row)
                layer.logSums[number * sequence.count + block.start + index] =
                    kernels.softmax(row, block.visibleWidth(index), scoreScale)
                block.hideFuture(row, index)
            }
            let output = layer.mixed + head.offset
            head.clear(block.start..<block.start + block.count, of: output)
            head.combine(block, scores, rows: head.values, into: output)
        }
    }

    /// The backward pass of `attend`.
    ///
    /// - Parameters:
    ///   - keys: the layer's, as columns; values likewise.
    ///   - outputGradient: `[T, width]`.
    ///   - queryGradient: `[T, width]`, overwritten.
    ///   - keyGradient: `[T, width]`, overwritten: each query head's own share.
    ///   - valueGradient: likewise.
    func attendBackward(
        _ sequence: PackedSequence, _ layer: LayerActivations, keys: AttentionColumns,
        values: AttentionColumns, outputGradient: UnsafePointer<Float>,
        queryGradient: UnsafeMutablePointer<Float>, keyGradient: UnsafeMutablePointer<Float>,
        valueGradient: UnsafeMutablePointer<Float>
    ) {
        let configuration = model.configuration
        pool.run(configuration.headCount) { number, worker in
            let head = HeadRows(number, layer, configuration, kernels)
            for gradient in [queryGradient, keyGradient, valueGradient] {
                head.clear(0..<sequence.count, of: gradient + head.offset)
            }
            for block in sequence.queryBlocks {
                let p = buffers.scratch(worker)
                let dp = p + FloatArena.size(block.count * block.scoreWidth)
                head.multiply(block, head.queries, byColumns: keys, into: p)
                head.multiply(block, outputGradient + head.offset, byColumns: values, into: dp)
                for index in 0..<block.count {
                    let place = (block.start + index) * configuration.width + head.offset
                    let row = p + index * block.scoreWidth
                    let gradients = dp + index * block.scoreWidth
                    let visible = block.visibleWidth(index)
                    block.hidePadding(row)
                    kernels.shifted_exp(
                        row, visible, scoreScale,
                        layer.logSums[number * sequence.count + block.start + index])
                    kernels.softmax_backward(
                        row, gradients, visible,
                        kernels.dot(
                            outputGradient + place, layer.mixed + place, configuration.headSize),
                        scoreScale)
                    block.hideFuture(row, index)
                    block.hideFuture(gradients, index)
                }
                head.combine(block, dp, rows: head.keys, into: queryGradient + head.offset)
                head.distribute(block, dp, head.queries, into: keyGradient + head.offset)
                head.distribute(
                    block, p, outputGradient + head.offset, into: valueGradient + head.offset)
            }
        }
    }
}

/// Keys or values of a layer, one row per element: `[keyValueHeads · headSize, stride]`.
struct AttentionColumns {
    let base: UnsafeMutablePointer<Float>
    let stride: Int

    /// Takes some rows of `[T, width]`.
    func set(_ rows: Range<Int>, of values: UnsafePointer<Float>, width: Int) {
        transpose(
            values + rows.lowerBound * width, rows: rows.count, columns: width, stride: width,
            into: base + rows.lowerBound, stride: stride)
    }
}

/// One head's columns of a layer, and the products of a block of queries with them.
private struct HeadRows {
    let queries: UnsafePointer<Float>
    let keys: UnsafePointer<Float>
    let values: UnsafePointer<Float>
    /// The head's first column in a row of queries.
    let offset: Int
    /// The head's first column in a row of keys.
    private let keyOffset: Int
    private let headSize: Int
    private let width: Int
    private let keyWidth: Int
    private let kernels: attune_kernels

    init(
        _ head: Int, _ layer: LayerActivations, _ model: ModelConfiguration,
        _ kernels: attune_kernels
    ) {
        offset = head * model.headSize
        keyOffset = head / model.headsPerKeyValueHead * model.headSize
        headSize = model.headSize
        width = model.width
        keyWidth = model.keyValueWidth
        queries = UnsafePointer(layer.queries + offset)
        keys = UnsafePointer(layer.keys + keyOffset)
        values = UnsafePointer(layer.values + keyOffset)
        self.kernels = kernels
    }

    /// Makes the head's columns of some rows of `[T, width]` zero.
    func clear(_ rows: Range<Int>, of x: UnsafeMutablePointer<Float>) {
        for row in rows { (x + row * width).update(repeating: 0, count: headSize) }
    }

    /// `scores = x·columns` with the block's rows of `x`; `[block.count, block.scoreWidth]`.
    ///
    /// What stands in the padding is some number.
    func multiply(
        _ block: PackedSequence.QueryBlock, _ x: UnsafePointer<Float>,
        byColumns columns: AttentionColumns, into scores: UnsafeMutablePointer<Float>
    ) {
        scores.update(repeating: 0, count: block.count * block.scoreWidth)
        let x = x + block.start * width
        let base = columns.base + keyOffset * columns.stride
        for (first, count, place) in [
            (0, block.prefixWidth, 0),
            (block.segment.start, block.scoreWidth - block.prefixWidth, block.prefixWidth),
        ] {
            kernels.add_product(
                block.count, count, headSize, 1, x, width, 1, base + first, columns.stride,
                scores + place, block.scoreWidth)
        }
    }

    /// `y += weights·rows` into the block's rows of `y`.
    func combine(
        _ block: PackedSequence.QueryBlock, _ weights: UnsafePointer<Float>,
        rows: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>
    ) {
        for (first, count, place) in block.keySpans {
            kernels.add_product(
                block.count, headSize, count, 1, weights + place, block.scoreWidth, 1,
                rows + first * keyWidth, keyWidth, y + block.start * width, width)
        }
    }

    /// `y += weightsᵀ·x` from the block's rows of `x` into the rows of its keys.
    func distribute(
        _ block: PackedSequence.QueryBlock, _ weights: UnsafePointer<Float>,
        _ x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>
    ) {
        for (first, count, place) in block.keySpans {
            kernels.add_product(
                count, headSize, block.count, 1, weights + place, 1, block.scoreWidth,
                x + block.start * width, width, y + first * width, width)
        }
    }
}

/// How a block's scores lie: the prompt's, padded to whole registers, then the segment's own.
extension PackedSequence.QueryBlock {
    /// The width of the prompt's part.
    var prefixWidth: Int { FloatArena.size(segment.prefix) }
    /// The width of a row.
    var scoreWidth: Int { prefixWidth + FloatArena.size(ownCount) }

    /// Where keys stand among the rows, how many, and where in a row of scores.
    fileprivate var keySpans: [(first: Int, count: Int, place: Int)] {
        [(0, segment.prefix, 0), (segment.start, ownCount, prefixWidth)]
    }

    /// How far query number `index` sees, the prompt's padding included.
    fileprivate func visibleWidth(_ index: Int) -> Int {
        prefixWidth + start - segment.start + index + 1
    }

    /// Makes the prompt's padding vanish in a softmax.
    fileprivate func hidePadding(_ row: UnsafeMutablePointer<Float>) {
        (row + segment.prefix).update(
            repeating: -.infinity, count: prefixWidth - segment.prefix)
    }

    /// Makes what a query does not see zero.
    fileprivate func hideFuture(_ row: UnsafeMutablePointer<Float>, _ index: Int) {
        let visible = visibleWidth(index)
        (row + visible).update(repeating: 0, count: scoreWidth - visible)
    }
}
