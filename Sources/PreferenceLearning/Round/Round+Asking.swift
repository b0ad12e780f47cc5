import LanguageModel

/// Where the round asks for labels: score a chunk, sample candidates, put requests to the
/// annotator.
extension Round {
    /// Samples decoded at once; a group of asks is cut so that their candidates fill it.
    private static let samplesInFlight = 32

    /// Scores the chunk's offline items and chooses whom to ask about.
    func score(with scorer: PairScorer, in environment: any RoundEnvironment) throws {
        let objective = objective
        let labels = labels
        let chunk = state.record.chunk
        let range = walk.chunk(chunk)
        var asks: [RoundState.Ask] = []
        if plan.requestBudget != 0 {
            var scores = 0.0
            var weights = 0.0
            var scored = 0
            for index in range {
                guard case .offline(let pair) = walk.items[index].tokens, !pair.isRating,
                    !isRetracted(pair.id)
                else { continue }
                let reference = try scorer.logps(pair, under: self.reference)
                let logps =
                    policyIsReference ? reference : try scorer.logps(pair, policy: policy)
                let score = objective.score(policy: logps, reference: reference)
                let weight = objective.weight(score)
                let draw = labels.draw(for: pair.id)
                scored += 1
                scores += score
                weights += weight
                guard labels.asks(weight: weight, draw: draw) else { continue }
                asks.append(.init(item: index, score: score, weight: weight, draw: draw))
            }
            // At random, need has no say in what a budget leaves out either.
            asks = LabelRequestPolicy.byNeed(
                asks, weight: { labels.rule == .random ? 0 : $0.weight }, draw: \.draw,
                id: { String($0.item) })
            if let budget = plan.requestBudget {
                let metrics = state.metrics
                let allowance = LabelBudget.allowance(
                    budget: budget, walked: range.upperBound, of: walk.items.count,
                    made: metrics.answered + metrics.ties + metrics.open)
                asks = Array(asks.prefix(allowance))
            }
            let count = Double(max(scored, 1))
            environment.report(
                .scored(
                    chunk: chunk, items: scored, meanScore: scores / count,
                    meanWeight: weights / count, asks: asks.count))
        }
        state.record.asks = asks
        state.record.sampled = 0
        state.record.batch = 0
        state.record.phase = asks.isEmpty ? .training : .sampling
    }

    /// Samples candidates for the next few asks as one batch.
    func sample(in environment: any RoundEnvironment) throws {
        let record = state.record
        let size = max(1, Self.samplesInFlight / configuration.candidates)
        let group = record.asks[record.sampled...].prefix(size)
        let pairs = group.map { walk.items[$0.item] }
        let requests = pairs.map {
            GenerationRequest(
                prompt: $0.tokens.values[0].prompt, sampleCount: configuration.candidates)
        }
        // The group is named by its first pair, so its samples do not depend on how many groups
        // came before.
        let seed = StableHash.of("candidates/\(pairs[0].tokens.values[0].id)", seed: plan.seed)
        let samples = try context.generate(
            requests,
            parameters: SamplingParameters(
                temperature: configuration.temperature, topP: configuration.topP,
                maximumTokens: configuration.maximumNewTokens, seed: seed),
            adapter: policy, onToken: nil)
        let labels = labels
        var made: [LabelRequest] = []
        for ((ask, item), samples) in zip(zip(group, pairs), samples) {
            guard case .offline(let pair) = item.example else { continue }
            let prompt = item.tokens.values[0].prompt.count
            let candidates = CandidateFilter.usable(
                samples, fits: { prompt + $0 + 1 <= tokenLimit },
                decode: context.model.tokenizer.decode)
            guard candidates.count >= 2 else {
                state.record.metrics.unaskable += 1
                environment.report(.unaskable(pair: pair.id, usable: candidates.count))
                continue
            }
            made.append(
                LabelRequest(
                    id: labels.requestID(for: pair.id), pair: pair, candidates: candidates,
                    score: ask.score, weight: ask.weight, draw: ask.draw, rule: labels.rule,
                    checkpoint: plan.startCheckpoint, step: state.step))
        }
        state.record.sampled += group.count
        state.record.requests = made
        state.record.asked = 0
        state.record.phase = made.isEmpty ? phaseAfterRequests : .asking
    }

    /// Puts the next request to the annotator.
    func ask(in environment: any RoundEnvironment) throws {
        let request = state.record.requests[state.record.asked]
        let outcome: LabelOutcome
        if let answer = try environment.annotate(request) {
            if let pair = try request.onlinePair(answered: answer) {
                state.record.online[request.pair.id] = OnlineAnswer(
                    request: request.id, pair: pair, offline: request.pair,
                    checkpoint: request.checkpoint)
                state.record.metrics.answered += 1
                outcome = .answered
            } else {
                state.record.metrics.ties += 1
                outcome = .tie
            }
        } else {
            state.record.metrics.open += 1
            outcome = .open
        }
        state.record.asked += 1
        if state.record.asked == state.record.requests.count { finishAsking() }
        environment.report(.asked(request, outcome: outcome))
    }

    func finishAsking() {
        state.record.requests = []
        state.record.asked = 0
        state.record.phase = phaseAfterRequests
    }

    var phaseAfterRequests: RoundState.Phase {
        state.record.sampled < state.record.asks.count ? .sampling : .training
    }

    /// Before the first step of a round that starts from its reference, both say the same.
    private var policyIsReference: Bool {
        state.step == 0 && plan.startCheckpoint == plan.referenceCheckpoint
    }

    var objective: MetaWeightedLoss {
        MetaWeightedLoss(
            pairLoss: configuration.loss, scoreBeta: configuration.scoreBeta,
            learner: state.learner.learner, weighting: configuration.weighting)
    }

    private var labels: LabelRequestPolicy {
        LabelRequestPolicy(
            seed: plan.seed, rule: configuration.asking, share: configuration.askingShare)
    }
}
