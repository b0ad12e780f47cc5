public import FeedbackFormats
public import Foundation

/// A prompt with sampled candidates that was judged worth a fresh label, with all that explains why.
public struct StoredLabelRequest: Codable, Hashable, Sendable {
    public enum State: String, Codable, CaseIterable, Hashable, Sendable {
        case open, answered, skipped, expired
    }

    /// Who is asked: budgets bind a person only.
    public enum Annotator: String, Codable, Hashable, Sendable { case human, command }

    /// The rule by which score, weight and draw made a request.
    public enum Rule: String, Codable, CaseIterable, Hashable, Sendable {
        case weight, threshold, random
    }

    public var id: String
    /// The offline pair whose prompt this is.
    public var feedback: String
    public var prompt: [Message]
    public var candidates: [String]
    public var round: Int
    /// The checkpoint whose policy wrote the candidates; nil for the base model.
    public var checkpoint: String?
    public var annotator: Annotator
    /// The preference score s ≤ 0, the meta weight w it was given, and the draw u.
    public var score: Double
    public var weight: Double
    public var draw: Double
    public var rule: Rule
    /// The answered request that this one puts again, with its two sides changed over.
    public var repeats: String?
    public var state: State
    /// Why it was skipped or expired.
    public var reason: String?
    public var askedAt: Date
    public var closedAt: Date?
    /// The answer that stands.
    public var verdict: LabelVerdict?
}

/// A label request to be recorded.
public struct NewLabelRequest: Hashable, Sendable {
    public var id: String
    public var feedback: String
    public var candidates: [String]
    public var round: Int
    public var checkpoint: String?
    public var annotator: StoredLabelRequest.Annotator
    public var score: Double
    public var weight: Double
    public var draw: Double
    public var rule: StoredLabelRequest.Rule

    public init(
        id: String, feedback: String, candidates: [String], round: Int, checkpoint: String?,
        annotator: StoredLabelRequest.Annotator, score: Double, weight: Double, draw: Double,
        rule: StoredLabelRequest.Rule = .weight
    ) {
        self.id = id
        self.feedback = feedback
        self.candidates = candidates
        self.round = round
        self.checkpoint = checkpoint
        self.annotator = annotator
        self.score = score
        self.weight = weight
        self.draw = draw
        self.rule = rule
    }
}

/// How much a person may be asked.
public struct LabelBudget: Hashable, Sendable {
    /// Requests open at once.
    public var open: Int
    /// Requests asked since `dayStart`.
    public var perDay: Int
    /// When the day began, in the person's calendar.
    public var dayStart: Date

    public init(open: Int, perDay: Int, dayStart: Date) {
        self.open = open
        self.perDay = perDay
        self.dayStart = dayStart
    }
}

public enum AskOutcome: Hashable, Sendable {
    case asked
    /// Asked, in place of an open request that mattered less and has now expired.
    case replaced(String)
    /// Recorded before, by an interrupted run of the same round; nothing was changed.
    case existing(StoredLabelRequest.State)
    /// Not recorded.
    case overBudget
}

/// A pair that a person or program made by answering a label request.
public struct OnlinePair: Codable, Hashable, Sendable {
    /// The answer's id, by which a round takes the pair.
    public var answer: Int
    public var request: String
    /// The offline pair that was asked about, and whether it is still live.
    public var feedback: String
    public var offlineIsLive: Bool
    public var prompt: [Message]
    public var chosen: String
    public var rejected: String
    /// The checkpoint that wrote the candidates; nil for the base model.
    public var checkpoint: String?
    public var answeredAt: Date
}
