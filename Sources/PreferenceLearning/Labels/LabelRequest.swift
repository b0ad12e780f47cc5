public import LanguageModel

/// A prompt with responses the policy sampled, that the meta-learner judged worth a fresh label.
///
/// It carries every figure of the decision, so each ask can be explained long after the round.
public struct LabelRequest: Codable, Hashable, Sendable {
    /// Derived from the round's seed and the pair's id: the same ask has the same id after a
    /// resume.
    public var id: String
    /// The given pair that made the policy ask.
    public var pair: PairExample
    /// At least two distinct responses, in the order they were sampled.
    public var candidates: [String]
    /// The preference score `s = log σ(β_s·Δ)` of the pair when it was asked about.
    public var score: Double
    /// The meta-learner's weight `w = h(s)`.
    public var weight: Double
    /// The uniform draw `u`.
    public var draw: Double
    /// The rule by which these figures made a request.
    public var rule: LabelRequestPolicy.Rule
    /// The checkpoint the round started from; nil for the base model.
    public var checkpoint: String?
    /// Optimiser steps the policy that wrote the candidates had taken since `checkpoint`.
    public var step: Int

    public var prompt: [ChatMessage] { pair.prompt }

    public init(
        id: String, pair: PairExample, candidates: [String], score: Double, weight: Double,
        draw: Double, rule: LabelRequestPolicy.Rule = .weight, checkpoint: String?, step: Int
    ) {
        self.id = id
        self.pair = pair
        self.candidates = candidates
        self.score = score
        self.weight = weight
        self.draw = draw
        self.rule = rule
        self.checkpoint = checkpoint
        self.step = step
    }
}
