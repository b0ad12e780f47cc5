/// One optimiser step in figures.
public struct BatchMetrics: Codable, Hashable, Sendable {
    public var batch: Int
    public var chunk: Int
    public var items: Int
    /// Response and prompt tokens the step read.
    public var tokens: Int
    /// Figures under TRL's keys, and `meta/score`, `meta/weight` for items with both sides.
    public var values: [String: Double]
}

/// A round in figures.
///
/// - Invariant: no wall-clock time and nothing else that an interruption could change, since it is
///   part of a content-addressed checkpoint.
public struct RoundMetrics: Codable, Hashable, Sendable {
    public var batches: [BatchMetrics] = []
    /// Requests made, by outcome, and prompts that gave too few candidates.
    public var answered = 0
    public var ties = 0
    public var open = 0
    public var unaskable = 0
    /// Pairs left out because they are longer than the limit.
    public var skipped: [String] = []
    /// Updates of the meta-learner in this round.
    public var learnerUpdates = 0
    /// Held-out figures of the head and of the candidate, both relative to the base; see
    /// ``EvaluationSummary``.
    public var heldOutBefore: EvaluationSummary?
    public var heldOutAfter: EvaluationSummary?

    public init() {}

    /// Means over the round's batches, weighted by items, under TRL's keys.
    public var means: [String: Double] {
        var sums: [String: (total: Double, items: Double)] = [:]
        for batch in batches {
            for (key, value) in batch.values {
                let sum = sums[key] ?? (0, 0)
                let items = Double(batch.items)
                sums[key] = (sum.total + value * items, sum.items + items)
            }
        }
        return sums.mapValues { $0.total / $0.items }
    }
}
