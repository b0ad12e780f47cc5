import Foundation

/// A matrix `[rows, columns]` with all its entries, row-major: for what is not a sum of factors.
struct DenseMatrix {
    let rows: Int
    let columns: Int
    var values: [Float]

    init(rows: Int, columns: Int) {
        self.rows = rows
        self.columns = columns
        values = [Float](repeating: 0, count: rows * columns)
    }

    /// Adds `factor · B · A` for `B [rows, rank]` and `A [rank, columns]`, row-major.
    mutating func add(_ factor: Float, a: [Float], b: [Float], rank: Int) {
        for row in 0..<rows {
            for index in 0..<rank {
                let scale = factor * b[row * rank + index]
                if scale == 0 { continue }
                accumulate(scale, a, from: index * columns, into: row * columns)
            }
        }
    }

    private mutating func accumulate(_ scale: Float, _ source: [Float], from: Int, into: Int) {
        values.withUnsafeMutableBufferPointer { target in
            source.withUnsafeBufferPointer { source in
                for column in 0..<columns { target[into + column] += scale * source[from + column] }
            }
        }
    }

    var squaredNorm: Double { values.reduce(0) { $0 + Double($1) * Double($1) } }

    /// Two thin factors whose product is close to the best one of their rank: the range of the matrix by subspace
    /// iteration from a fixed start, then the matrix projected on it.
    ///
    /// - Returns: `left [rows, rank]` with orthonormal columns and `right [rank, columns]`, row-major.
    /// - Source: Halko, Martinsson, Tropp 2011, algorithm 4.4.
    func factors(rank: Int, iterations: Int = 4) -> (left: [Float], right: [Float]) {
        let rank = min(rank, rows, columns)
        var generator = FixedGenerator()
        var right = (0..<rank * columns).map { _ in generator.next() }
        var left: [[Double]] = []
        for _ in 0...iterations {
            left = orthonormalized(timesTransposed(right, rank)).q
            right = transposedTimes(left)
        }
        var flat = [Float](repeating: 0, count: rows * rank)
        for (index, column) in left.enumerated() {
            for row in 0..<rows { flat[row * rank + index] = Float(column[row]) }
        }
        return (flat, right)
    }

    /// The columns of `M · Rᵀ` for `R [rank, columns]`.
    private func timesTransposed(_ right: [Float], _ rank: Int) -> [[Double]] {
        var result = [[Double]](repeating: [Double](repeating: 0, count: rows), count: rank)
        values.withUnsafeBufferPointer { values in
            right.withUnsafeBufferPointer { right in
                for row in 0..<rows {
                    for index in 0..<rank {
                        var sums = SIMD16<Float>(repeating: 0)
                        var column = 0
                        let (mine, theirs) = (
                            values.baseAddress! + row * columns,
                            right.baseAddress! + index * columns
                        )
                        while column + 16 <= columns {
                            sums +=
                                UnsafeRawPointer(mine + column).loadUnaligned(
                                    as: SIMD16<Float>.self)
                                * UnsafeRawPointer(theirs + column).loadUnaligned(
                                    as: SIMD16<Float>.self)
                            column += 16
                        }
                        var sum = sums.sum()
                        while column < columns {
                            sum += mine[column] * theirs[column]
                            column += 1
                        }
                        result[index][row] = Double(sum)
                    }
                }
            }
        }
        return result
    }

    /// `[rank, columns]` of `Qᵀ · M` for the columns of `Q`.
    private func transposedTimes(_ left: [[Double]]) -> [Float] {
        var result = DenseMatrix(rows: left.count, columns: columns)
        for row in 0..<rows {
            for (index, column) in left.enumerated() {
                result.accumulate(
                    Float(column[row]), values, from: row * columns, into: index * columns)
            }
        }
        return result.values
    }
}

/// Numbers from −1 to 1, the same ones everywhere (SplitMix64).
private struct FixedGenerator {
    private var state: UInt64 = 0x5EED

    mutating func next() -> Float {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return Float((z ^ (z >> 31)) >> 40) / Float(1 << 23) - 1
    }
}
