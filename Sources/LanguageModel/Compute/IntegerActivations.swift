internal import CKernels

/// Rows of activations as integers, in memory that is kept between calls.
final class IntegerActivations {
    private let planes = FloatBuffer()
    private let scales = FloatBuffer()

    /// Makes room for rounded rows; nil for `float32`, which has none.
    ///
    /// - Parameters:
    ///   - columns: a multiple of 32.
    func reserve(
        rows: Int, columns: Int, precision: ActivationPrecision
    ) -> attune_integer_rows? {
        if precision == .float32 { return nil }
        let bytes = (rows * columns + 63) & ~63
        let blocks = FloatArena.size(rows * columns / Int(ATTUNE_BLOCK))
        let plane = UnsafeMutableRawPointer(planes.reserve(2 * bytes / 4))
        let scale = scales.reserve(2 * blocks)
        return attune_integer_rows(
            high: plane.assumingMemoryBound(to: Int8.self),
            low: precision == .int16
                ? (plane + bytes).assumingMemoryBound(to: Int8.self) : nil,
            scales: scale, block_sums: scale + blocks, columns: columns, count: rows)
    }

    func release() {
        planes.release()
        scales.release()
    }
}

extension ComputeContext {
    /// Makes room for the input of some matrices as integers, if the precision and any of them want
    /// that.
    func integerRows(_ rows: Int, for matrices: [WeightMatrix]) -> attune_integer_rows? {
        guard matrices.contains(where: { $0.packed != nil }) else { return nil }
        return buffers.integers.reserve(
            rows: rows, columns: matrices[0].columns, precision: precision)
    }

    /// Rounds some rows of an input.
    func round(
        _ rows: Range<Int>, of input: UnsafePointer<Float>, into integers: attune_integer_rows?
    ) {
        guard let integers else { return }
        for row in rows { integerKernels.round_row(input + row * integers.columns, integers, row) }
    }

    /// Rounds an input, shared out among threads.
    func rounded(
        _ input: UnsafePointer<Float>, rows: Int, for matrices: [WeightMatrix]
    ) -> attune_integer_rows? {
        guard let integers = integerRows(rows, for: matrices) else { return nil }
        pool.run(rows, by: rowBlock(rows)) { rows, _ in round(rows, of: input, into: integers) }
        return integers
    }

    /// How many rows of a few a task takes, so that all threads have some and none has too little.
    func rowBlock(_ rows: Int) -> Int {
        min(Self.tokenBlock, max(4, (rows + pool.threads - 1) / pool.threads))
    }

    /// Multiplies some rows of a matrix with all tokens: `output[t, n] = Σ_k w[n, k]·x[t, k]`.
    ///
    /// - Parameters:
    ///   - panel: rows of the matrix, from a multiple of 16.
    ///   - integers: the input, if `rounded` gave it.
    ///   - output: of the panel's first row.
    func multiplyPanel(
        _ weights: WeightMatrix, _ panel: Range<Int>, by input: UnsafePointer<Float>,
        _ integers: attune_integer_rows?, rows: Int, output: UnsafeMutablePointer<Float>,
        stride width: Int, adding: Bool, worker: Int
    ) {
        if let integers, let packed = weights.packed {
            for start in stride(from: 0, to: rows, by: Self.integerTokens) {
                integerKernels.multiply(
                    packed.layout, panel.lowerBound, panel.count, integers, start,
                    min(Self.integerTokens, rows - start), output, width, adding ? 1 : 0)
            }
            return
        }
        let scratch = buffers.scratch(worker)
        attune_dequantize_rows(
            weights.rows(from: panel.lowerBound), panel.count, weights.columns, scratch,
            weights.columns)
        multiply(
            rows, panel.count, weights.columns, input, lda: weights.columns, scratch, .transposed,
            ldb: weights.columns, beta: adding ? 1 : 0, output, ldc: width)
    }

    /// Tokens whose integers stay in the second-level cache while a panel is multiplied with them.
    private static let integerTokens = 256
}

/// Gradients as integers, for products with the transpose of a matrix: each token's have a scale per
/// chunk of the matrix's rows.
struct IntegerGradient {
    /// `[N / 64, T, 64]`
    private let values: UnsafeMutablePointer<Int16>
    /// `[N / 64, T]`
    private let factors: UnsafeMutablePointer<Float>
    private let tokens: Int

    /// The number of values that `tokens` gradients of `width` elements take up.
    static func size(tokens: Int, width: Int) -> Int {
        let chunks = (width + Int(ATTUNE_CHUNK) - 1) / Int(ATTUNE_CHUNK)
        return FloatArena.size(chunks * tokens * Int(ATTUNE_CHUNK) / 2)
            + FloatArena.size(chunks * tokens)
    }

    init(tokens: Int, width: Int, in arena: inout FloatArena) {
        let chunks = (width + Int(ATTUNE_CHUNK) - 1) / Int(ATTUNE_CHUNK)
        self.tokens = tokens
        values = UnsafeMutableRawPointer(arena.take(chunks * tokens * Int(ATTUNE_CHUNK) / 2))
            .assumingMemoryBound(to: Int16.self)
        factors = arena.take(chunks * tokens)
    }

    /// Rounds one token's gradient.
    func set(
        _ token: Int, _ gradient: UnsafePointer<Float>, width: Int,
        _ kernels: attune_integer_kernels
    ) {
        kernels.round_gradient(gradient, width, token, tokens, values, factors)
    }

    /// The scratch that `multiply` needs for some columns, in values.
    static func scratchSize(tokens: Int, columns: Int) -> Int {
        let blocks = (columns + Int(ATTUNE_BLOCK) - 1) / Int(ATTUNE_BLOCK)
        return FloatArena.size(attune_transposed_scratch(tokens) / 4)
            + FloatArena.size(blocks * tokens)
    }

    /// Computes `output[t, k] = Σ_n g[t, n]·w[n, k]` for a part of a matrix.
    ///
    /// - Parameters:
    ///   - rows: those that `n` runs over.
    ///   - columns: from a multiple of 32, as many.
    ///   - gradient: `[T, N]`, not rounded.
    ///   - output: `[T, weights.columns]`.
    func multiply(
        _ weights: WeightMatrix, rows: Range<Int>, columns: Range<Int>,
        gradient: UnsafePointer<Float>, into output: UnsafeMutablePointer<Float>, adding: Bool,
        scratch: UnsafeMutablePointer<Float>, _ context: ComputeContext
    ) {
        let size = Int(ATTUNE_BLOCK)
        let blocks = columns.count / size
        var arena = FloatArena(scratch)
        let room = arena.take(attune_transposed_scratch(tokens) / 4)
        let sums = arena.take(blocks * tokens)
        let offsets = weights.packed?.offsets
        if let offsets {
            context.kernels.dots(
                offsets + columns.lowerBound / size * weights.rows + rows.lowerBound,
                weights.rows, blocks, rows.count, gradient, rows.count, tokens, sums, blocks)
        }
        for block in 0..<blocks {
            let column = columns.lowerBound + block * size
            context.integerKernels.multiply_transposed(
                weights.rows(from: rows.lowerBound, column: column), rows.count, values, factors,
                tokens, offsets == nil ? nil : sums + block, blocks, output + column,
                weights.columns,
                adding ? 1 : 0, room)
        }
    }
}
