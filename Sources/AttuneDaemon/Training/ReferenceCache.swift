import CheckpointStore
import FeedbackStore
import LanguageModel
import PreferenceLearning
import Synchronization

/// Keeps the log-probabilities of feedback under models that never change, in the store.
///
/// Writes gather in memory until ``flush()``: a lost value is only computed again.
final class ReferenceCache: LogpsCache, Sendable {
    private let store: FeedbackStore
    private let base: String
    private let precision: ActivationPrecision
    private let tokens: [String: (chosen: Int, rejected: Int)]
    private let pending = Mutex<[String: [String: ReferenceLogps]]>([:])

    /// - Parameter pairs: the feedback that may be cached; other pairs, such as online ones, are not.
    init(
        store: FeedbackStore, model: LoadedModel, precision: ActivationPrecision,
        pairs: [PairExample]
    ) {
        self.store = store
        self.precision = precision
        base = Self.reference(ofBase: model.base.fingerprint.hex)
        let template = model.transformer.chatTemplate
        tokens = Dictionary(
            pairs.map { pair in
                (
                    pair.id,
                    (
                        chosen: pair.chosen.map(template.responseTokens)?.count ?? 0,
                        rejected: pair.rejected.map(template.responseTokens)?.count ?? 0
                    )
                )
            }, uniquingKeysWith: { first, _ in first })
    }

    /// The name in the store of a bare model.
    static func reference(ofBase fingerprint: String) -> String { "base-" + fingerprint }

    /// The name of a model's values in a precision: values of two are never mixed.
    private static func name(_ reference: String, _ precision: ActivationPrecision) -> String {
        precision == .float32 ? reference : reference + "-" + precision.rawValue
    }

    /// The names of a model's values in all precisions.
    static func names(_ reference: String) -> [String] {
        ActivationPrecision.allCases.map { name(reference, $0) }
    }

    func cachedLogps(pair: String, checkpoint: String?) throws -> PairLogps? {
        guard let tokens = tokens[pair] else { return nil }
        let reference = Self.name(checkpoint ?? base, precision)
        let waiting = pending.withLock { $0[reference]?[pair] }
        guard
            let found = try waiting
                ?? store.referenceLogps(of: [pair], reference: reference)[pair]
        else { return nil }
        return PairLogps(
            chosen: found.chosen, rejected: found.rejected, chosenTokens: tokens.chosen,
            rejectedTokens: tokens.rejected)
    }

    func keep(_ logps: PairLogps, pair: String, checkpoint: String?) throws {
        guard tokens[pair] != nil else { return }
        pending.withLock {
            $0[Self.name(checkpoint ?? base, precision), default: [:]][pair] = ReferenceLogps(
                chosen: logps.chosen, rejected: logps.rejected)
        }
    }

    /// Writes what was kept since the last time.
    func flush() throws {
        let values = pending.withLock { pending in
            defer { pending = [:] }
            return pending
        }
        for (reference, logps) in values { try store.cache(logps, reference: reference) }
    }
}
