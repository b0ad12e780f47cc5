internal import CKernels

/// A frozen matrix with its side path, as one of several that multiply the same input.
struct Projection {
    let weights: WeightMatrix
    let path: LowRankPath?
    /// `[T, weights.rows]`: the result going forward, its gradient going backward.
    let output: UnsafeMutablePointer<Float>
}

/// Matrices that multiply the same input: query, key and value; gate and up; or one alone.
struct ProjectionGroup {
    let projections: [Projection]
    let scale: Float
    /// `[T, lowWidth]`: the inner values `A·x` of the side paths, next to each other.
    let low: UnsafeMutablePointer<Float>

    /// The number of columns of the input.
    var inputWidth: Int { projections[0].weights.columns }
    var rank: Int { projections.lazy.compactMap { $0.path?.rank }.first ?? 0 }
    var lowWidth: Int { rank * projections.count }
}

extension ComputeContext {
    /// Tokens that a worker treats at a time where a layer works token by token.
    static let tokenBlock = 32
    /// Rows or columns of a dequantised panel: with up to 1536 of the other it stays in the
    /// second-level cache, and the library multiplies it at 97 % of its full speed.
    private static let panelWidth = 96
    private static let panelDepth = 1536

    /// The scratch a worker needs for a panel of any of the model's matrices.
    var panelSize: Int {
        let width = max(Self.panelWidth, 256)
        let widest = max(model.configuration.width, model.configuration.feedForwardWidth)
        return width * max(Self.panelDepth, widest)
    }

    /// Computes the inner values `A·x` for some tokens.
    func projectLow(
        _ group: ProjectionGroup, _ input: UnsafePointer<Float>, tokens: Range<Int>
    ) {
        for (number, projection) in group.projections.enumerated() {
            guard let path = projection.path else { continue }
            kernels.dots(
                path.a, group.inputWidth, path.rank, group.inputWidth,
                input + tokens.lowerBound * group.inputWidth, group.inputWidth, tokens.count,
                group.low + tokens.lowerBound * group.lowWidth + number * path.rank, group.lowWidth)
        }
    }

    /// Computes `output = W·x + scale · B·low` for all tokens, or adds it to what is there.
    func project(
        _ group: ProjectionGroup, _ input: UnsafePointer<Float>, rows: Int, adding: Bool = false
    ) {
        let integers = rounded(input, rows: rows, for: group.projections.map(\.weights))
        forEachPanel(of: group) { number, panel, worker in
            let weights = group.projections[number].weights
            let output = group.projections[number].output + panel.lowerBound
            multiplyPanel(
                weights, panel, by: input, integers, rows: rows, output: output,
                stride: weights.rows, adding: adding, worker: worker)
            guard let path = group.projections[number].path else { return }
            let b = buffers.scratch(worker)
            path.transposeB(panel, into: b, stride: panel.count)
            kernels.add_product(
                rows, panel.count, path.rank, group.scale, group.low + number * path.rank,
                group.lowWidth, 1, b, panel.count, output, weights.rows)
        }
    }

    /// Runs a task for every panel of rows of every matrix of a group.
    private func forEachPanel(
        of group: ProjectionGroup,
        _ body: (_ number: Int, _ panel: Range<Int>, _ worker: Int) -> Void
    ) {
        let counts = group.projections.map {
            ($0.weights.rows + Self.panelWidth - 1) / Self.panelWidth
        }
        pool.run(counts.reduce(0, +)) { task, worker in
            var number = 0
            var panel = task
            while panel >= counts[number] {
                panel -= counts[number]
                number += 1
            }
            let start = panel * Self.panelWidth
            let end = min(start + Self.panelWidth, group.projections[number].weights.rows)
            body(number, start..<end, worker)
        }
    }

    /// The backward pass of `project`, from the gradients in the group's outputs.
    ///
    /// With `G = output gradient`, per matrix: `dB += scale · Gᵀ·low`, `dLow = scale · G·B`,
    /// `dA += dLowᵀ·x`, `dx = Σ G·W + dLow·A`.
    ///
    /// - Parameters:
    ///   - group: with the inner values of the forward pass in `low`.
    ///   - inputGradient: `[T, inputWidth]`, overwritten; nil when nothing below learns.
    ///   - lowGradient: room for `[T, lowWidth]`.
    ///   - gradient: laid out as the adapter's parameters; added to.
    func projectBackward(
        _ group: ProjectionGroup, _ input: UnsafePointer<Float>, rows: Int,
        inputGradient: UnsafeMutablePointer<Float>?, lowGradient: UnsafeMutablePointer<Float>,
        gradient: UnsafeMutablePointer<Float>
    ) {
        let blockWidth = group.projections.map(\.weights.blockWidth).max() ?? 1
        let width = max(Self.panelWidth / blockWidth * blockWidth, blockWidth)
        let integers = inputGradient == nil ? [] : integerGradients(of: group, rows: rows)
        buffers.reserveScratch(IntegerGradient.scratchSize(tokens: rows, columns: width))
        lowBackward(
            group, integers, rows: rows, lowGradient: lowGradient, gradient: gradient)
        pool.run(group.inputWidth, by: width) { columns, worker in
            for (number, projection) in group.projections.enumerated() {
                let weights = projection.weights
                if let inputGradient {
                    multiplyTransposed(
                        projection, integers[number], rows: rows, columns: columns,
                        into: inputGradient, adding: number > 0, worker: worker)
                }
                guard let path = projection.path else { continue }
                let low = lowGradient + number * path.rank
                kernels.add_product(
                    path.rank, columns.count, rows, 1, low, 1, group.lowWidth,
                    input + columns.lowerBound, weights.columns,
                    gradient + path.aOffset + columns.lowerBound, weights.columns)
                guard let inputGradient else { continue }
                kernels.add_product(
                    rows, columns.count, path.rank, 1, low, group.lowWidth, 1,
                    path.a + columns.lowerBound, weights.columns,
                    inputGradient + columns.lowerBound, weights.columns)
            }
        }
    }

    /// Room for the gradients of a group's outputs as integers; nil where a matrix is multiplied in
    /// float32.
    private func integerGradients(of group: ProjectionGroup, rows: Int) -> [IntegerGradient?] {
        let widths = group.projections.map { projection in
            precision != .float32 && projection.weights.packed != nil ? projection.weights.rows : 0
        }
        let size = widths.reduce(0) { $0 + IntegerGradient.size(tokens: rows, width: $1) }
        var arena = FloatArena(buffers.integerGradients.reserve(size))
        return widths.map { width in
            width == 0 ? nil : IntegerGradient(tokens: rows, width: width, in: &arena)
        }
    }

    /// Computes some columns of `G·W`, or adds them to what is there.
    private func multiplyTransposed(
        _ projection: Projection, _ integers: IntegerGradient?, rows: Int, columns: Range<Int>,
        into inputGradient: UnsafeMutablePointer<Float>, adding: Bool, worker: Int
    ) {
        let weights = projection.weights
        let scratch = buffers.scratch(worker)
        if let integers {
            integers.multiply(
                weights, rows: 0..<weights.rows, columns: columns, gradient: projection.output,
                into: inputGradient, adding: adding, scratch: scratch, self)
            return
        }
        for start in stride(from: 0, to: weights.rows, by: Self.panelDepth) {
            let depth = min(Self.panelDepth, weights.rows - start)
            attune_dequantize_rows(
                weights.rows(from: start, column: columns.lowerBound), depth, columns.count,
                scratch, columns.count)
            multiply(
                rows, columns.count, depth, projection.output + start, lda: weights.rows, scratch,
                ldb: columns.count, beta: adding || start > 0 ? 1 : 0,
                inputGradient + columns.lowerBound, ldc: weights.columns)
        }
    }

    /// Computes `dB` and `dLow`, and rounds the gradients where integers are wanted.
    private func lowBackward(
        _ group: ProjectionGroup, _ integers: [IntegerGradient?], rows: Int,
        lowGradient: UnsafeMutablePointer<Float>, gradient: UnsafeMutablePointer<Float>
    ) {
        let rank = group.rank
        // `[rank, weights.rows]` per matrix
        var arena = FloatArena(
            buffers.transposedB.reserve(
                group.projections.reduce(0) { $0 + FloatArena.size(rank * $1.weights.rows) }))
        let transposed = group.projections.map { arena.take(rank * $0.weights.rows) }
        forEachPanel(of: group) { number, panel, worker in
            let projection = group.projections[number]
            guard let path = projection.path else { return }
            let width = projection.weights.rows
            path.transposeB(panel, into: transposed[number] + panel.lowerBound, stride: width)
            let sums = buffers.scratch(worker)
            sums.update(repeating: 0, count: rank * panel.count)
            kernels.add_product(
                rank, panel.count, rows, group.scale, group.low + number * rank, 1,
                group.lowWidth, projection.output + panel.lowerBound, width, sums, panel.count)
            let target = gradient + path.bOffset + panel.lowerBound * rank
            for row in 0..<panel.count {
                for inner in 0..<rank {
                    target[row * rank + inner] += sums[inner * panel.count + row]
                }
            }
        }
        pool.run(rows, by: Self.tokenBlock) { tokens, _ in
            for (number, projection) in group.projections.enumerated() {
                let width = projection.weights.rows
                let output = projection.output + tokens.lowerBound * width
                if let integers = integers.isEmpty ? nil : integers[number] {
                    for index in 0..<tokens.count {
                        integers.set(
                            tokens.lowerBound + index, output + index * width, width: width,
                            integerKernels)
                    }
                }
                guard projection.path != nil else { continue }
                let low = lowGradient + tokens.lowerBound * group.lowWidth + number * rank
                kernels.dots(
                    transposed[number], width, rank, width, output, width, tokens.count, low,
                    group.lowWidth)
                for index in 0..<tokens.count {
                    kernels.multiply_all(low + index * group.lowWidth, rank, group.scale)
                }
            }
        }
    }
}
