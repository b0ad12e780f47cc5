import CheckpointStore
import TestSupport
import Testing

@Suite struct AdapterMergeTests {
    /// Wide enough that no matrix has all the ranks that are tried.
    private let base = BaseModel(
        fingerprint: Sample.base.fingerprint, name: "small", architecture: "llama", layerCount: 2,
        width: 24, headCount: 3, keyValueHeadCount: 1, headSize: 8, feedForwardWidth: 30)

    private func adapter(seed: UInt64, rank: Int, alpha: Double = 16) -> Adapter {
        Sample.adapter(seed: seed, shape: AdapterShape(rank: rank, alpha: alpha), base: base)
    }

    /// All entries of all weight changes, in double precision.
    private func dense(_ adapter: Adapter) -> [Double] {
        let scale = adapter.shape.alpha / Double(adapter.shape.rank)
        return adapter.matrices.flatMap { matrix in
            let (a, b) = (adapter.a(of: matrix), adapter.b(of: matrix))
            return (0..<matrix.outputWidth).flatMap { row in
                (0..<matrix.inputWidth).map { column in
                    (0..<matrix.rank).reduce(0.0) {
                        $0 + scale * Double(b[row * matrix.rank + $1])
                            * Double(a[$1 * matrix.inputWidth + column])
                    }
                }
            }
        }
    }

    private func distance(_ a: [Double], _ b: [Double]) -> Double {
        let square = zip(a, b).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
        return (square / b.reduce(0) { $0 + $1 * $1 }).squareRoot()
    }

    @Test func mergingWithItselfChangesNothing() {
        let one = adapter(seed: 1, rank: 3)
        let merge = AdapterMerge([(0.5, one), (0.5, one)], shape: one.shape)
        #expect(distance(dense(merge.adapter), dense(one)) < 1e-6)
        #expect(abs(merge.retainedEnergy - 1) < 1e-12)
    }

    @Test func aRankWithRoomForAllIsExact() {
        let (one, other) = (adapter(seed: 1, rank: 2), adapter(seed: 2, rank: 3, alpha: 4))
        let merge = AdapterMerge(
            [(0.7, one), (0.3, other)], shape: AdapterShape(rank: 5, alpha: 10))
        let expected = zip(dense(one), dense(other)).map { 0.7 * $0 + 0.3 * $1 }
        #expect(distance(dense(merge.adapter), expected) < 1e-6)
        #expect(abs(merge.retainedEnergy - 1) < 1e-12)
    }

    /// The paper's three steps written out, with nothing lost by the rank.
    @Test func tiesTrimsElectsAndTakesTheMeanOfThoseThatAgree() {
        let ancestor = adapter(seed: 3, rank: 2)
        let parts = [
            (weight: 0.7, adapter: adapter(seed: 1, rank: 2)),
            (weight: 0.3, adapter: adapter(seed: 2, rank: 2)),
        ]
        let merge = AdapterMerge(
            ties: parts, since: ancestor, shape: AdapterShape(rank: 24, alpha: 24))
        var expected: [Double] = []
        var start = 0
        let before = dense(ancestor)
        for matrix in ancestor.matrices {
            let range = start..<start + matrix.outputWidth * matrix.inputWidth
            let changes = parts.map { part in
                let change = zip(dense(part.adapter)[range], before[range]).map { $0 - $1 }
                let kept = Int((Double(change.count) * 0.2).rounded(.up))
                let least = change.map(abs).sorted(by: >)[kept - 1]
                return (part.weight, change.map { abs($0) >= least ? $0 : 0 })
            }
            for (place, old) in before[range].enumerated() {
                let all = changes.map { ($0.0, $0.1[place]) }
                let total = all.reduce(0) { $0 + $1.0 * $1.1 }
                let agreeing = all.filter { $0.1 * total > 0 }
                let weight = agreeing.reduce(0) { $0 + $1.0 }
                expected.append(
                    old + (weight > 0 ? agreeing.reduce(0) { $0 + $1.0 * $1.1 } / weight : 0))
            }
            start = range.upperBound
        }
        #expect(distance(dense(merge.adapter), expected) < 1e-5)
        #expect(merge.retainedEnergy > 0.999)
    }

    @Test func tiesOfTheSameChangeIsItsLargestFifth() {
        let one = adapter(seed: 1, rank: 3)
        let merge = AdapterMerge(
            ties: [(0.5, one), (0.5, one)], since: nil, shape: AdapterShape(rank: 24, alpha: 24))
        let (new, old) = (dense(merge.adapter), dense(one))
        let kept = zip(new, old).count { abs($0 - $1) < 1e-4 && abs($1) > 1e-3 }
        #expect((0.19...0.24).contains(Double(kept) / Double(old.count)))
    }

    @Test func changesSinceACommonAncestorAreBothApplied() {
        let ancestor = adapter(seed: 3, rank: 2)
        let (one, other) = (adapter(seed: 1, rank: 2), adapter(seed: 2, rank: 2))
        let merge = AdapterMerge(
            [(1, one), (1, other), (-1, ancestor)], shape: AdapterShape(rank: 6, alpha: 12))
        let expected = zip(zip(dense(one), dense(other)), dense(ancestor)).map { $0.0 + $0.1 - $1 }
        #expect(distance(dense(merge.adapter), expected) < 1e-6)
    }

    /// What is lost is stated truly: with orthogonal singular vectors the error's square is what the
    /// energy lacks.
    @Test func theRetainedEnergyIsWhatALowerRankKeeps() {
        let (one, other) = (adapter(seed: 1, rank: 4), adapter(seed: 2, rank: 4))
        let expected = zip(dense(one), dense(other)).map { 0.5 * $0 + 0.5 * $1 }
        var last = 0.0
        for rank in 1...8 {
            let merge = AdapterMerge(
                [(0.5, one), (0.5, other)], shape: AdapterShape(rank: rank, alpha: 16))
            let error = distance(dense(merge.adapter), expected)
            #expect(abs(error * error - (1 - merge.retainedEnergy)) < 1e-5)
            #expect(merge.retainedEnergy > last)
            last = merge.retainedEnergy
        }
        #expect(abs(last - 1) < 1e-12)
    }

    /// No other product of the rank comes closer, the parts' own factors averaged least of all.
    @Test func averagedFactorsAreFarWorse() {
        let (one, other) = (adapter(seed: 1, rank: 4), adapter(seed: 2, rank: 4))
        let expected = zip(dense(one), dense(other)).map { 0.5 * $0 + 0.5 * $1 }
        let merge = AdapterMerge([(0.5, one), (0.5, other)], shape: one.shape)
        let naive = Adapter(
            base: base, shape: one.shape,
            values: one.values.merging(other.values) { zip($0, $1).map { ($0 + $1) / 2 } })
        #expect(distance(dense(merge.adapter), expected) < distance(dense(naive), expected))
    }

    @Test func aTargetThatOnePartLacksKeepsTheOther() {
        let one = adapter(seed: 1, rank: 2)
        let shape = AdapterShape(rank: 2, alpha: 16, targetModules: [.query])
        let other = Adapter(
            base: base, shape: shape, values: one.values.filter { $0.key.contains("attn_q") })
        let merge = AdapterMerge([(0.5, one), (0.5, other)], shape: one.shape)
        let expected = one.matrices.flatMap { matrix in
            let half = matrix.target == .query ? 1.0 : 0.5
            let count = matrix.inputWidth * matrix.outputWidth
            return [Double](repeating: half, count: count)
        }
        #expect(
            distance(dense(merge.adapter), zip(dense(one), expected).map { $0 * $1 }) < 1e-6)
    }

    @Test func nothingAtAllMergesToNothing() {
        let shape = AdapterShape(rank: 2, alpha: 16)
        var values = adapter(seed: 1, rank: 2).values
        for (name, numbers) in values where name.hasSuffix("lora_b") {
            values[name] = numbers.map { _ in 0 }
        }
        let zero = Adapter(base: base, shape: shape, values: values)
        let merge = AdapterMerge([(0.5, zero), (0.5, zero)], shape: shape)
        #expect(merge.adapter.values.values.allSatisfy { $0.allSatisfy { $0 == 0 } })
        #expect(merge.retainedEnergy == 1)
    }
}
