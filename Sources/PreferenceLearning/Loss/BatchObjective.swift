package import LanguageModel

/// The mean objective of a batch and its gradient by the adapter.
package struct BatchObjective {
    /// An item's tokens with what the reference says of them.
    package typealias Item = (tokens: PairSides<TokenizedPair>, reference: PairSides<PairLogps>)

    private let loss: MetaWeightedLoss
    private let context: ComputeContext

    package init(loss: MetaWeightedLoss, context: ComputeContext) {
        self.loss = loss
        self.context = context
    }

    /// Runs the batch forward and backward, an item at a time: its responses share one prompt.
    ///
    /// - Returns: the gradient, laid out as the adapter's parameters, and the batch's figures.
    /// - Throws: ``PreferenceLearningError/notFinite(what:pair:)``, and what the engine throws.
    package func gradient(
        of batch: [Item], policy: LoRAAdapter
    ) throws -> (gradient: [Float], summary: BatchSummary) {
        var gradient = [Float](repeating: 0, count: policy.parameters.count)
        var summary = BatchSummary(beta: loss.pairLoss.objective.beta)
        for (tokens, reference) in batch {
            let pairs = tokens.values
            let group = ResponseGroup(
                prompt: pairs[0].prompt, responses: pairs.flatMap(\.responses))
            let logps = tokens.logps(try context.forward(group, adapter: policy))
            let value = loss(policy: logps, reference: reference)
            let derivatives = zip(pairs, value.sides.values).flatMap { pair, side in
                (pair.chosen.isEmpty ? [] : [side.chosenGradient])
                    + (pair.rejected.isEmpty ? [] : [side.rejectedGradient])
            }
            guard value.loss.isFinite, derivatives.allSatisfy(\.isFinite) else {
                throw PreferenceLearningError.notFinite(what: "the loss", pair: pairs[0].id)
            }
            try context.backward(
                dLogps: derivatives.map { Float($0 / Double(batch.count)) },
                accumulating: &gradient)
            summary.add(
                value, policy: logps, reference: reference,
                tokens: group.prompt.count + group.responses.reduce(0) { $0 + $1.count })
        }
        return (gradient, summary)
    }
}

extension PairSides<TokenizedPair> {
    /// Log-probabilities of each pair, given all responses' scores in order.
    fileprivate func logps(_ scores: [ResponseLogps]) -> PairSides<PairLogps> {
        switch self {
        case .offline(let pair): .offline(pair.logps(scores))
        case .online(let pair): .online(pair.logps(scores))
        case .both(let offline, let online):
            .both(
                offline: offline.logps(scores.prefix(offline.responses.count)),
                online: online.logps(scores.dropFirst(offline.responses.count)))
        }
    }
}
