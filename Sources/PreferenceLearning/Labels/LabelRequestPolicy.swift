import LanguageModel

/// Decides which pairs of a round deserve a fresh label.
///
/// A pair is asked about when its draw `u ~ U(0, 1)` exceeds its weight `w = h(s)`. The draw comes
/// from a stream of the pair's own, named by the round's seed and the pair's id, so no resume, skip
/// or reordering can shift it.
///
/// - Source: MetaAPO, arXiv:2509.23371, section 3; the other rules are its ablations.
public struct LabelRequestPolicy: Hashable, Sendable {
    /// What makes a pair worth asking about.
    public enum Rule: String, Codable, CaseIterable, Sendable {
        /// `u > w`: by chance, and the likelier the lower the weight.
        case weight
        /// `w < ½`, without chance.
        case threshold
        /// `u < p`: any pair, with the same chance.
        case random
    }

    public var seed: UInt64
    public var rule: Rule
    /// `p` of ``Rule/random``.
    public var share: Double

    public init(seed: UInt64, rule: Rule = .weight, share: Double = 1) {
        self.seed = seed
        self.rule = rule
        self.share = share
    }

    /// Whether a pair with this weight and draw is asked about.
    public func asks(weight: Double, draw: Double) -> Bool {
        switch rule {
        case .weight: draw > weight
        case .threshold: weight < 0.5
        case .random: draw < share
        }
    }

    /// The pair's draw `u ∈ [0, 1)`.
    public func draw(for pair: String) -> Double {
        var generator = SeededGenerator(seed: seed, stream: StableHash.of(pair))
        return generator.uniform()
    }

    /// The id a request about the pair has in this round.
    public func requestID(for pair: String) -> String {
        StableHash.hex(StableHash.of(pair, seed: seed))
    }

    /// Orders what may be asked by need: lowest weight first, and of equal ones the highest draw.
    public static func byNeed<Ask>(
        _ asks: [Ask], weight: (Ask) -> Double, draw: (Ask) -> Double, id: (Ask) -> String
    ) -> [Ask] {
        asks.sorted { first, second in
            if weight(first) != weight(second) { return weight(first) < weight(second) }
            if draw(first) != draw(second) { return draw(first) > draw(second) }
            return id(first) < id(second)
        }
    }

    /// Orders requests by need, as the person's queue shows them.
    public static func byNeed(_ requests: [LabelRequest]) -> [LabelRequest] {
        byNeed(requests, weight: \.weight, draw: \.draw, id: \.id)
    }
}
