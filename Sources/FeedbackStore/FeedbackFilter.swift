public import FeedbackFormats

/// Which feedback to list; conditions left out do not restrict.
public struct FeedbackFilter: Hashable, Sendable {
    public enum Retracted: String, Codable, Hashable, Sendable { case exclude, include, only }
    public enum Order: String, Codable, Hashable, Sendable { case oldestFirst, newestFirst }

    public var kinds: Set<Feedback.Kind> = []
    public var heldOut: Bool?
    public var retracted: Retracted = .exclude
    public var source: String?
    /// Text that the prompt or a side contains, without regard to ASCII case.
    public var search: String?
    public var order: Order = .oldestFirst

    public init() {}
}

/// A part of a listing.
public struct FeedbackPage: Hashable, Sendable {
    public var entries: [FeedbackEntry]
    /// What `after` takes to continue, nil at the end.
    public var next: String?
}

/// How much feedback there is; retracted feedback counts in `retracted` only.
public struct FeedbackCounts: Codable, Hashable, Sendable {
    public var pairs = 0
    public var ties = 0
    public var ratings = 0
    public var edits = 0
    /// Pairs and edits whose prompt is held out, which a gate judges with.
    public var heldOut = 0
    /// Pairs, edits and ratings that a next round would take as new.
    public var waiting = 0
    /// Of these, the ratings, which not every loss can train on.
    public var waitingRatings = 0
    /// Pairs, edits and ratings that a completed round has trained on.
    public var trained = 0
    /// Those that a round skipped as too long; a raised limit takes them back in.
    public var tooLong = 0
    public var retracted = 0
    /// Retracted feedback that a completed round had trained on: it still shapes that checkpoint.
    public var retractedAfterTraining = 0

    public init() {}
}
