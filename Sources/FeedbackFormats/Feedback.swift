/// One fact a person gave about a model's answers.
///
/// The `Codable` form is the wire form of the control API and, with a few keys more, a line of
/// Attune's own backup (``FeedbackEntry``). Keys without a value are left out:
///
///     {"kind":"pair","prompt":[{"role":"user","content":"Hi"}],"chosen":"Hello!","rejected":"What?"}
///
/// Decoding checks types only; ``refusal`` says whether the content is acceptable.
public struct Feedback: Codable, Hashable, Sendable {
    /// What the sides mean.
    public enum Kind: String, Codable, CaseIterable, Hashable, Sendable {
        /// `chosen` was preferred to `rejected`.
        case pair
        /// Neither of two answers was preferred; the order of the sides carries no meaning.
        case tie
        /// One answer was rated: a liked one stands in `chosen`, a disliked one in `rejected`.
        case rating
        /// A person rewrote `rejected` into `chosen`.
        case edit

        /// Whether both sides are present and one is better: what preference training learns from.
        public var isPreference: Bool { self == .pair || self == .edit }

        /// Whether a round can learn from it: from a rating by a loss for rated responses.
        public var isTrainable: Bool { self != .tie }
    }

    public var kind: Kind
    /// The conversation up to the answer; it ends with a `user` (or `tool`) turn.
    public var prompt: [Message]
    public var chosen: String?
    public var rejected: String?
    /// Where the fact comes from, in the words of whoever recorded it. No part of its identity.
    public var source: String?

    public init(
        kind: Kind, prompt: [Message], chosen: String? = nil, rejected: String? = nil,
        source: String? = nil
    ) {
        self.kind = kind
        self.prompt = prompt
        self.chosen = chosen
        self.rejected = rejected
        self.source = source
    }

    /// A preference between two answers to one question.
    public static func pair(
        _ question: String, chosen: String, rejected: String, source: String? = nil
    ) -> Feedback {
        Feedback(
            kind: .pair, prompt: [.user(question)], chosen: chosen, rejected: rejected,
            source: source)
    }

    /// A thumb up (`liked`) or down for one answer.
    public static func rating(
        _ prompt: [Message], answer: String, liked: Bool, source: String? = nil
    ) -> Feedback {
        Feedback(
            kind: .rating, prompt: prompt, chosen: liked ? answer : nil,
            rejected: liked ? nil : answer, source: source)
    }
}
