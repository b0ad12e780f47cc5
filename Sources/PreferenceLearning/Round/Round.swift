import Foundation
public import LanguageModel

/// One alignment round: asks where a fresh label is worth having, trains the adapter, and gathers
/// the gate's evidence.
///
/// When a round begins, policy and reference are the same, so `Δ = 0` for every pair and `s`, `w`
/// say nothing about any. The round therefore walks its window in chunks, *score → ask → train*: by
/// the second chunk the policy has moved and `w` tells pairs it already ranks well from those it
/// does not. Each pair is met once.
///
/// The adapter's AdamW starts with fresh moments, since the learning rate starts over too; the
/// meta-learner, its optimiser and its buffer come from the parent checkpoint and live on.
///
/// The round is a state machine over ``RoundState``: each step computes from one boundary to the
/// next and only then changes the state, so a run that is cancelled or killed goes on from the last
/// kept boundary to the same bits (with the same plan, model, adapters and thread count, and with
/// nothing retracted in between). Feedback that is retracted while the round runs or waits enters no
/// further batch.
///
/// - Source: MetaAPO, arXiv:2509.23371, algorithm 1.
public final class Round {
    let plan: RoundPlan
    let start: LoRAAdapter
    let reference: FrozenModel
    /// Of late answers, by the id of their pair: the checkpoint that their round started from, which
    /// wrote the candidates and may have been followed by others since.
    private let earlierReferences: [String: FrozenModel]
    let head: FrozenModel
    let context: ComputeContext
    let walk: RoundWalk
    let schedule: LearningRateSchedule
    let tokenLimit: Int
    /// At the last boundary passed.
    public internal(set) var state: RoundState
    /// The adapter in training; equals `state.parameters` at every boundary.
    var policy: LoRAAdapter
    var stopwatch = RoundStopwatch()
    /// Made once training is over, since it knows the candidate.
    var collector: EvidenceCollector?

    var configuration: RoundConfiguration { plan.configuration }

    /// Prepares a round, or the rest of one.
    ///
    /// - Parameters:
    ///   - state: nil to begin; the last kept state to go on.
    ///   - reference: the adapter of `plan.referenceCheckpoint`; nil for the base model.
    ///   - start: the adapter of `plan.startCheckpoint`; for a first round a fresh one, which
    ///     equals the base model.
    ///   - earlier: adapters of checkpoints that late answers name, by id; an answer whose checkpoint
    ///     is missing is compared with the reference, as given pairs are.
    /// - Throws: ``PreferenceLearningError`` for settings, a plan or a state that cannot be run.
    public init(
        plan: RoundPlan, state: RoundState?, reference: LoRAAdapter?, start: LoRAAdapter,
        earlier: [String: LoRAAdapter] = [:], context: ComputeContext
    ) throws {
        try plan.configuration.validate()
        self.plan = plan
        self.start = start
        self.context = context
        self.reference = try FrozenModel(
            checkpoint: plan.referenceCheckpoint, adapter: reference, field: "referenceCheckpoint")
        earlierReferences = plan.earlierReferences(among: earlier)
        head = try FrozenModel(
            checkpoint: plan.startCheckpoint, adapter: plan.startCheckpoint.map { _ in start },
            field: "startCheckpoint")
        tokenLimit = plan.configuration.tokenLimit(on: context.model)
        walk = RoundWalk(
            plan: plan, template: context.model.chatTemplate, tokenLimit: tokenLimit)
        guard !walk.items.isEmpty else {
            throw PreferenceLearningError.emptyWindow(skipped: walk.skipped.count)
        }
        try Self.requireDisjointPrompts(walk: walk, heldOut: plan.heldOut)
        schedule = LearningRateSchedule(
            peak: plan.configuration.learningRate, steps: walk.batchCount,
            warmupShare: plan.configuration.warmupShare,
            finalShare: plan.configuration.finalLearningRateShare)
        let digest = try plan.digest()
        if let state {
            guard state.record.plan == digest else {
                throw PreferenceLearningError.stateMismatch(reason: "its plan is another one")
            }
            guard state.parameters.count == start.parameters.count else {
                throw PreferenceLearningError.stateMismatch(
                    reason: "it has \(state.parameters.count) adapter parameters, "
                        + "not \(start.parameters.count)")
            }
            guard state.isWithin(walk) else {
                throw PreferenceLearningError.stateMismatch(
                    reason: "its place is outside the round")
            }
            self.state = state
        } else {
            self.state = RoundState(
                plan: plan, digest: digest, start: start, skipped: walk.skipped)
        }
        policy = start
        policy.parameters = self.state.parameters
    }

    /// Runs the round to its end.
    ///
    /// - Throws: `CancellationError` within a second of `environment.isCancelled`; what the
    ///   environment throws; ``PreferenceLearningError`` when training leaves the finite numbers.
    public func run(in environment: some RoundEnvironment) throws -> RoundResult {
        let outerCancellation = context.isCancelled
        context.isCancelled = { environment.isCancelled }
        defer { context.isCancelled = outerCancellation }
        let scorer = PairScorer(context: context, cache: environment)
        collector = nil
        let resumedAt = state.metrics.batches.count
        stopwatch = RoundStopwatch(resumedAtBatch: resumedAt)
        environment.report(.began(overview(resumedAtBatch: resumedAt)))
        while state.phase != .finished {
            if environment.isCancelled { throw CancellationError() }
            try dropRetracted(in: environment)
            switch state.phase {
            case .scoring: try score(with: scorer, in: environment)
            case .sampling: try sample(in: environment)
            case .asking: try ask(in: environment)
            case .training: try train(with: scorer, in: environment)
            case .evaluating: try evaluate(with: scorer, in: environment)
            case .finished: break
            }
            try environment.checkpoint(state)
        }
        let decision = Gate.decide(
            state.evidence, configuration: configuration.gate, seed: plan.seed)
        environment.report(.decided(decision))
        return RoundResult(
            state: state, candidate: policy, metrics: state.metrics, gate: decision)
    }

    /// What a pair is compared with: a given one with the round's reference, an answer with the model
    /// that wrote its candidates.
    func reference(of pair: TokenizedPair) -> FrozenModel {
        earlierReferences[pair.id] ?? reference
    }

    private func overview(resumedAtBatch: Int) -> RoundOverview {
        RoundOverview(
            items: walk.items.count, replayed: plan.replayed.count, answers: plan.answers.count,
            skipped: walk.skipped, chunks: walk.chunkCount, batches: walk.batchCount,
            heldOut: min(plan.heldOut.count, configuration.heldOutLimit),
            resumedAtBatch: resumedAtBatch)
    }

    private static func requireDisjointPrompts(walk: RoundWalk, heldOut: [PairExample]) throws {
        let trained = Set(walk.items.flatMap { $0.tokens.values.map(\.promptKey) })
        if let pair = heldOut.first(where: { trained.contains($0.promptKey) }) {
            throw PreferenceLearningError.heldOutPromptInWindow(pair: pair.id)
        }
    }
}

extension RoundPlan {
    /// The references of late answers that were asked for in rounds with another one; none when the
    /// reference never moves.
    fileprivate func earlierReferences(
        among adapters: [String: LoRAAdapter]
    ) -> [String: FrozenModel] {
        guard configuration.reference == .head else { return [:] }
        let late = answers.filter { $0.checkpoint != referenceCheckpoint }
        return late.reduce(into: [:]) { references, answer in
            guard let checkpoint = answer.checkpoint else {
                references[answer.pair.id] = .base
                return
            }
            references[answer.pair.id] = adapters[checkpoint].map {
                FrozenModel(checkpoint: checkpoint, adapter: $0)
            }
        }
    }

    /// The checkpoints whose adapters ``Round`` wants for late answers.
    public var earlierCheckpoints: Set<String> {
        guard configuration.reference == .head else { return [] }
        return Set(answers.compactMap(\.checkpoint)).subtracting(
            [referenceCheckpoint].compactMap(\.self))
    }

    /// Tells plans apart; a state belongs to one plan.
    func digest() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        let json = String(decoding: try encoder.encode(self), as: UTF8.self)
        return StableHash.hex(StableHash.of(json))
    }
}

extension FrozenModel {
    /// - Throws: when a checkpoint comes without its adapter, or the other way round.
    fileprivate init(checkpoint: String?, adapter: LoRAAdapter?, field: String) throws {
        switch (checkpoint, adapter) {
        case (let checkpoint?, let adapter?): self.init(checkpoint: checkpoint, adapter: adapter)
        case (nil, nil): self = .base
        case (_?, nil):
            throw PreferenceLearningError.invalidConfiguration(
                field: field, reason: "is named, but its adapter is not given")
        case (nil, _?):
            throw PreferenceLearningError.invalidConfiguration(
                field: field, reason: "is nil, but an adapter is given")
        }
    }
}
