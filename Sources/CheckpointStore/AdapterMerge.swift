/// Several adapters as one: the sum of their weight changes, each times a factor.
public struct AdapterMerge: Sendable {
    public let adapter: Adapter
    /// How much of the sum the new adapter holds: the share of its squared Frobenius norm over all
    /// matrices, 1 when nothing is lost.
    public let retainedEnergy: Double

    init(adapter: Adapter, retainedEnergy: Double) {
        self.adapter = adapter
        self.retainedEnergy = retainedEnergy
    }

    /// Merges adapters of one base model into one of a given shape.
    ///
    /// `ΔW = Σ_k factor_k · ΔW_k`. Factors that sum to 1 give a mean; with one of 1 for each of two
    /// descendants and −1 for their common ancestor, both changes are applied to it. The factors
    /// side by side would be exact; what a lower rank loses is in ``retainedEnergy``.
    ///
    /// - Parameter shape: its target modules must include those of all parts.
    /// - Precondition: there is a part, and all have the same base.
    public init(_ parts: [(factor: Double, adapter: Adapter)], shape: AdapterShape) {
        precondition(Set(parts.map(\.adapter.base.fingerprint)).count == 1, "one base model")
        let base = parts[0].adapter.base
        var values: [String: [Float]] = [:]
        var kept = 0.0
        var energy = 0.0
        let scale = shape.alpha / Double(shape.rank)
        for matrix in Adapter.matrices(base: base, shape: shape) {
            var product = LowRankProduct()
            for (factor, adapter) in parts
            where adapter.shape.targetModules.contains(matrix.target) {
                let rank = adapter.shape.rank
                product.add(
                    factor * adapter.shape.alpha / Double(rank) / scale,
                    a: adapter.values[matrix.aName] ?? [], b: adapter.values[matrix.bName] ?? [],
                    rank: rank)
            }
            let projection = product.projected(
                to: shape.rank, outputs: matrix.outputWidth, inputs: matrix.inputWidth)
            values[matrix.aName] = projection.a
            values[matrix.bName] = projection.b
            kept += projection.kept
            energy += projection.energy
        }
        adapter = Adapter(base: base, shape: shape, values: values)
        retainedEnergy = energy > 0 ? kept / energy : 1
    }
}
