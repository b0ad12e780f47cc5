internal import CKernels

// Attention over packed rows. A task is one head and a block of queries; scores are one small
// matrix that stays in the cache. Keys are the prompt's rows and the segment's own.

extension ComputeContext {
    private typealias Block = PackedSequence.QueryBlock

    private var scoreScale: Float { 1 / Float(model.configuration.headSize).squareRoot() }

    /// Computes `softmax(Q·Kᵀ/√D)·V` per head.
    ///
    /// - Parameter output: `[T, width]`, overwritten.
    /// - Postconditions: the layer's `logSums` hold each query's log Σ exp.
    func attend(
        _ sequence: PackedSequence, _ layer: LayerActivations,
        output: UnsafeMutablePointer<Float>
    ) {
        let heads = model.configuration.headCount
        pool.run(sequence.queryBlocks.count * heads) { task, worker in
            let block = sequence.queryBlocks[task / heads]
            let head = HeadRows(task % heads, layer, model.configuration)
            let scores = buffers.scratch(worker)
            head.multiplyByKeys(block, head.queries, scores, keys: head.keys)
            for index in 0..<block.count {
                let row = scores + index * block.keyCount
                let visible = block.visibleCount(index)
                layer.logSums[(task % heads) * sequence.count + block.start + index] =
                    kernels.softmax(row, visible, scoreScale)
                (row + visible).update(repeating: 0, count: block.keyCount - visible)
            }
            head.combine(block, scores, values: head.values, output + head.offset)
        }
    }

    /// The backward pass of `attend`.
    ///
    /// - Parameters:
    ///   - output: what `attend` gave.
    ///   - outputGradient: `[T, width]`.
    ///   - queryGradient: `[T, width]`, overwritten.
    ///   - keyGradient: `[T, width]`, overwritten: each query head's own share.
    ///   - valueGradient: likewise.
    func attendBackward(
        _ sequence: PackedSequence, _ layer: LayerActivations, output: UnsafePointer<Float>,
        outputGradient: UnsafePointer<Float>, queryGradient: UnsafeMutablePointer<Float>,
        keyGradient: UnsafeMutablePointer<Float>, valueGradient: UnsafeMutablePointer<Float>
    ) {
        let configuration = model.configuration
        let headSize = configuration.headSize
        pool.run(configuration.headCount) { task, worker in
            let head = HeadRows(task, layer, configuration)
            for row in 0..<sequence.count {
                let place = row * configuration.width + head.offset
                (keyGradient + place).update(repeating: 0, count: headSize)
                (valueGradient + place).update(repeating: 0, count: headSize)
            }
            for block in sequence.queryBlocks {
                let p = buffers.scratch(worker)
                let dp = p + FloatArena.size(block.count * block.keyCount)
                head.multiplyByKeys(block, head.queries, p, keys: head.keys)
                head.multiplyByKeys(block, outputGradient + head.offset, dp, keys: head.values)
                for index in 0..<block.count {
                    let place = (block.start + index) * configuration.width + head.offset
                    let row = index * block.keyCount
                    let visible = block.visibleCount(index)
                    let hidden = block.keyCount - visible
                    kernels.shifted_exp(
                        p + row, visible, scoreScale,
                        layer.logSums[task * sequence.count + block.start + index])
                    kernels.softmax_backward(
                        p + row, dp + row, visible,
                        kernels.dot(outputGradient + place, output + place, headSize), scoreScale)
                    (p + row + visible).update(repeating: 0, count: hidden)
                    (dp + row + visible).update(repeating: 0, count: hidden)
                }
                head.combine(block, dp, values: head.keys, queryGradient + head.offset)
                head.distribute(block, dp, head.queries, keyGradient + head.offset)
                head.distribute(
                    block, p, outputGradient + head.offset, valueGradient + head.offset)
            }
        }
    }
}

/// One head's columns of a layer, and the products of a block of queries with them.
private struct HeadRows {
    let queries: UnsafePointer<Float>
    let keys: UnsafePointer<Float>
    let values: UnsafePointer<Float>
    /// The head's first column in a row of queries.
    let offset: Int
    let headSize: Int
    let width: Int
    let keyWidth: Int

    init(_ head: Int, _ layer: LayerActivations, _ model: ModelConfiguration) {
        offset = head * model.headSize
        headSize = model.headSize
        width = model.width
        keyWidth = model.keyValueWidth
        let shared = head / model.headsPerKeyValueHead * model.headSize
        queries = UnsafePointer(layer.queries + offset)
        keys = UnsafePointer(layer.keys + shared)
        values = UnsafePointer(layer.values + shared)
    }

    /// `scores = x·keysᵀ` with the block's rows of `x`; `[block.count, block.keyCount]`.
    func multiplyByKeys(
        _ block: PackedSequence.QueryBlock, _ x: UnsafePointer<Float>,
        _ scores: UnsafeMutablePointer<Float>, keys: UnsafePointer<Float>
    ) {
        let x = x + block.start * width
        let prefix = block.segment.prefix
        multiply(
            block.count, prefix, headSize, x, lda: width, keys, .transposed, ldb: keyWidth,
            beta: 0, scores, ldc: block.keyCount)
        multiply(
            block.count, block.ownCount, headSize, x, lda: width,
            keys + block.segment.start * keyWidth, .transposed, ldb: keyWidth, beta: 0,
            scores + prefix, ldc: block.keyCount)
    }

    /// `y = weights·values` into the block's rows of `y`.
    func combine(
        _ block: PackedSequence.QueryBlock, _ weights: UnsafePointer<Float>,
        values: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>
    ) {
        let y = y + block.start * width
        let prefix = block.segment.prefix
        multiply(
            block.count, headSize, prefix, weights, lda: block.keyCount, values, ldb: keyWidth,
            beta: 0, y, ldc: width)
        multiply(
            block.count, headSize, block.ownCount, weights + prefix, lda: block.keyCount,
            values + block.segment.start * keyWidth, ldb: keyWidth, beta: prefix == 0 ? 0 : 1, y,
            ldc: width)
    }

    /// `y += weightsᵀ·x` from the block's rows of `x` into the rows of its keys.
    func distribute(
        _ block: PackedSequence.QueryBlock, _ weights: UnsafePointer<Float>,
        _ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>
    ) {
        let x = x + block.start * width
        let prefix = block.segment.prefix
        multiply(
            prefix, headSize, block.count, weights, .transposed, lda: block.keyCount, x,
            ldb: width, beta: 1, y, ldc: width)
        multiply(
            block.ownCount, headSize, block.count, weights + prefix, .transposed,
            lda: block.keyCount, x, ldb: width, beta: 1, y + block.segment.start * width,
            ldc: width)
    }
}
