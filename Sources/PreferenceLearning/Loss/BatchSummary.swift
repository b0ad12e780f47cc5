/// Gathers a batch's figures while its items pass.
package struct BatchSummary {
    private let beta: Double
    private var items = 0
    private var tokens = 0
    private var loss = 0.0
    /// One entry for each pair, so two for an item with both sides.
    private var pairs = 0
    private var sums: [String: Double] = [:]
    /// Responses that were rated alone; TRL's figures leave them out.
    private var ratings = 0
    private var ratingMargins = 0.0
    private var weights = 0.0
    /// What the meta-learner learns from.
    package private(set) var samples: [MetaSample] = []

    init(beta: Double) {
        self.beta = beta
    }

    mutating func add(
        _ value: MetaWeightedLoss.Value, policy: PairSides<PairLogps>,
        reference: PairSides<PairLogps>, tokens: Int
    ) {
        items += 1
        self.tokens += tokens
        loss += value.loss
        if let sample = value.sample, let weight = value.weight {
            samples.append(sample)
            weights += weight
        }
        for (policy, reference) in zip(policy.values, reference.values) {
            guard !policy.isRating else {
                ratings += 1
                ratingMargins += beta * policy.margin(over: reference)
                continue
            }
            pairs += 1
            let margin = policy.margin(over: reference)
            sums["rewards/chosen", default: 0] += beta * (policy.chosen - reference.chosen)
            sums["rewards/rejected", default: 0] += beta * (policy.rejected - reference.rejected)
            sums["rewards/margins", default: 0] += beta * margin
            sums["rewards/accuracies", default: 0] += margin > 0 ? 1 : 0
            sums["logps/chosen", default: 0] += policy.chosen
            sums["logps/rejected", default: 0] += policy.rejected
        }
    }

    package func metrics(
        batch: Int, chunk: Int, gradientNorm: Double, learningRate: Double
    ) -> BatchMetrics {
        // Without a pair there is no sum either.
        var values = sums.mapValues { $0 / Double(pairs) }
        if ratings > 0 { values["ratings/margins"] = ratingMargins / Double(ratings) }
        values["loss"] = loss / Double(items)
        values["grad_norm"] = gradientNorm
        values["learning_rate"] = learningRate
        if !samples.isEmpty {
            let count = Double(samples.count)
            values["meta/weight"] = weights / count
            values["meta/score"] = samples.reduce(0) { $0 + $1.score } / count
        }
        return BatchMetrics(
            batch: batch, chunk: chunk, items: items, tokens: tokens, values: values)
    }
}
