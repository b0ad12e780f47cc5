import LanguageModel

/// Where the round learns: one optimiser step for each batch.
extension Round {
    /// Takes one step on the chunk's next batch; none on one of which nothing is left.
    ///
    /// The weights of items with both sides come from the policy as it is now, not as it was when
    /// the chunk was scored.
    func train(with scorer: PairScorer, in environment: any RoundEnvironment) throws {
        let clock = ContinuousClock()
        let began = clock.now
        let range = walk.batch(state.record.batch, ofChunk: state.record.chunk)
        let batch = try range.compactMap { trainingTokens(of: walk.items[$0]) }.map { tokens in
            (tokens, try tokens.map { try scorer.logps($0, under: reference(of: $0)) })
        }
        guard !batch.isEmpty else {
            advance()
            return
        }
        var (gradient, summary) = try BatchObjective(loss: objective, context: context)
            .gradient(of: batch, policy: policy)
        let norm = clip(&gradient, toNorm: configuration.gradientNorm)
        guard norm.isFinite else {
            throw PreferenceLearningError.notFinite(
                what: "the gradient", pair: batch[0].0.values[0].id)
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
    /// one, without what has been retracted, and without given pairs when they have no weight.
    private func trainingTokens(of item: RoundWalk.Item) -> PairSides<TokenizedPair>? {
        var sides = item.tokens
        if case .offline(let pair) = sides, let answer = state.record.online[pair.id] {
            let online = TokenizedPair(answer.pair, template: context.model.chatTemplate)
            if online.length <= tokenLimit { sides = .both(offline: pair, online: online) }
        }
        let remainder = remainder(of: sides)
        guard configuration.weighting == .onlineOnly else { return remainder }
        return remainder?.online.map { .online($0) }
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
