public import LanguageModel

/// Every hyperparameter of an alignment round.
public struct RoundConfiguration: Codable, Hashable, Sendable {
    /// The model the policy is compared with while it trains.
    public enum Reference: String, Codable, CaseIterable, Sendable {
        /// The adapter in use when the round began: the reference moves with each promotion.
        case head
        /// The model without any adapter: drift is measured from the same place in every round.
        case base
    }

    // MARK: Objective

    /// Which preference loss is minimised, and its temperature β.
    public var objective = PreferenceLoss.Objective.dpo(beta: 0.1)
    /// Probability ε that a label is wrong (conservative DPO); 0 turns it off.
    public var labelSmoothing = 0.0
    /// Weight of the chosen response's mean token negative log-likelihood; keeps its likelihood
    /// from falling.
    public var nllCoefficient = 0.0
    /// β_s in the preference score `s = log σ(β_s·Δ)`, the meta-learner's only input.
    public var scoreBeta = 1.0
    public var reference = Reference.head
    public var weighting = OfflineWeighting.metaLearner

    // MARK: Optimiser

    /// Peak learning rate of AdamW on the adapter.
    ///
    /// Found by a sweep on SmolLM2-135M-Instruct: one round over 100 pairs of distinct prompts
    /// (AlpacaEval annotations, 600 characters a pair at most), rank 8, batch 8, nobody asked;
    /// change of the margin on 64 held-out prompts, nats, with its 95 % interval, one seed.
    ///
    ///     1e-4   +0.17   0.05 … 0.29   chosen log-probability +0.08
    ///     3e-4   +0.48   0.12 … 0.84   chosen log-probability +0.12
    ///     1e-3   +1.22   0.28 … 2.18   chosen log-probability −0.63
    ///
    /// With two more seeds (other pairs, other held-out prompts) 3e-4 gave +0.44 (0.08 … 0.82) and
    /// +0.30 (0.09 … 0.53), KL to the base 0.017 and 0.005, and the default gate promoted both.
    public var learningRate = 3e-4
    public var beta1 = 0.9
    public var beta2 = 0.95
    public var weightDecay = 0.0
    /// Largest L2 norm of the whole gradient; longer ones are scaled back to it.
    public var gradientNorm = 1.0
    /// Share of the round's steps in which the learning rate rises linearly.
    public var warmupShare = 0.03
    /// Where the cosine ends, as a share of the peak.
    public var finalLearningRateShare = 0.1
    /// Items per optimiser step.
    public var batchSize = 8
    public var lora = LoRAConfiguration()

    // MARK: Window

    /// Items scored and asked about together before they are trained on; a multiple of `batchSize`.
    public var chunkSize = 32
    /// Share of the window taken from pairs of earlier rounds.
    public var replayShare = 0.4
    /// Pairs a round trains on at most.
    public var windowLimit = 512
    /// Held-out pairs evaluated at most.
    public var heldOutLimit = 200
    /// Longest prompt with its longest response, in tokens; longer pairs are skipped and reported.
    public var maximumSequenceLength = 1024

    // MARK: Label requests

    public var asking = LabelRequestPolicy.Rule.weight
    /// The chance to ask about a pair when `asking` is `random`.
    public var askingShare = 0.5
    /// K, the responses sampled for one request.
    public var candidates = 8
    public var temperature: Float = 1
    public var topP: Float = 1
    /// A candidate still unfinished after this many tokens is dropped.
    public var maximumNewTokens = 256

    // MARK: Arithmetic

    /// How activations enter products with the frozen weights; part of the plan, so that a resumed
    /// round goes on as it began. `Tools/benchmarks/engine --cost` shows what each one changes.
    public var precision = ComputePrecision(training: .int16, sampling: .int8)

    public var metaLearner = MetaLearnerConfiguration()
    public var gate = GateConfiguration()

    public init() {}

    /// Longest pair that a round on this model takes, in tokens.
    package func tokenLimit(on model: Transformer) -> Int {
        min(maximumSequenceLength, model.configuration.contextLength)
    }

    /// Whether responses that were rated alone can be trained on.
    package var takesRatings: Bool { loss.takesRatings && weighting != .onlineOnly }

    /// The loss these settings describe.
    public var loss: PreferenceLoss {
        PreferenceLoss(
            objective: objective, labelSmoothing: labelSmoothing, nllCoefficient: nllCoefficient)
    }
}

extension RoundConfiguration {
    /// Refuses settings no round can run with, naming the first bad field.
    public func validate() throws(PreferenceLearningError) {
        func require(_ holds: Bool, _ field: String, _ reason: String)
            throws(PreferenceLearningError)
        {
            guard holds else { throw .invalidConfiguration(field: field, reason: reason) }
        }
        try require(loss.isValid, "objective", "needs finite, positive coefficients")
        try require((0..<0.5).contains(labelSmoothing), "labelSmoothing", "must be in [0, 0.5)")
        try require(
            nllCoefficient.isFinite && nllCoefficient >= 0, "nllCoefficient", "must be ≥ 0")
        try require(scoreBeta.isFinite && scoreBeta > 0, "scoreBeta", "must be > 0")
        try require(learningRate.isFinite && learningRate >= 0, "learningRate", "must be ≥ 0")
        try require((0..<1).contains(beta1), "beta1", "must be in [0, 1)")
        try require((0..<1).contains(beta2), "beta2", "must be in [0, 1)")
        try require(weightDecay.isFinite && weightDecay >= 0, "weightDecay", "must be ≥ 0")
        try require(gradientNorm.isFinite && gradientNorm > 0, "gradientNorm", "must be > 0")
        try require((0...1).contains(warmupShare), "warmupShare", "must be in [0, 1]")
        try require(
            (0...1).contains(finalLearningRateShare), "finalLearningRateShare",
            "must be in [0, 1]")
        try require(precision.training != .int8, "precision", "must not be int8 for training")
        try require(batchSize > 0, "batchSize", "must be ≥ 1")
        try require(
            chunkSize > 0 && chunkSize.isMultiple(of: max(batchSize, 1)), "chunkSize",
            "must be a multiple of batchSize")
        try require((0..<1).contains(replayShare), "replayShare", "must be in [0, 1)")
        try require(windowLimit > 0, "windowLimit", "must be ≥ 1")
        try require(heldOutLimit >= 0, "heldOutLimit", "must be ≥ 0")
        try require(maximumSequenceLength > 1, "maximumSequenceLength", "must be ≥ 2")
        try require((0...1).contains(askingShare), "askingShare", "must be in [0, 1]")
        try require(candidates >= 2, "candidates", "must be ≥ 2")
        try require(temperature.isFinite && temperature > 0, "temperature", "must be > 0")
        try require(topP > 0 && topP <= 1, "topP", "must be in (0, 1]")
        try require(maximumNewTokens > 0, "maximumNewTokens", "must be ≥ 1")
        try metaLearner.validate()
        try gate.validate()
    }
}
