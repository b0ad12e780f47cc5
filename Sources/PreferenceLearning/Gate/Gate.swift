public import LanguageModel

/// Decides whether a candidate may become the head.
///
/// A held-out gate measures what the held-out pairs and the probes can see; it cannot find a
/// backdoor's trigger in an adapter from elsewhere.
public enum Gate {
    /// Measures everything the decision needs.
    ///
    /// - Parameters:
    ///   - candidate: the adapter to judge, from a round or from a peer.
    ///   - head: what it would replace.
    ///   - heldOut: pairs whose prompts the candidate has not been trained on.
    ///   - progress: told steps done and steps in all.
    /// - Throws: `CancellationError` when the context is cancelled.
    public static func evidence(
        candidate: LoRAAdapter, head: FrozenModel, heldOut: [PairExample],
        probes: [Probe] = Probe.neutral, configuration: RoundConfiguration,
        context: ComputeContext, cache: (any LogpsCache)? = nil,
        progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
    ) throws -> GateEvidence {
        let collector = EvidenceCollector(
            heldOut: heldOut, heldOutLimit: configuration.heldOutLimit, probes: probes,
            tokenLimit: configuration.tokenLimit(on: context.model),
            configuration: configuration.gate, head: head, candidate: candidate,
            scorer: PairScorer(context: context, cache: cache))
        var evidence = GateEvidence()
        while !collector.isComplete(evidence) {
            try collector.advance(&evidence)
            progress(collector.done(evidence), collector.total)
        }
        return evidence
    }

    /// Weighs the evidence.
    ///
    /// - Postconditions: `promote` exactly when every check passed; `keep` when one failed; else
    ///   `insufficientEvidence`. The same evidence, bounds and seed give the same decision.
    public static func decide(
        _ evidence: GateEvidence, configuration: GateConfiguration, seed: UInt64
    ) -> GateDecision {
        let checks = GateChecks(evidence: evidence, configuration: configuration, seed: seed).all
        let margin = checks.first { $0.name == GateChecks.marginName }?.explanation ?? ""
        let failed = checks.filter { $0.outcome == .failed }
        let undecided = checks.filter { $0.outcome == .undecided }
        if let first = failed.first {
            return GateDecision(
                verdict: .keep, checks: checks,
                explanation: "The head stays: \(failed.count) of \(checks.count) checks failed. "
                    + first.explanation)
        }
        if let first = undecided.first {
            return GateDecision(
                verdict: .insufficientEvidence, checks: checks,
                explanation: "The head stays: not enough evidence. " + first.explanation)
        }
        return GateDecision(
            verdict: .promote, checks: checks,
            explanation: "The candidate may become the head: all \(checks.count) checks passed. "
                + margin)
    }
}
