/// How the meta-learner starts and learns.
public struct MetaLearnerConfiguration: Codable, Hashable, Sendable {
    /// The weights a fresh meta-learner has.
    public enum Initialization: String, Codable, CaseIterable, Sendable {
        /// All weights 0.1, biases 0, as the reference implementation: 100 units that stay equal
        /// for ever.
        case reference
        /// The same function within 1e-3, with units that can part.
        case brokenSymmetry = "broken-symmetry"
    }

    public var initialization = Initialization.reference
    public var learningRate = 5e-3
    public var weightDecay = 1e-4
    public var beta1 = 0.9
    public var beta2 = 0.95
    /// T_meta, the batches gathered for one update.
    public var batchesPerUpdate = 8

    public init() {}

    func validate() throws(PreferenceLearningError) {
        func require(_ holds: Bool, _ field: String, _ reason: String)
            throws(PreferenceLearningError)
        {
            guard holds else {
                throw .invalidConfiguration(field: "metaLearner.\(field)", reason: reason)
            }
        }
        try require(learningRate.isFinite && learningRate >= 0, "learningRate", "must be ≥ 0")
        try require(weightDecay.isFinite && weightDecay >= 0, "weightDecay", "must be ≥ 0")
        try require((0..<1).contains(beta1), "beta1", "must be in [0, 1)")
        try require((0..<1).contains(beta2), "beta2", "must be in [0, 1)")
        try require(batchesPerUpdate > 0, "batchesPerUpdate", "must be ≥ 1")
    }
}
