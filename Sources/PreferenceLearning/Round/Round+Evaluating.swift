/// Where the round gathers the gate's evidence.
extension Round {
    /// Measures one stretch of evidence.
    func evaluate(with scorer: PairScorer, in environment: any RoundEnvironment) throws {
        guard state.step > 0 else {
            throw state.retracted.isEmpty
                ? PreferenceLearningError.nothingAnswered(pairs: walk.items.count)
                : PreferenceLearningError.allRetracted(pairs: state.retracted.count)
        }
        let collector =
            self.collector
            ?? EvidenceCollector(
                heldOut: plan.heldOut, heldOutLimit: configuration.heldOutLimit,
                probes: plan.probes, tokenLimit: tokenLimit, configuration: configuration.gate,
                head: head, candidate: policy, scorer: scorer)
        self.collector = collector
        try collector.advance(&state.record.evidence)
        environment.report(
            .evaluating(done: collector.done(state.evidence), of: collector.total))
        guard collector.isComplete(state.evidence) else { return }
        let (before, after) = state.evidence.summaries(
            beta: configuration.objective.beta,
            bootstrap: ClusterBootstrap(
                confidence: configuration.gate.confidence,
                resamples: configuration.gate.resamples, seed: plan.seed))
        state.record.metrics.heldOutBefore = before
        state.record.metrics.heldOutAfter = after
        state.record.phase = .finished
    }
}

extension GateEvidence {
    /// Held-out figures of the head and of the candidate, each relative to the base.
    func summaries(
        beta: Double, bootstrap: ClusterBootstrap
    ) -> (head: EvaluationSummary, candidate: EvaluationSummary) {
        func summary(_ policy: (HeldOutEvidence) -> PairLogps) -> EvaluationSummary {
            EvaluationSummary(
                of: heldOut.map {
                    PairEvaluation(
                        id: $0.id, promptKey: $0.promptKey, policy: policy($0), reference: $0.base)
                },
                beta: beta, bootstrap: bootstrap)
        }
        return (summary(\.head), summary(\.candidate))
    }
}
