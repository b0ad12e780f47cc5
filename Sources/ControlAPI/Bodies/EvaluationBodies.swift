public import FeedbackFormats

/// Preference pairs to score.
public struct EvaluationOrder: JSONBody, Hashable {
    public struct Pair: Codable, Hashable, Sendable {
        public var id: String?
        public var prompt: [Message]
        public var chosen: String
        public var rejected: String

        public init(id: String? = nil, prompt: [Message], chosen: String, rejected: String) {
            self.id = id
            self.prompt = prompt
            self.chosen = chosen
            self.rejected = rejected
        }
    }

    public var pairs: [Pair]
    /// What to judge and what to judge it against: a checkpoint's id or unique prefix, `head`, or `base` for the bare
    /// model. The head against the bare model unless said.
    public var checkpoint: String?
    public var reference: String?
    /// Send every pair's scores before the summary. False unless said.
    public var perPair: Bool?

    public init(
        pairs: [Pair], checkpoint: String? = nil, reference: String? = nil, perPair: Bool? = nil
    ) {
        self.pairs = pairs
        self.checkpoint = checkpoint
        self.reference = reference
        self.perPair = perPair
    }
}

/// One pair's scores, or in the end the summary.
public struct EvaluationPiece: Codable, Hashable, Sendable {
    public var pair: PairScore?
    public var summary: EvaluationSummary?

    public init(pair: PairScore) {
        self.pair = pair
    }

    public init(summary: EvaluationSummary) {
        self.summary = summary
    }
}

/// The log-probabilities of one pair: sums over response tokens, end of turn included, in nats.
public struct PairScore: Codable, Hashable, Sendable {
    /// The index in the order's pairs, and the id given there.
    public var index: Int
    public var id: String?
    public var policyChosen: Double
    public var policyRejected: Double
    public var referenceChosen: Double
    public var referenceRejected: Double
    /// Δ = (policyChosen − referenceChosen) − (policyRejected − referenceRejected).
    public var margin: Double
    public var chosenTokens: Int
    public var rejectedTokens: Int

    public init(
        index: Int, id: String?, policyChosen: Double, policyRejected: Double,
        referenceChosen: Double, referenceRejected: Double, margin: Double, chosenTokens: Int,
        rejectedTokens: Int
    ) {
        self.index = index
        self.id = id
        self.policyChosen = policyChosen
        self.policyRejected = policyRejected
        self.referenceChosen = referenceChosen
        self.referenceRejected = referenceRejected
        self.margin = margin
        self.chosenTokens = chosenTokens
        self.rejectedTokens = rejectedTokens
    }
}

/// What the pairs say together.
public struct EvaluationSummary: Codable, Hashable, Sendable {
    /// A share with its 95 % interval, clustered by prompt.
    public struct Share: Codable, Hashable, Sendable {
        public var value: Double
        public var lower: Double
        public var upper: Double

        public init(value: Double, lower: Double, upper: Double) {
            self.value = value
            self.lower = lower
            self.upper = upper
        }
    }

    public var pairs: Int
    /// Distinct prompts: the clusters of the intervals.
    public var prompts: Int
    /// The share of pairs with a margin above zero; a margin of exactly zero counts half.
    public var accuracy: Share
    /// The share that preferring the longer answer would get right.
    public var lengthOnlyAccuracy: Share
    public var meanMargin: Double
    /// TRL's metric keys.
    public var metrics: [String: Double]
    /// What was judged and against what; absent for the bare base model.
    public var checkpoint: String?
    public var reference: String?
    public var seconds: Double

    public init(
        pairs: Int, prompts: Int, accuracy: Share, lengthOnlyAccuracy: Share, meanMargin: Double,
        metrics: [String: Double], checkpoint: String?, reference: String?, seconds: Double
    ) {
        self.pairs = pairs
        self.prompts = prompts
        self.accuracy = accuracy
        self.lengthOnlyAccuracy = lengthOnlyAccuracy
        self.meanMargin = meanMargin
        self.metrics = metrics
        self.checkpoint = checkpoint
        self.reference = reference
        self.seconds = seconds
    }
}
