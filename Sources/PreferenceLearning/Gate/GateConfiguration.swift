/// The bounds a candidate must keep to be promoted.
public struct GateConfiguration: Codable, Hashable, Sendable {
    /// Held-out prompts below which the gate says "not enough evidence".
    public var minimumHeldOutPrompts = 16
    /// Confidence of the paired bootstrap's interval.
    public var confidence = 0.95
    public var resamples = 2000
    /// How far below zero the interval of the margin's change may reach, in nats.
    public var marginTolerance = 0.0
    /// Least mean change of `log π(y⁺)` from head to candidate, in nats a response.
    public var chosenLogpFloor = -5.0
    /// Most mean token KL(candidate‖base) on the probes, in nats.
    ///
    /// A change of style shows on every prompt: the quick start's person, who likes short and warm
    /// answers, moves the model by about 0.2 in two rounds. A policy that falls apart goes far beyond.
    public var klBudget = 0.25
    /// Bounds of mean answer length, candidate over base, on the probes.
    public var minimumLengthRatio = 0.5
    public var maximumLengthRatio = 1.5
    /// How far the share of probe answers that end by themselves may fall below the base's.
    public var endOfTurnDrop = 0.2
    /// Longest probe answer, in tokens.
    public var probeTokens = 64

    public init() {}

    func validate() throws(PreferenceLearningError) {
        func require(_ holds: Bool, _ field: String, _ reason: String)
            throws(PreferenceLearningError)
        {
            guard holds else { throw .invalidConfiguration(field: "gate.\(field)", reason: reason) }
        }
        try require(minimumHeldOutPrompts >= 2, "minimumHeldOutPrompts", "must be ≥ 2")
        try require(confidence > 0 && confidence < 1, "confidence", "must be in (0, 1)")
        try require(resamples >= 100, "resamples", "must be ≥ 100")
        try require(marginTolerance >= 0, "marginTolerance", "must be ≥ 0")
        try require(chosenLogpFloor.isFinite, "chosenLogpFloor", "must be finite")
        try require(klBudget >= 0, "klBudget", "must be ≥ 0")
        try require(
            minimumLengthRatio >= 0 && minimumLengthRatio < maximumLengthRatio,
            "minimumLengthRatio", "must be below maximumLengthRatio")
        try require(endOfTurnDrop >= 0, "endOfTurnDrop", "must be ≥ 0")
        try require(probeTokens > 0, "probeTokens", "must be ≥ 1")
    }
}
