public import LanguageModel

/// Keeps log-probabilities of pairs under models that never change.
public protocol LogpsCache: AnyObject {
    /// Looks up log-probabilities kept by ``keep(_:pair:checkpoint:)``; nil when there are none.
    ///
    /// - Parameter checkpoint: the model that gave them; nil for the base model.
    func cachedLogps(pair: String, checkpoint: String?) throws -> PairLogps?

    /// Offers the log-probabilities of a pair under a checkpoint, or under the base model.
    func keep(_ logps: PairLogps, pair: String, checkpoint: String?) throws
}

/// A model that does not change any more: the base, or the base with a checkpoint's adapter.
public struct FrozenModel: Sendable {
    /// nil for the base model.
    public let checkpoint: String?
    /// nil for the base model.
    public let adapter: LoRAAdapter?

    public init(checkpoint: String, adapter: LoRAAdapter) {
        self.checkpoint = checkpoint
        self.adapter = adapter
    }

    private init() {
        checkpoint = nil
        adapter = nil
    }

    public static let base = FrozenModel()
}

/// Scores pairs on one compute context, remembering what frozen models said.
final class PairScorer {
    let context: ComputeContext
    private let cache: (any LogpsCache)?
    private var remembered: [Key: PairLogps] = [:]

    private struct Key: Hashable {
        var pair: String
        var checkpoint: String?
    }

    init(context: ComputeContext, cache: (any LogpsCache)?) {
        self.context = context
        self.cache = cache
    }

    func logps(_ pair: TokenizedPair, policy: LoRAAdapter?) throws -> PairLogps {
        let logps = pair.logps(try context.logps(pair.group, adapter: policy))
        guard logps.chosen.isFinite, logps.rejected.isFinite else {
            throw PreferenceLearningError.notFinite(what: "a log-probability", pair: pair.id)
        }
        return logps
    }

    func logps(_ pair: TokenizedPair, under model: FrozenModel) throws -> PairLogps {
        let key = Key(pair: pair.id, checkpoint: model.checkpoint)
        if let known = remembered[key] { return known }
        if let kept = try cache?.cachedLogps(pair: pair.id, checkpoint: model.checkpoint),
            kept.chosenTokens == pair.chosen.count, kept.rejectedTokens == pair.rejected.count
        {
            remembered[key] = kept
            return kept
        }
        let logps = try logps(pair, policy: model.adapter)
        remembered[key] = logps
        try cache?.keep(logps, pair: pair.id, checkpoint: model.checkpoint)
        return logps
    }
}
