/// The log-probabilities of a pair's two responses under one model.
///
/// Of a rated response one side is missing: no tokens, and 0 nats.
///
/// - Units: nats, summed over the response's tokens, end-of-turn included, prompt excluded.
public struct PairLogps: Codable, Hashable, Sendable {
    public var chosen: Double
    public var rejected: Double
    /// Response tokens behind `chosen`, end-of-turn included.
    public var chosenTokens: Int
    /// Response tokens behind `rejected`, end-of-turn included.
    public var rejectedTokens: Int

    public init(chosen: Double, rejected: Double, chosenTokens: Int, rejectedTokens: Int) {
        self.chosen = chosen
        self.rejected = rejected
        self.chosenTokens = chosenTokens
        self.rejectedTokens = rejectedTokens
    }

    /// Whether one side is missing.
    public var isRating: Bool { chosenTokens == 0 || rejectedTokens == 0 }

    /// Measures how much further this model prefers the chosen response than `reference` does.
    ///
    /// `Δ = [log π(y⁺|x) − log π_ref(y⁺|x)] − [log π(y⁻|x) − log π_ref(y⁻|x)]`, nats.
    public func margin(over reference: PairLogps) -> Double {
        (chosen - reference.chosen) - (rejected - reference.rejected)
    }
}
