public import FeedbackFormats
public import Foundation

/// A label request with everything that explains why it was asked.
public struct LabelReport: JSONBody, Hashable {
    public enum State: String, Codable, CaseIterable, Sendable {
        case open, answered, skipped, expired
    }

    /// How the figures decided that it is asked: the weight as the chance not to, the weight below
    /// one half, or the draw alone.
    public enum Rule: String, Codable, CaseIterable, Sendable {
        case weight, threshold, random
    }

    public var id: String
    public var state: State
    public var prompt: [Message]
    /// The sampled answers in the order they are shown; a verdict names them by index, from 0.
    public var candidates: [String]
    /// The feedback whose pair raised the question.
    public var feedback: String?
    /// The preference score s = log σ(β_s·Δ) of that pair when it was asked; nats, at most 0.
    public var score: Double
    /// The meta weight w = h(s): how far the pair alone was trusted, between 0 and 1.
    public var weight: Double
    /// The uniform draw u in [0, 1).
    public var draw: Double
    public var rule: Rule
    /// The answered request that this one puts again, to learn how sure the answers are.
    public var repeats: String?
    /// What the three figures mean, in a person's words.
    public var reason: String
    /// The round that asked, and the checkpoint that wrote the candidates; absent for the bare base model.
    public var round: Int
    public var checkpoint: String?
    public var askedAt: Date
    public var closedAt: Date?
    public var verdict: LabelVerdict?

    public init(
        id: String, state: State, prompt: [Message], candidates: [String], feedback: String?,
        score: Double, weight: Double, draw: Double, rule: Rule = .weight, repeats: String? = nil,
        reason: String, round: Int, checkpoint: String?, askedAt: Date, closedAt: Date? = nil,
        verdict: LabelVerdict? = nil
    ) {
        self.id = id
        self.state = state
        self.prompt = prompt
        self.candidates = candidates
        self.feedback = feedback
        self.score = score
        self.weight = weight
        self.draw = draw
        self.rule = rule
        self.repeats = repeats
        self.reason = reason
        self.round = round
        self.checkpoint = checkpoint
        self.askedAt = askedAt
        self.closedAt = closedAt
        self.verdict = verdict
    }
}

/// The open label request worth most, if there is one.
public struct NextLabel: JSONBody, Hashable {
    public var label: LabelReport?
    /// How many are open, this one included.
    public var open: Int

    public init(label: LabelReport?, open: Int) {
        self.label = label
        self.open = open
    }
}

/// Which label requests to list.
public struct LabelQuery: JSONBody, Hashable {
    public var state: LabelReport.State?
    public var limit: Int?
    /// The `next` of the page before.
    public var after: String?

    public init(state: LabelReport.State? = nil, limit: Int? = nil, after: String? = nil) {
        self.state = state
        self.limit = limit
        self.after = after
    }
}
