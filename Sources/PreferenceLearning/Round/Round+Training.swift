import LanguageModel

/// Where the round learns: one optimiser step for each batch.
extension Round {
    /// Takes one step on the chunk's next batch.
    ///
    /// The weights of items with both sides come from the policy as it is now, not as it was when
    /// the chunk was scored.
    func train(with scorer: PairScorer, in environment: any RoundEnvironment) throws {
        let clock = ContinuousClock()
        let began = clock.now
        let range = walk.batch(state.record.batch, ofChunk: state.record.chunk)
        let objective = objective
        var gradient = [Float](repeating: 0, count: policy.parameters.count)
        var summary = BatchSummary(beta: configuration.objective.beta)
        for index in range {
            let item = try trainingTokens(of: walk.items[index])
            let pairs = item.values
            let responses = pairs.flatMap { [$0.chosen, $0.rejected] }
            let reference = try item.map { try scorer.logps($0, under: self.reference) }
            let scores = try context.forward(
                ResponseGroup(prompt: pairs[0].prompt, responses: responses), adapter: policy)
            let logps = item.logps(scores)
            let value = objective(policy: logps, reference: reference)
            let derivatives = value.sides.values.flatMap {
                [$0.chosenGradient, $0.rejectedGradient]
            }
            guard value.loss.isFinite, derivatives.allSatisfy(\.isFinite) else {
                throw PreferenceLearningError.notFinite(what: "the loss", pair: pairs[0].id)
            }
            try context.backward(
                dLogps: derivatives.map { Float($0 / Double(range.count)) },
                accumulating: &gradient)
            summary.add(
                value, policy: logps, reference: reference,
                tokens: pairs[0].prompt.count + responses.reduce(0) { $0 + $1.count })
        }
        let norm = clip(&gradient, toNorm: configuration.gradientNorm)
        guard norm.isFinite else {
            throw PreferenceLearningError.notFinite(
                what: "the gradient", pair: walk.items[range.lowerBound].tokens.values[0].id)
        }
        let rate = schedule.rate(at: state.step)
        state.optimizer.update(&policy.parameters, gradient: gradient, learningRate: rate)
        state.parameters = policy.parameters
        let update = state.record.learner.observe(summary.samples)
        if update != nil { state.record.metrics.learnerUpdates += 1 }
        let metrics = summary.metrics(
            batch: state.metrics.batches.count, chunk: state.record.chunk, gradientNorm: norm,
            learningRate: rate)
        state.record.metrics.batches.append(metrics)
        advance()
        environment.report(
            .trained(
                metrics,
                pace: stopwatch.add(
                    tokens: metrics.tokens, over: clock.now - began,
                    batchesDone: state.metrics.batches.count, batches: walk.batchCount)))
        if let update {
            environment.report(
                .learnerUpdated(metaLoss: update.metaLoss, samples: update.samples))
        }
    }

    /// An item as it is trained on: with the online pair this round's answer gave it, if there is
    /// one.
    private func trainingTokens(of item: RoundWalk.Item) throws -> PairSides<TokenizedPair> {
        guard case .offline(let pair) = item.tokens, let answer = state.record.online[pair.id]
        else { return item.tokens }
        let online = TokenizedPair(answer.pair, template: context.model.chatTemplate)
        return online.length <= tokenLimit ? .both(offline: pair, online: online) : item.tokens
    }

    private func advance() {
        state.record.batch += 1
        guard state.record.batch == walk.batchCount(ofChunk: state.record.chunk) else { return }
        state.record.chunk += 1
        state.record.batch = 0
        state.record.asks = []
        state.record.sampled = 0
        state.record.phase = state.record.chunk < walk.chunkCount ? .scoring : .evaluating
    }
}

extension PairSides<TokenizedPair> {
    /// Log-probabilities of each pair, given all responses' scores in order.
    func logps(_ scores: [ResponseLogps]) -> PairSides<PairLogps> {
        switch self {
        case .offline(let pair): .offline(pair.logps(scores))
        case .online(let pair): .online(pair.logps(scores))
        case .both(let offline, let online):
            .both(offline: offline.logps(scores[..<2]), online: online.logps(scores[2...]))
        }
    }
}
