import Foundation
internal import CKernels

/// The output matrix with a running softmax: no row of logits is ever held as a whole.
///
/// The vocabulary is walked in panels that are dequantised once; each row keeps its maximum and its
/// sum of exponentials, as attention kernels do that never see all keys at once. With
/// `wantsGradient` it keeps `Σ_v exp(logit_v)·E_v` too, so that the gradient of a log-probability,
/// `E_target − Σ_v p_v·E_v`, is there after the same single walk.
///
/// - Source: Milakov and Gimelshein 2018, arXiv:1805.02867.
struct VocabularyHead {
    typealias Floats = UnsafeMutablePointer<Float>

    /// Fixed, so that sums do not depend on the number of threads.
    private static let sliceCount = 8
    private static let panelRows = 192
    private static let blockRows = Int(ATTUNE_PACKED_ROWS)
    /// Rows walked together: more of them use a panel longer, but need more memory and keep a
    /// cancelled call running longer.
    private static let rowLimit = 128

    private let context: ComputeContext
    private var weights: WeightMatrix { context.model.head }
    private var width: Int { weights.columns }

    init(_ context: ComputeContext) {
        self.context = context
    }

    /// Computes the log-probability of one token per row.
    ///
    /// - Parameters:
    ///   - hidden: `[targets.count, width]`, normed.
    ///   - gradients: `[targets.count, width]`, overwritten with the gradients with respect to
    ///     `hidden`; nil when they are not wanted.
    func logps(
        _ hidden: Floats, targets: [TokenID], gradients: Floats?
    ) throws -> [Float] {
        var result: [Float] = []
        for start in stride(from: 0, to: targets.count, by: Self.rowLimit) {
            try context.checkCancellation()
            let chunk = Array(targets[start..<min(targets.count, start + Self.rowLimit)])
            result += chunkLogps(
                hidden + start * width, targets: chunk,
                gradients: gradients.map { $0 + start * width })
        }
        return result
    }

    private func chunkLogps(
        _ hidden: Floats, targets: [TokenID], gradients: Floats?
    ) -> [Float] {
        let count = targets.count
        let slices = RunningSoftmax.slices(
            Self.sliceCount, rows: count, width: gradients == nil ? 0 : width,
            in: context.buffers.head)
        let integers = context.rounded(hidden, rows: count, for: [weights])
        var found = [Float](repeating: 0, count: count)
        found.withUnsafeMutableBufferPointer { found in
            let found = found
            forEachPanel(rows: count, isDequantized: integers == nil) {
                slice, panel, matrix, logits in
                if let integers, let packed = weights.packed {
                    context.integerKernels.multiply(
                        packed.layout, panel.lowerBound, panel.count, integers, 0, count, logits,
                        panel.count, 0)
                } else {
                    multiply(
                        count, panel.count, width, hidden, lda: width, matrix, .transposed,
                        ldb: width, beta: 0, logits, ldc: panel.count)
                }
                for row in 0..<count {
                    let values = logits + row * panel.count
                    let target = Int(targets[row])
                    if panel.contains(target) { found[row] = values[target - panel.lowerBound] }
                    slices[slice].add(values, count: panel.count, row: row, context.kernels)
                }
                guard gradients != nil else { return }
                if integers != nil {
                    addMixture(
                        panel, exponentials: logits, rows: count, to: slices[slice].mixture,
                        scratch: matrix)
                } else {
                    multiply(
                        count, width, panel.count, logits, lda: panel.count, matrix, ldb: width,
                        beta: 1, slices[slice].mixture, ldc: width)
                }
            }
        }
        return (0..<count).map { row in
            let total = RunningSoftmax.logSum(slices, row: row)
            if let gradients {
                let gradient = gradients + row * width
                attune_dequantize_rows(
                    weights.rows(from: Int(targets[row])), 1, width, gradient, width)
                for slice in slices {
                    let share = Float(exp(Double(slice.maxima[row]) - total))
                    let mixture = slice.mixture + row * width
                    for column in 0..<width { gradient[column] -= share * mixture[column] }
                }
            }
            return Float(Double(found[row]) - total)
        }
    }

    /// Adds `Σ_v exponential_v·E_v` over a panel with integer kernels.
    private func addMixture(
        _ panel: Range<Int>, exponentials: Floats, rows: Int, to mixture: Floats, scratch: Floats
    ) {
        var arena = FloatArena(scratch)
        let rounded = IntegerGradient(tokens: rows, width: panel.count, in: &arena)
        for row in 0..<rows {
            rounded.set(
                row, exponentials + row * panel.count, width: panel.count, context.integerKernels)
        }
        rounded.multiply(
            weights, rows: panel, columns: 0..<width, gradient: exponentials, into: mixture,
            adding: true,
            scratch: scratch + IntegerGradient.size(tokens: rows, width: panel.count), context)
    }

    /// Sums `KL(p ‖ q)` over rows, where `p` and `q` follow from two sets of hidden states.
    ///
    /// With logits `a` and `b`: `KL = Σ p·(a − b) − (log Σ exp a − log Σ exp b)`.
    func divergence(_ policy: Floats, _ reference: Floats, rows: Int) throws -> Double {
        var sum = 0.0
        for start in stride(from: 0, to: rows, by: Self.rowLimit) {
            try context.checkCancellation()
            sum += chunkDivergence(
                policy + start * width, reference + start * width,
                rows: min(Self.rowLimit, rows - start))
        }
        return sum
    }

    private func chunkDivergence(_ policy: Floats, _ reference: Floats, rows: Int) -> Double {
        // The policy's running sum carries one more column: Σ exp(a)·(a − b).
        let slices = RunningSoftmax.slices(
            2 * Self.sliceCount, rows: rows, width: 1, in: context.buffers.head)
        forEachPanel(rows: 2 * rows) { slice, panel, matrix, logits in
            let other = logits + rows * panel.count
            for (hidden, target) in [(policy, logits), (reference, other)] {
                multiply(
                    rows, panel.count, width, hidden, lda: width, matrix, .transposed, ldb: width,
                    beta: 0, target, ldc: panel.count)
            }
            withUnsafeTemporaryAllocation(of: Float.self, capacity: panel.count) { difference in
                let difference = difference.baseAddress!
                for row in 0..<rows {
                    let a = logits + row * panel.count
                    let b = other + row * panel.count
                    for column in 0..<panel.count { difference[column] = a[column] - b[column] }
                    let policy = slices[2 * slice]
                    policy.add(a, count: panel.count, row: row, context.kernels)
                    policy.mixture[row] += context.kernels.dot(a, difference, panel.count)
                    slices[2 * slice + 1].add(b, count: panel.count, row: row, context.kernels)
                }
            }
        }
        let even = stride(from: 0, to: slices.count, by: 2).map { slices[$0] }
        let odd = stride(from: 1, to: slices.count, by: 2).map { slices[$0] }
        return (0..<rows).reduce(0) { sum, row in
            let total = RunningSoftmax.logSum(even, row: row)
            let cross = even.reduce(0) {
                $0 + exp(Double($1.maxima[row]) - total) * Double($1.mixture[row])
            }
            return sum + cross - total + RunningSoftmax.logSum(odd, row: row)
        }
    }

    /// Writes all logits, `[rows, vocabularySize]`.
    func logits(_ hidden: Floats, rows: Int, into output: Floats) throws {
        for start in stride(from: 0, to: rows, by: Self.rowLimit) {
            try context.checkCancellation()
            forEachPanel(rows: 0) { _, panel, matrix, _ in
                multiply(
                    min(Self.rowLimit, rows - start), panel.count, width, hidden + start * width,
                    lda: width, matrix, .transposed, ldb: width, beta: 0,
                    output + start * weights.rows + panel.lowerBound, ldc: weights.rows)
            }
        }
    }

    /// Walks every slice of the vocabulary panel by panel; slices at the same time.
    ///
    /// - Parameters:
    ///   - isDequantized: whether the matrix is wanted in float32; otherwise its room is scratch
    ///     for `addMixture`.
    ///   - body: gets the slice's number, the panel's tokens, its matrix and room for
    ///     `rows · panel.count` values.
    private func forEachPanel(
        rows: Int, isDequantized: Bool = true,
        _ body: (_ slice: Int, _ panel: Range<Int>, _ matrix: Floats, _ room: Floats) -> Void
    ) {
        let matrixSize =
            isDequantized
            ? FloatArena.size(Self.panelRows * width)
            : IntegerGradient.size(tokens: rows, width: Self.panelRows)
                + IntegerGradient.scratchSize(tokens: rows, columns: width)
        context.buffers.reserveScratch(matrixSize + Self.panelRows * rows)
        // Whole packed blocks, which panels must begin with.
        let share = (weights.rows + Self.sliceCount - 1) / Self.sliceCount
        let sliceRows = (share + Self.blockRows - 1) / Self.blockRows * Self.blockRows
        context.pool.run(weights.rows, by: sliceRows) { slice, worker in
            let matrix = context.buffers.scratch(worker)
            for start in stride(from: slice.lowerBound, to: slice.upperBound, by: Self.panelRows) {
                let panel = start..<min(start + Self.panelRows, slice.upperBound)
                if isDequantized {
                    attune_dequantize_rows(
                        weights.rows(from: start), panel.count, width, matrix, width)
                }
                body(slice.lowerBound / sliceRows, panel, matrix, matrix + matrixSize)
            }
        }
    }
}
