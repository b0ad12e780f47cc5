/// What a round reports while it runs; nothing in it flows back into the outcome.
public enum RoundEvent: Codable, Hashable, Sendable {
    case began(RoundOverview)
    /// A chunk has been scored; `asks` of its items are to be asked about.
    case scored(chunk: Int, items: Int, meanScore: Double, meanWeight: Double, asks: Int)
    case asked(LabelRequest, outcome: LabelOutcome)
    /// The policy's samples left fewer than two usable candidates, so nobody was asked.
    case unaskable(pair: String, usable: Int)
    /// These pairs were retracted and are left out from here on.
    case retracted([String])
    case trained(BatchMetrics, pace: RoundPace)
    case learnerUpdated(metaLoss: Double, samples: Int)
    case evaluating(done: Int, of: Int)
    case decided(GateDecision)
}

/// What is known before the first chunk.
public struct RoundOverview: Codable, Hashable, Sendable {
    public var items: Int
    public var replayed: Int
    public var answers: Int
    public var skipped: [String]
    public var chunks: Int
    public var batches: Int
    public var heldOut: Int
    /// Batches already trained by the run this one continues.
    public var resumedAtBatch: Int
}

/// What became of a label request.
public enum LabelOutcome: String, Codable, Hashable, Sendable {
    /// Answered at once; the pair trains in this round.
    case answered
    /// Answered at once, but best and worst are equal: dropped.
    case tie
    /// Left to a person.
    case open
}

/// How fast a round goes, for progress bars; measured since this run began.
public struct RoundPace: Codable, Hashable, Sendable {
    public var batchesDone: Int
    public var batches: Int
    /// Tokens trained on per second of training.
    public var tokensPerSecond: Double
    /// Estimate for the batches that remain.
    public var secondsRemaining: Double
}
