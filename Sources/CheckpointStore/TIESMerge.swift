import Foundation
import Synchronization

/// Changes of weights that several adapters made since a common ancestor, brought together so that they do not cancel
/// where they disagree: small changes are left out, each weight goes the way most of the change goes, and only those
/// that go that way count.
///
/// - Source: Yadav et al. 2023, "TIES-Merging" (arXiv 2306.01708), for each matrix by itself, as PEFT's `ties_svd` does.
struct TIESMerge {
    /// The share of a change's entries that is kept, the largest ones; the paper's.
    static let density = 0.2

    /// Their weights, with the changes.
    let parts: [(weight: Float, change: DenseMatrix)]

    /// The change that is to be applied to the ancestor.
    func merged() -> DenseMatrix {
        let (rows, columns) = (parts[0].change.rows, parts[0].change.columns)
        let trimmed = parts.map { ($0.weight, Self.trimmed($0.change.values)) }
        var result = DenseMatrix(rows: rows, columns: columns)
        for place in result.values.indices {
            let total = trimmed.reduce(0) { $0 + $1.0 * $1.1[place] }
            if total == 0 { continue }
            var (sum, weights): (Float, Float) = (0, 0)
            for (weight, values) in trimmed where values[place] * total > 0 {
                sum += weight * values[place]
                weights += weight
            }
            if weights > 0 { result.values[place] = sum / weights }
        }
        return result
    }

    /// The values with all but the largest set to zero.
    static func trimmed(_ values: [Float]) -> [Float] {
        let kept = Int((Double(values.count) * density).rounded(.up))
        // Magnitudes order as their bit patterns do: first by the upper half, then within one of those.
        var counts = [Int](repeating: 0, count: 1 << 16)
        for value in values { counts[Int(value.magnitude.bitPattern >> 16)] += 1 }
        var bucket = counts.count - 1
        var above = 0
        while bucket > 0, above + counts[bucket] < kept {
            above += counts[bucket]
            bucket -= 1
        }
        let border = values.filter { Int($0.magnitude.bitPattern >> 16) == bucket }
            .map(\.magnitude).sorted(by: >)
        let threshold = border[min(kept - above, border.count) - 1]
        return values.map { $0.magnitude >= threshold ? $0 : 0 }
    }
}

extension AdapterMerge {
    /// Merges adapters by TIES on top of their common ancestor, or of the bare base model.
    ///
    /// The merged change has any rank; the new adapter has the best product of its own, found by subspace iteration.
    ///
    /// - Parameters:
    ///   - parts: what each counts, and the adapter.
    ///   - shape: its target modules must include those of all parts.
    public init(
        ties parts: [(weight: Double, adapter: Adapter)], since ancestor: Adapter?,
        shape: AdapterShape
    ) {
        let base = parts[0].adapter.base
        let matrices = Adapter.matrices(base: base, shape: shape)
        let scale = Float(shape.alpha / Double(shape.rank))
        let found = Slots(matrices.count)
        DispatchQueue.concurrentPerform(iterations: matrices.count) { index in
            let matrix = matrices[index]
            let (rows, columns) = (matrix.outputWidth, matrix.inputWidth)
            let changes = parts.map { part in
                var change = DenseMatrix(rows: rows, columns: columns)
                change.add(part.adapter, matrix, 1)
                if let ancestor { change.add(ancestor, matrix, -1) }
                return (Float(part.weight), change)
            }
            var merged = TIESMerge(parts: changes).merged()
            if let ancestor { merged.add(ancestor, matrix, 1) }
            let rank = min(2 * shape.rank + 8, rows, columns)
            let (left, right) = merged.factors(rank: rank)
            var product = LowRankProduct()
            product.add(Double(1 / scale), a: right, b: left, rank: rank)
            var projection = product.projected(to: shape.rank, outputs: rows, inputs: columns)
            projection.energy = merged.squaredNorm / Double(scale * scale)
            found.set(index, projection)
        }
        var values: [String: [Float]] = [:]
        var (kept, energy) = (0.0, 0.0)
        for (matrix, projection) in zip(matrices, found.all) {
            values[matrix.aName] = projection.a
            values[matrix.bName] = projection.b
            kept += projection.kept
            energy += projection.energy
        }
        self.init(
            adapter: Adapter(base: base, shape: shape, values: values),
            retainedEnergy: energy > 0 ? min(1, kept / energy) : 1)
    }
}

extension DenseMatrix {
    /// Adds an adapter's change of one matrix.
    fileprivate mutating func add(_ adapter: Adapter, _ matrix: Adapter.Matrix, _ factor: Float) {
        guard adapter.shape.targetModules.contains(matrix.target) else { return }
        let rank = adapter.shape.rank
        add(
            factor * Float(adapter.shape.alpha / Double(rank)),
            a: adapter.values[matrix.aName] ?? [], b: adapter.values[matrix.bName] ?? [], rank: rank
        )
    }
}

/// Results of tasks that run at once, each in its own place.
private final class Slots: Sendable {
    private let found: Mutex<[LowRankProduct.Projection?]>

    init(_ count: Int) { found = Mutex(Array(repeating: nil, count: count)) }

    func set(_ index: Int, _ projection: LowRankProduct.Projection) {
        found.withLock { $0[index] = projection }
    }

    var all: [LowRankProduct.Projection] { found.withLock { $0.compactMap(\.self) } }
}
