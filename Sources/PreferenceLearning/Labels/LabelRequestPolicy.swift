import LanguageModel

/// Decides which pairs of a round deserve a fresh label.
///
/// A pair is asked about when its draw `u ~ U(0, 1)` exceeds its weight `w = h(s)`. The draw comes
/// from a stream of the pair's own, named by the round's seed and the pair's id, so no resume, skip
/// or reordering can shift it.
///
/// - Source: MetaAPO, arXiv:2509.23371, section 3.
public struct LabelRequestPolicy: Hashable, Sendable {
    public var seed: UInt64

    public init(seed: UInt64) {
        self.seed = seed
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
