/// A pair scored by a policy against a reference.
///
/// - Units: nats, summed over response tokens, end-of-turn included.
public struct PairEvaluation: Codable, Hashable, Sendable {
    public var id: String
    /// Equal for pairs of the same prompt.
    public var promptKey: String
    public var policyChosen: Double
    public var policyRejected: Double
    public var referenceChosen: Double
    public var referenceRejected: Double
    /// `Δ`: how much further the policy prefers the chosen response than the reference does.
    public var margin: Double
    public var chosenTokens: Int
    public var rejectedTokens: Int

    public init(id: String, promptKey: String, policy: PairLogps, reference: PairLogps) {
        self.id = id
        self.promptKey = promptKey
        policyChosen = policy.chosen
        policyRejected = policy.rejected
        referenceChosen = reference.chosen
        referenceRejected = reference.rejected
        margin = policy.margin(over: reference)
        chosenTokens = policy.chosenTokens
        rejectedTokens = policy.rejectedTokens
    }
}
