import LanguageModel
import PreferenceLearning
import Testing

@Suite struct LabelRequestPolicyTests {
    @Test func aPairsDrawDependsOnSeedAndPairAlone() {
        let ids = (0..<200).map { "pair-\($0)" }
        let policy = LabelRequestPolicy(seed: 42)
        let draws = ids.map(policy.draw)
        #expect(ids.reversed().map(policy.draw) == draws.reversed())
        #expect(ids.map(LabelRequestPolicy(seed: 42).draw) == draws)
        #expect(zip(draws, ids.map(LabelRequestPolicy(seed: 43).draw)).allSatisfy { $0 != $1 })
    }

    @Test func drawsAreUniform() {
        let policy = LabelRequestPolicy(seed: 1)
        let draws = (0..<20_000).map { policy.draw(for: "\($0)") }
        #expect(draws.allSatisfy { $0 >= 0 && $0 < 1 })
        // Standard error of a share near one third: 0.0033.
        #expect(abs(Double(draws.count { $0 < 0.3336 }) / 20_000 - 0.3336) < 0.014)
        #expect(abs(draws.reduce(0, +) / 20_000 - 0.5) < 0.01)
    }

    @Test func requestIDsDifferByPairAndBySeed() {
        let ids = (0..<50).flatMap { pair in
            (0..<50).map { LabelRequestPolicy(seed: $0).requestID(for: "pair-\(pair)") }
        }
        #expect(Set(ids).count == 2500)
        #expect(ids.allSatisfy { $0.count == 16 })
    }

    @Test func roundsOfOneSeedHaveStreamsOfTheirOwn() {
        let seeds = [0, 1, UInt64.max].flatMap { seed in
            (1...50).map { RoundPlan.seed(seed, round: $0) }
        }
        #expect(Set(seeds).count == 150)
        #expect(seeds.allSatisfy { $0 < 1 << 53 })
    }

    @Test func needOrdersByLowestWeightThenHighestDraw() {
        let asks = [("a", 0.5, 0.9), ("b", 0.2, 0.3), ("d", 0.2, 0.8), ("c", 0.2, 0.8)]
        let order = LabelRequestPolicy.byNeed(
            asks, weight: { $0.1 }, draw: { $0.2 }, id: { $0.0 })
        #expect(order.map(\.0) == ["c", "d", "b", "a"])
    }
}
