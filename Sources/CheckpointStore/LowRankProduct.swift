/// A matrix `Σ_k c_k · B_k · A_k` that is held by its factors only, for merging adapters.
///
/// Two unrelated factors cannot be averaged each by itself; side by side they are exact, and a
/// singular value decomposition of the small core finds the best product of a lower rank, without
/// the matrix itself ever being made (Eckart and Young 1936).
struct LowRankProduct {
    /// The columns of `[B_1 c_1, B_2 c_2, …]`, each of the output's width.
    private var left: [[Double]] = []
    /// The rows of `[A_1; A_2; …]`, each of the input's width.
    private var right: [[Double]] = []

    /// The best approximation of some rank: `B` is `[out, rank]` and `A` is `[rank, in]`, row-major;
    /// the singular values are shared equally between them.
    struct Projection {
        var a: [Float]
        var b: [Float]
        /// Squared Frobenius norms of the approximation and of the whole.
        var kept: Double
        var energy: Double
    }

    /// Adds `factor · B · A`.
    ///
    /// - Parameters:
    ///   - a: `[rank, inputWidth]`, row-major; b: `[outputWidth, rank]`.
    mutating func add(_ factor: Double, a: [Float], b: [Float], rank: Int) {
        let inputs = a.count / rank
        let outputs = b.count / rank
        for index in 0..<rank {
            right.append(a[index * inputs..<(index + 1) * inputs].map(Double.init))
            left.append((0..<outputs).map { factor * Double(b[$0 * rank + index]) })
        }
    }

    /// - Parameters:
    ///   - outputs: the width of what comes out; inputs: of what goes in.
    func projected(to rank: Int, outputs: Int, inputs: Int) -> Projection {
        var result = Projection(
            a: [Float](repeating: 0, count: rank * inputs),
            b: [Float](repeating: 0, count: outputs * rank), kept: 0, energy: 0)
        if left.isEmpty { return result }
        let (q, r) = orthonormalized(left)
        let (p, s) = orthonormalized(right)
        // The product is Q·(R·Sᵀ)·Pᵀ: its core is as small as the ranks together.
        let size = left.count
        var core = (0..<size).map { column in
            (0..<size).map { row in
                (max(row, column)..<size).reduce(0.0) { $0 + r[$1][row] * s[$1][column] }
            }
        }
        let rotation = diagonalize(&core)
        let order = core.indices.sorted { norm(core[$0]) > norm(core[$1]) }
        result.energy = core.reduce(0) { $0 + dot($1, $1) }
        for (index, column) in order.prefix(rank).enumerated() {
            let value = norm(core[column])
            guard value > 0 else { break }
            result.kept += value * value
            let root = value.squareRoot()
            let u = combination(q, core[column].map { $0 / root })
            let v = combination(p, rotation[column].map { $0 * root })
            for row in 0..<outputs { result.b[row * rank + index] = Float(u[row]) }
            for column in 0..<inputs { result.a[index * inputs + column] = Float(v[column]) }
        }
        return result
    }
}

/// Modified Gram–Schmidt, done twice: `columns[j] = Σ_{i ≤ j} q[i] · r[j][i]`.
///
/// A column that depends on those before it leaves a zero one, so that any columns are allowed.
func orthonormalized(_ columns: [[Double]]) -> (q: [[Double]], r: [[Double]]) {
    var q: [[Double]] = []
    var r: [[Double]] = []
    for column in columns {
        var rest = column
        var shares = [Double](repeating: 0, count: columns.count)
        for _ in 0..<2 {
            for (index, direction) in q.enumerated() {
                let share = dot(direction, rest)
                shares[index] += share
                for place in rest.indices { rest[place] -= share * direction[place] }
            }
        }
        let length = norm(rest)
        if length > 1e-12 * norm(column) {
            shares[q.count] = length
            q.append(rest.map { $0 / length })
        } else {
            q.append([Double](repeating: 0, count: column.count))
        }
        r.append(shares)
    }
    return (q, r)
}

/// One-sided Jacobi rotations until the columns are orthogonal (Hestenes 1958).
///
/// - Returns: the columns of the rotation `V`, where the columns are `M · V` afterwards.
private func diagonalize(_ columns: inout [[Double]]) -> [[Double]] {
    let size = columns.count
    var rotation = (0..<size).map { column in (0..<size).map { $0 == column ? 1.0 : 0.0 } }
    var isOrthogonal = false
    var sweeps = 0
    while !isOrthogonal, sweeps < 60 {
        isOrthogonal = true
        sweeps += 1
        for i in 0..<size {
            for j in i + 1..<max(size, i + 1) {
                let (a, b) = (dot(columns[i], columns[i]), dot(columns[j], columns[j]))
                let c = dot(columns[i], columns[j])
                guard abs(c) > 1e-14 * (a * b).squareRoot() else { continue }
                isOrthogonal = false
                let ratio = (b - a) / (2 * c)
                let tangent =
                    (ratio < 0 ? -1 : 1) / (abs(ratio) + (1 + ratio * ratio).squareRoot())
                let cosine = 1 / (1 + tangent * tangent).squareRoot()
                rotate(&columns, i, j, cosine, cosine * tangent)
                rotate(&rotation, i, j, cosine, cosine * tangent)
            }
        }
    }
    return rotation
}

private func rotate(
    _ columns: inout [[Double]], _ i: Int, _ j: Int, _ cosine: Double, _ sine: Double
) {
    for row in columns[i].indices {
        let (x, y) = (columns[i][row], columns[j][row])
        columns[i][row] = cosine * x - sine * y
        columns[j][row] = sine * x + cosine * y
    }
}

private func combination(_ columns: [[Double]], _ factors: [Double]) -> [Double] {
    var sum = [Double](repeating: 0, count: columns[0].count)
    for (column, factor) in zip(columns, factors) where factor != 0 {
        for row in sum.indices { sum[row] += factor * column[row] }
    }
    return sum
}

private func dot(_ a: [Double], _ b: [Double]) -> Double {
    var sum = 0.0
    for index in a.indices { sum += a[index] * b[index] }
    return sum
}

private func norm(_ a: [Double]) -> Double { dot(a, a).squareRoot() }
