import CheckpointStore
import ControlAPI
import FeedbackStore
import Foundation
import LanguageModel
import Logging
package import PreferenceLearning

/// Puts the head before back by itself when feedback that came after a promotion turns against it.
///
/// Only what the gate promoted is watched: a person who forced a checkpoint knows why. The watch ends
/// with the next promotion, or after ``limit`` new pairs. It is never in a hurry: one pair at a time,
/// so that people who wait for an answer, and a round, come in between.
package actor HeadWatch {
    let checkpoints: CheckpointLibrary
    let models: ModelLibrary
    let engine: InferenceEngine
    let configuration: DaemonConfiguration
    let events: EventStream<Event>
    private let logger: Logger
    private var seen: (head: String, pairs: Int)?

    /// New pairs that a head is judged by at most.
    private static let limit = 500
    /// Pairs that must come between two looks, since each may bring the model back into memory; no
    /// head has ever lost by fewer than twice as many.
    private static let step = 4

    init(
        checkpoints: CheckpointLibrary, models: ModelLibrary, engine: InferenceEngine,
        configuration: DaemonConfiguration, events: EventStream<Event>, logger: Logger
    ) {
        self.checkpoints = checkpoints
        self.models = models
        self.engine = engine
        self.configuration = configuration
        self.events = events
        self.logger = logger
    }

    /// Looks at what has come since the last promotion.
    ///
    /// - Returns: the decision, if there was something new to decide on.
    @discardableResult
    package func look() async throws -> GateDecision? {
        guard configuration.training.rollback == .automatic else { return nil }
        let store = checkpoints.store
        let seen = seen
        let found = try await store.perform { store -> (String, String?, [PairExample])? in
            guard let last = try store.promotions().last, last.kind == .gate,
                let head = last.checkpoint
            else { return nil }
            let earlier = seen?.head == head ? seen?.pairs ?? 0 : Self.step
            guard earlier < Self.limit else { return nil }
            let pairs = try store.pairs(since: last.at, limit: Self.limit)
            guard pairs.count >= min(earlier + Self.step, Self.limit) else { return nil }
            return (head, try store.headBefore(), pairs.compactMap(PairExample.init))
        }
        guard let (head, previous, pairs) = found else { return nil }
        self.seen = (head, pairs.count)
        let decision = try await judge(pairs, head: head, previous: previous)
        guard decision.verdict == .keep else { return decision }
        try await rollBack(head, decision)
        return decision
    }

    private func judge(
        _ pairs: [PairExample], head: String, previous: String?
    ) async throws -> GateDecision {
        let model = try await models.current()
        let checkpoints = checkpoints
        let cache = ReferenceCache(
            store: checkpoints.store, model: model,
            precision: configuration.round.precision.training, pairs: pairs)
        let (policy, reference) = try await checkpoints.store.perform { _ in
            (
                try checkpoints.frozen(ObjectID(validating: head), on: model),
                try checkpoints.frozen(previous.map(ObjectID.init(validating:)), on: model)
            )
        }
        let limit = configuration.round.tokenLimit(on: model.transformer)
        let template = model.transformer.chatTemplate
        let fitting = pairs.filter { TokenizedPair($0, template: template).length <= limit }
        var scores: [PairEvaluation] = []
        for pair in fitting {
            let flag = CancellationFlag()
            scores += try await withTaskCancellationHandler {
                try await engine.evaluate(
                    [pair], policy: policy, reference: reference, model: model, flag: flag,
                    cache: cache, progress: { _, _ in })
            } onCancel: {
                flag.cancel()
            }
            try await checkpoints.store.perform { _ in try cache.flush() }
        }
        return SequentialCheck(confidence: configuration.round.gate.confidence)
            .decide(scores.map(\.margin), clusteredBy: scores.map(\.promptKey))
    }

    private func rollBack(_ head: String, _ decision: GateDecision) async throws {
        let checkpoints = checkpoints
        let json = String(decoding: try JSONEncoder().encode(decision), as: UTF8.self)
        let isBack = try await checkpoints.store.perform { store in
            guard try store.rollback(ifHeadIs: head, because: json) else { return false }
            try checkpoints.publishUnpublishedHead()
            return true
        }
        guard isBack else { return }
        logger.notice("\(decision.explanation)", metadata: ["checkpoint": "\(head)"])
        events.publish(
            Event(
                kind: .headChanged, at: Date(), message: decision.explanation,
                subject: try await checkpoints.store.perform { try $0.head() }))
    }
}
