public import LanguageModel

/// Scores given pairs, for anyone who wants to judge a checkpoint.
public enum Evaluation {
    /// Scores every pair under a policy and a reference.
    ///
    /// - Parameters:
    ///   - progress: told each pair as it is done, with its number from 0.
    /// - Throws: ``PreferenceLearningError/pairTooLong(pair:tokens:limit:)`` for a pair the model's
    ///   context cannot hold, `CancellationError` when the context is cancelled.
    public static func run(
        _ pairs: [PairExample], policy: FrozenModel, reference: FrozenModel = .base,
        context: ComputeContext, cache: (any LogpsCache)? = nil,
        progress: (_ done: Int, _ evaluation: PairEvaluation) -> Void = { _, _ in }
    ) throws -> [PairEvaluation] {
        let scorer = PairScorer(context: context, cache: cache)
        let limit = context.model.configuration.contextLength
        return try pairs.enumerated().map { index, pair in
            let tokens = TokenizedPair(pair, template: context.model.chatTemplate)
            guard tokens.length <= limit else {
                throw PreferenceLearningError.pairTooLong(
                    pair: pair.id, tokens: tokens.length, limit: limit)
            }
            let evaluation = PairEvaluation(
                id: pair.id, promptKey: tokens.promptKey,
                policy: try scorer.logps(tokens, under: policy),
                reference: try scorer.logps(tokens, under: reference))
            progress(index, evaluation)
            return evaluation
        }
    }
}
