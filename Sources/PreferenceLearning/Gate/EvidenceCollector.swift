import LanguageModel

/// Measures the gate's evidence in stretches a caller can stop between.
struct EvidenceCollector {
    /// Held-out pairs of one stretch.
    private static let stretch = 8

    private let heldOut: [TokenizedPair]
    private let probes: [Probe]
    private let configuration: GateConfiguration
    private let head: FrozenModel
    private let candidate: LoRAAdapter
    private let scorer: PairScorer

    /// - Parameters:
    ///   - heldOut: newest first.
    ///   - heldOutLimit: most pairs measured. Half of them are the newest, so that recent feedback
    ///     always has a say; the others are drawn from the rest in an order fixed by their ids, so
    ///     that rounds mostly see the same. Pairs that are too long take no place.
    init(
        heldOut: [PairExample], heldOutLimit: Int, probes: [Probe], tokenLimit: Int,
        configuration: GateConfiguration, head: FrozenModel, candidate: LoRAAdapter,
        scorer: PairScorer
    ) {
        let template = scorer.context.model.chatTemplate
        let newest = Array(
            heldOut.lazy.map { TokenizedPair($0, template: template) }
                .filter { $0.length <= tokenLimit }.prefix((heldOutLimit + 1) / 2))
        let taken = Set(newest.map(\.id))
        let ranked = heldOut.filter { !taken.contains($0.id) }
            .map { (rank: StableHash.of($0.id), pair: $0) }
            .sorted { ($0.rank, $0.pair.id) < ($1.rank, $1.pair.id) }
        let others = ranked.lazy.map { TokenizedPair($0.pair, template: template) }
            .filter { $0.length <= tokenLimit }.prefix(heldOutLimit - newest.count)
        self.heldOut = newest + others
        self.probes = probes
        self.configuration = configuration
        self.head = head
        self.candidate = candidate
        self.scorer = scorer
    }

    /// Steps of progress: held-out pairs, probes, and twice answering all probes.
    var total: Int { heldOut.count + probes.count + 2 }

    func done(_ evidence: GateEvidence) -> Int {
        evidence.heldOut.count + evidence.probeDivergences.count
            + (evidence.baseAnswers == nil ? 0 : 1) + (evidence.candidateAnswers == nil ? 0 : 1)
    }

    func isComplete(_ evidence: GateEvidence) -> Bool { done(evidence) == total }

    /// Measures the next stretch; nothing is added when it throws.
    func advance(_ evidence: inout GateEvidence) throws {
        if evidence.heldOut.count < heldOut.count {
            evidence.heldOut += try heldOut[evidence.heldOut.count...].prefix(Self.stretch).map {
                HeldOutEvidence(
                    id: $0.id, promptKey: $0.promptKey,
                    base: try scorer.logps($0, under: .base),
                    head: try scorer.logps($0, under: head),
                    candidate: try scorer.logps($0, policy: candidate))
            }
        } else if evidence.probeDivergences.count < probes.count {
            evidence.probeDivergences = try probes.map {
                try scorer.context.meanTokenKL(on: $0, policy: candidate, reference: nil)
            }
        } else if evidence.baseAnswers == nil {
            evidence.baseAnswers = try answers(adapter: nil)
        } else if evidence.candidateAnswers == nil {
            evidence.candidateAnswers = try answers(adapter: candidate)
        }
    }

    private func answers(adapter: LoRAAdapter?) throws -> ProbeAnswers {
        let template = scorer.context.model.chatTemplate
        let requests = probes.map {
            GenerationRequest(prompt: template.promptTokens($0.messages), sampleCount: 1)
        }
        guard !requests.isEmpty else { return ProbeAnswers(lengths: [], ended: []) }
        let answers = try scorer.context.generate(
            requests, parameters: .greedy(maximumTokens: configuration.probeTokens),
            adapter: adapter, onToken: nil
        ).map { $0[0] }
        return ProbeAnswers(
            lengths: answers.map(\.tokens.count),
            ended: answers.map { $0.finishReason == .endOfTurn })
    }
}

extension RoundConfiguration {
    /// Held-out pairs to choose the measured ones from: enough to draw from and to pass over those
    /// that are too long.
    package var heldOutPool: Int { 10 * heldOutLimit }
}

extension Probe {
    var messages: [ChatMessage] { [ChatMessage(role: "user", content: prompt)] }
}
