/// Everything a round is made from; with the adapters it names, it decides every bit of the
/// outcome.
///
/// - Invariant: no held-out prompt occurs in the window. Which prompts are held out is decided
///   once, by the store, from the prompt's hash; a plan that breaks the split is refused.
public struct RoundPlan: Codable, Hashable, Sendable {
    /// Names every random stream of the round; see ``seed(_:round:)``.
    public var seed: UInt64
    /// Given pairs to train on, new and replayed; see ``RoundWindow``.
    public var window: [PairExample]
    /// Ids in `window` that an earlier round has already trained on.
    public var replayed: [String]
    /// Late answers of people to earlier rounds' requests.
    public var answers: [OnlineAnswer]
    public var heldOut: [PairExample]
    public var probes: [Probe]
    public var configuration: RoundConfiguration
    /// The head the round starts from; nil for the base model.
    public var startCheckpoint: String?
    /// The checkpoint of the reference; nil for the base model.
    public var referenceCheckpoint: String?
    /// Requests this round may make: 0 asks nobody and saves the scoring pass, nil is without
    /// limit.
    public var requestBudget: Int?
    /// The meta-learner as the parent checkpoint left it, nil for a fresh one; trains on with the
    /// settings in `configuration`, not with its own.
    public var learner: MetaLearnerTrainer?

    public init(
        seed: UInt64, window: [PairExample], replayed: [String] = [],
        answers: [OnlineAnswer] = [], heldOut: [PairExample], probes: [Probe] = Probe.neutral,
        configuration: RoundConfiguration = RoundConfiguration(),
        startCheckpoint: String? = nil, referenceCheckpoint: String? = nil,
        requestBudget: Int? = nil, learner: MetaLearnerTrainer? = nil
    ) {
        self.seed = seed
        self.window = window
        self.replayed = replayed
        self.answers = answers
        self.heldOut = heldOut
        self.probes = probes
        self.configuration = configuration
        self.startCheckpoint = startCheckpoint
        self.referenceCheckpoint = referenceCheckpoint
        self.requestBudget = requestBudget
        self.learner = learner
    }
}

extension RoundPlan {
    /// The seed of one of several rounds that share a seed.
    ///
    /// Each round needs streams of its own: a pair that comes back as replay would otherwise meet
    /// the same draw `u` again, and its label request would bear the earlier one's id.
    ///
    /// - Postconditions: below 2⁵³, so that every JSON reader keeps all digits.
    public static func seed(_ seed: UInt64, round: Int) -> UInt64 {
        StableHash.of("round/\(round)", seed: seed) >> 11
    }
}
