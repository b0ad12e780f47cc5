/// What a set of scored pairs says about a policy.
public struct EvaluationSummary: Codable, Hashable, Sendable {
    public var pairs: Int
    public var prompts: Int
    /// Share of pairs with a positive margin, a zero margin counting one half, with its interval
    /// clustered by prompt.
    public var accuracy: Interval?
    /// The accuracy of always preferring the response with more tokens: the row any accuracy must
    /// be read beside.
    public var lengthOnlyAccuracy: Interval?
    /// The mean of `Δ` with its interval clustered by prompt, nats.
    public var margin: Interval?
    /// Means under TRL's keys; implicit rewards are `β·(log π − log π_ref)`.
    public var values: [String: Double]

    /// - Parameter beta: scales the implicit rewards, not the margins.
    public init(
        of evaluations: [PairEvaluation], beta: Double = 0.1,
        bootstrap: ClusterBootstrap = ClusterBootstrap()
    ) {
        let keys = evaluations.map(\.promptKey)
        func interval(_ value: (PairEvaluation) -> Double) -> Interval? {
            bootstrap.interval(of: evaluations.map(value), clusteredBy: keys)
        }
        func mean(_ value: (PairEvaluation) -> Double) -> Double {
            evaluations.reduce(0) { $0 + value($1) } / Double(evaluations.count)
        }
        pairs = evaluations.count
        prompts = Set(keys).count
        accuracy = interval { Self.verdict($0.margin) }
        lengthOnlyAccuracy = interval {
            Self.verdict(Double($0.chosenTokens - $0.rejectedTokens))
        }
        margin = interval(\.margin)
        guard !evaluations.isEmpty else {
            values = [:]
            return
        }
        values = [
            "rewards/chosen": mean { beta * ($0.policyChosen - $0.referenceChosen) },
            "rewards/rejected": mean { beta * ($0.policyRejected - $0.referenceRejected) },
            "rewards/accuracies": mean { Self.verdict($0.margin) },
            "rewards/margins": mean { beta * $0.margin },
            "logps/chosen": mean(\.policyChosen),
            "logps/rejected": mean(\.policyRejected),
        ]
    }

    /// 1 for a preference of the chosen side, 0 for the other, ½ for none.
    private static func verdict(_ difference: Double) -> Double {
        difference > 0 ? 1 : difference == 0 ? 0.5 : 0
    }
}
