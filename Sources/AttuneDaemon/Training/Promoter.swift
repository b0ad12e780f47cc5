package import CheckpointStore
package import ControlAPI
import FeedbackStore
import Foundation
import LanguageModel
import PreferenceLearning

/// Makes checkpoints the head: through the gate, by force, or back to the one before.
package struct Promoter: Sendable {
    package typealias Line = StreamLine<PromotionReport>

    let checkpoints: CheckpointLibrary
    let models: ModelLibrary
    let engine: InferenceEngine
    let configuration: DaemonConfiguration
    let events: EventStream<Event>

    /// Judges a checkpoint by this host's held-out pairs and promotes it if the gate lets it.
    ///
    /// The gate cannot find a backdoor's trigger in a peer's adapter, so what comes from elsewhere
    /// must be vouched for by a trusted host.
    ///
    /// - Parameter force: promote whatever the gate says; trust, base, format and hashes are still
    ///   checked.
    package func promote(_ id: CheckpointID, force: Bool) async throws -> AsyncStream<Line> {
        let model = try await models.current()
        let (checkpoints, configuration) = (checkpoints, configuration)
        let (candidate, head, heldOut) = try await checkpoints.store.perform { store in
            try checkpoints.requireTrusted(id)
            try checkpoints.repository.verify(id, base: model.base)
            return (
                try checkpoints.adapter(id, on: model),
                try checkpoints.resolve("head"),
                try store.heldOutPairs(limit: configuration.round.heldOutPool)
                    .compactMap(PairExample.init)
            )
        }
        if head == id {
            let report = PromotionReport(
                checkpoint: id.hex, promoted: true, forced: false, previous: id.hex, gate: nil)
            return AsyncStream {
                $0.yield(.value(report)); $0.finish()
            }
        }
        return RunningWork.lines { flag, send in
            var gate: GateDecision?
            if !force {
                gate = try await judge(
                    candidate, against: head, heldOut: heldOut, model: model, flag: flag
                ) { send(.progress(WorkProgress(phase: "evaluating", done: $0, total: $1))) }
            }
            let passes = force || gate?.verdict == .promote
            if passes {
                let decision = gate
                // Judging takes minutes, and says nothing about a head that has come meanwhile.
                let isHead = try await checkpoints.store.perform { _ in
                    try checkpoints.promote(
                        id, force ? .forced : .gate, gate: decision, ifHeadIs: head?.hex)
                }
                guard isHead else {
                    throw ControlError(
                        .conflict,
                        "cannot promote checkpoint \(id.short): the head or the model in use changed"
                            + " meanwhile; try again"
                    )
                }
                announce(
                    id.hex,
                    force ? "A checkpoint was promoted by force" : "A checkpoint was promoted")
            }
            send(
                .value(
                    PromotionReport(
                        checkpoint: id.hex, promoted: passes, forced: force, previous: head?.hex,
                        gate: gate.map(GateReport.init))))
        }
    }

    /// Makes the head before the present one the head again.
    package func rollback() async throws -> PromotionReport {
        let checkpoints = checkpoints
        let report = try await checkpoints.store.perform { store in
            let previous = try store.head()
            let head = try store.rollback()
            try checkpoints.publishUnpublishedHead()
            return PromotionReport(
                checkpoint: head, promoted: true, forced: false, previous: previous, gate: nil)
        }
        announce(report.checkpoint, "The head was rolled back")
        return report
    }

    private func judge(
        _ candidate: LoRAAdapter, against head: CheckpointID?, heldOut: [PairExample],
        model: LoadedModel, flag: CancellationFlag,
        progress: @escaping @Sendable (_ done: Int, _ total: Int) -> Void
    ) async throws -> GateDecision {
        let checkpoints = checkpoints
        let cache = ReferenceCache(
            store: checkpoints.store, model: model,
            precision: configuration.round.precision.training, pairs: heldOut)
        let frozen = try await checkpoints.store.perform { _ in
            try checkpoints.frozen(head, on: model)
        }
        let evidence = try await engine.evidence(
            candidate: candidate, head: frozen, heldOut: heldOut,
            configuration: configuration.round, model: model, flag: flag, cache: cache,
            progress: progress)
        try await checkpoints.store.perform { _ in try cache.flush() }
        return Gate.decide(evidence, configuration: configuration.round.gate, seed: 0)
    }

    private func announce(_ checkpoint: String?, _ message: String) {
        events.publish(
            Event(kind: .headChanged, at: Date(), message: message, subject: checkpoint))
    }
}
