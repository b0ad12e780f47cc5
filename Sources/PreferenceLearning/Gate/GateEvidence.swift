/// One held-out pair under the base, the head and the candidate.
public struct HeldOutEvidence: Codable, Hashable, Sendable {
    public var id: String
    /// Equal for pairs of the same prompt: the cluster of the bootstrap.
    public var promptKey: String
    public var base: PairLogps
    public var head: PairLogps
    public var candidate: PairLogps

    public init(
        id: String, promptKey: String, base: PairLogps, head: PairLogps, candidate: PairLogps
    ) {
        self.id = id
        self.promptKey = promptKey
        self.base = base
        self.head = head
        self.candidate = candidate
    }

    /// How much the candidate's margin exceeds the head's, both relative to the base, nats.
    public var marginChange: Double {
        candidate.margin(over: base) - head.margin(over: base)
    }

    /// `log π_candidate(y⁺) − log π_head(y⁺)`, nats.
    public var chosenChange: Double { candidate.chosen - head.chosen }
}

/// How a model answers the probes.
public struct ProbeAnswers: Codable, Hashable, Sendable {
    /// Tokens of each answer, without end-of-turn.
    public var lengths: [Int]
    /// Whether each answer ended by itself.
    public var ended: [Bool]

    public init(lengths: [Int], ended: [Bool]) {
        self.lengths = lengths
        self.ended = ended
    }

    public var meanLength: Double {
        lengths.isEmpty ? 0 : Double(lengths.reduce(0, +)) / Double(lengths.count)
    }

    public var endOfTurnRate: Double {
        ended.isEmpty ? 0 : Double(ended.count { $0 }) / Double(ended.count)
    }
}

/// Everything the gate decides from.
public struct GateEvidence: Codable, Hashable, Sendable {
    public var heldOut: [HeldOutEvidence] = []
    /// Mean token KL(candidate‖base) on each probe's continuation, nats.
    public var probeDivergences: [Double] = []
    public var baseAnswers: ProbeAnswers?
    public var candidateAnswers: ProbeAnswers?

    public init() {}
}
