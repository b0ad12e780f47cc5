public import LanguageModel

/// A prompt with the response a person preferred and the one they did not; or with one of the two,
/// as a thumb rates it.
///
/// - Invariant: `id` names the pair for ever (the store's content hash); caches and random streams
///   are keyed by it. One side is there.
public struct PairExample: Codable, Hashable, Sendable {
    public var id: String
    public var prompt: [ChatMessage]
    /// nil for a response rated down.
    public var chosen: String?
    /// nil for a response rated up.
    public var rejected: String?

    /// - Precondition: not both sides are nil.
    public init(id: String, prompt: [ChatMessage], chosen: String?, rejected: String?) {
        precondition(chosen != nil || rejected != nil, "an example has a response")
        self.id = id
        self.prompt = prompt
        self.chosen = chosen
        self.rejected = rejected
    }
}

/// A pair ranked by an annotator out of responses the policy sampled: best over worst.
///
/// A person answers after the round that asked has ended, so the answer waits in the store and
/// enters a later round.
public struct OnlineAnswer: Codable, Hashable, Sendable {
    /// The id of the ``LabelRequest`` this answers.
    public var request: String
    /// Best candidate over worst.
    public var pair: PairExample
    /// The given pair the request was made for; nil when its feedback has been retracted since.
    public var offline: PairExample?
    /// The checkpoint the candidates' round started from; nil for the base model.
    public var checkpoint: String?

    public init(request: String, pair: PairExample, offline: PairExample?, checkpoint: String?) {
        self.request = request
        self.pair = pair
        self.offline = offline
        self.checkpoint = checkpoint
    }
}
