import CheckpointStore
import FeedbackStore
import Foundation
import LanguageModel
import PreferenceLearning

/// Closes label requests whose answer would not be worth a person's time any more.
///
/// A request expires by age, and by drift: when the head has moved away from the checkpoint that wrote
/// the candidates, they say little about what the head would say. What a round samples before it ends
/// counts as written by the checkpoint that it began from.
package struct LabelExpiry: Sendable {
    let checkpoints: CheckpointLibrary
    let models: ModelLibrary
    let engine: InferenceEngine
    let limits: DaemonConfiguration.Labels

    private var store: FeedbackStore { checkpoints.store }

    /// Expires what has waited too long; blocks on the store.
    package func expireOld() throws {
        let age = limits.expiryDays * 86_400
        _ = try store.expire(askedBefore: Date(timeIntervalSinceNow: -age))
    }

    /// Who wrote a request's candidates.
    private struct Writer: Hashable {
        /// The base model's fingerprint; nil for a plan that this version cannot read.
        var base: ObjectID?
        /// nil for the base model.
        var checkpoint: String?
    }

    /// Expires what people are asked about candidates of another model, or of a checkpoint that the
    /// head has drifted from by more than the limit.
    ///
    /// - Returns: how many.
    @discardableResult
    package func expireDrifted() async throws -> Int {
        let (open, head) = try await store.perform { store in
            let requests = try store.labelRequests(state: .open, limit: .max)
                .filter { $0.annotator == .human && $0.repeats == nil }
            return (
                try Dictionary(grouping: requests) { request in
                    let plan = try store.round(request.round).plan
                    return Writer(
                        base: (try? RoundRecord(json: plan))?.model,
                        checkpoint: request.checkpoint)
                }.mapValues { $0.map(\.id) }, try store.head()
            )
        }
        guard !open.isEmpty else { return 0 }
        let model = try await models.current()
        var expired = 0
        for (writer, requests) in open {
            guard let reason = try await reason(against: writer, head: head, model) else {
                continue
            }
            expired += try await store.perform { try $0.expire(requests, reason: reason) }
        }
        return expired
    }

    /// Why a writer's candidates are out of date, if they are.
    private func reason(
        against writer: Writer, head: String?, _ model: LoadedModel
    ) async throws -> String? {
        guard writer.base == model.base.fingerprint else {
            return "another model wrote the candidates"
        }
        guard writer.checkpoint != head else { return nil }
        let checkpoints = checkpoints
        let (earlier, policy) = try await store.perform { _ in
            func frozen(_ id: String?) throws -> FrozenModel {
                try checkpoints.frozen(id.map(ObjectID.init(validating:)), on: model)
            }
            return (try frozen(writer.checkpoint), try frozen(head))
        }
        let flag = CancellationFlag()
        let drift = try await withTaskCancellationHandler {
            try await engine.drift(from: earlier, to: policy, model: model, flag: flag)
        } onCancel: {
            flag.cancel()
        }
        guard drift > limits.expiryKL else { return nil }
        return String(
            format: "the model has moved %.2f nats from the one that wrote the candidates", drift)
    }
}
