/// What can go wrong in preference learning.
public enum PreferenceLearningError: Error, Equatable, Sendable {
    case emptyWindow(skipped: Int)
    case allRetracted(pairs: Int)
    case nothingAnswered(pairs: Int)
    case heldOutPromptInWindow(pair: String)
    case invalidConfiguration(field: String, reason: String)
    case invalidAnswer(request: String, reason: String)
    case stateMismatch(reason: String)
    case notFinite(what: String, pair: String)
    case pairTooLong(pair: String, tokens: Int, limit: Int)
}

extension PreferenceLearningError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .emptyWindow(let skipped):
            "cannot run a round: no pair to train on (\(skipped) skipped for length); "
                + "add feedback or raise maximumSequenceLength"
        case .allRetracted(let pairs):
            "cannot finish the round: all \(pairs) pairs it was to train on have been retracted; "
                + "add feedback"
        case .nothingAnswered(let pairs):
            "cannot finish the round: it trains on answers alone, and none of its \(pairs) pairs got "
                + "one; see the annotator, or set training.weighting to meta-learner"
        case .heldOutPromptInWindow(let pair):
            "cannot run a round: held-out pair \(pair) shares its prompt with a training pair; "
                + "split by prompt before planning"
        case .invalidConfiguration(let field, let reason):
            "cannot use the round's configuration: \(field) \(reason); correct it"
        case .invalidAnswer(let request, let reason):
            "cannot take the answer to request \(request): \(reason); answer again"
        case .stateMismatch(let reason):
            "cannot resume the round: \(reason); start the round anew"
        case .notFinite(let what, let pair):
            "cannot train on pair \(pair): \(what) is not finite; "
                + "retract the pair or lower learningRate"
        case .pairTooLong(let pair, let tokens, let limit):
            "cannot score pair \(pair): \(tokens) tokens, the limit is \(limit); shorten it"
        }
    }
}
