internal import COpenBLAS

/// Whether an operand of a matrix product is used as it is stored or transposed.
enum Operand {
    case plain
    case transposed

    fileprivate var flag: CBLAS_TRANSPOSE {
        switch self {
        case .plain: CblasNoTrans
        case .transposed: CblasTrans
        }
    }
}

/// Computes `c = alpha · op(a) · op(b) + beta · c` on the calling thread alone.
///
/// - Shapes: `op(a)` is `[m, k]`, `op(b)` `[k, n]`, `c` `[m, n]`; row-major, rows `ld…` apart.
/// - Edge cases: does nothing when a dimension is 0, so `c` must not count on `beta` 0 then.
func multiply(
    _ m: Int, _ n: Int, _ k: Int, alpha: Float = 1,
    _ a: UnsafePointer<Float>, _ opA: Operand = .plain, lda: Int,
    _ b: UnsafePointer<Float>, _ opB: Operand = .plain, ldb: Int,
    beta: Float, _ c: UnsafeMutablePointer<Float>, ldc: Int
) {
    if m == 0 || n == 0 || k == 0 { return }
    cblas_sgemm(
        CblasRowMajor, opA.flag, opB.flag, Int32(m), Int32(n), Int32(k), alpha, a, Int32(lda), b,
        Int32(ldb), beta, c, Int32(ldc))
}

/// Writes `[rows, columns]` as `[columns, rows]`; rows `stride` apart.
func transpose(
    _ source: UnsafePointer<Float>, rows: Int, columns: Int, stride: Int,
    into target: UnsafeMutablePointer<Float>, stride targetStride: Int
) {
    for start in Swift.stride(from: 0, to: rows, by: 16) {
        for column in 0..<columns {
            for row in start..<min(start + 16, rows) {
                target[column * targetStride + row] = source[row * stride + column]
            }
        }
    }
}

/// The linear algebra library in use.
enum BLAS {
    /// Leaves threading to the engine, which shares work so that each result has one thread.
    static func useCallingThreadOnly() {
        openblas_set_num_threads(1)
    }

    /// The processor core the library chose its kernels for.
    static var coreName: String {
        String(cString: openblas_get_corename())
    }
}
