import Foundation
internal import CKernels

/// Sums of exponentials over logits that come in parts, one sum per row.
///
/// Everything is relative to the row's largest logit so far and scaled down when that grows.
struct RunningSoftmax {
    /// `[rows]`
    let maxima: UnsafeMutablePointer<Float>
    /// `[rows]`: Σ exp(logit − maximum).
    private let sums: UnsafeMutablePointer<Float>
    /// `[rows, width]`: a sum weighted with the same exponentials, added to by the caller.
    let mixture: UnsafeMutablePointer<Float>
    private let width: Int

    /// Makes empty sums for every slice of a vocabulary.
    static func slices(_ count: Int, rows: Int, width: Int, in buffer: FloatBuffer) -> [Self] {
        let size = 2 * FloatArena.size(rows) + FloatArena.size(rows * width)
        var arena = FloatArena(buffer.reserve(count * size))
        return (0..<count).map { _ in
            let slice = RunningSoftmax(
                maxima: arena.take(rows), sums: arena.take(rows),
                mixture: arena.take(rows * width), width: width)
            slice.maxima.update(repeating: -.infinity, count: rows)
            slice.sums.update(repeating: 0, count: rows)
            slice.mixture.update(repeating: 0, count: rows * width)
            return slice
        }
    }

    /// Adds a part of a row's logits, which are replaced by `exp(logit − maximum)`.
    func add(
        _ logits: UnsafeMutablePointer<Float>, count: Int, row: Int, _ kernels: attune_kernels
    ) {
        let most = kernels.maximum(logits, count)
        if most > maxima[row] {
            let factor = exp(maxima[row] - most)
            sums[row] *= factor
            kernels.multiply_all(mixture + row * width, width, factor)
            maxima[row] = most
        }
        sums[row] += kernels.exp_sum(logits, count, maxima[row])
    }

    /// `log Σ exp` of a row over all slices, in double precision.
    static func logSum(_ slices: [Self], row: Int) -> Double {
        let most = slices.reduce(-Double.infinity) { max($0, Double($1.maxima[row])) }
        let sum = slices.reduce(0) {
            $0 + exp(Double($1.maxima[row]) - most) * Double($1.sums[row])
        }
        return most + log(sum)
    }
}
