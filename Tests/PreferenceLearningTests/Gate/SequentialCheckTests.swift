import Foundation
import LanguageModel
import PreferenceLearning
import Testing

@Suite struct SequentialCheckTests {
    let check = SequentialCheck(confidence: 0.95)

    private func keys(_ count: Int) -> [String] { (0..<count).map { "prompt \($0)" } }

    /// Seven losses in a row multiply the four stakes to a mean of 18.6, eight to 30.6: the bound is 20.
    @Test func eightLossesInARowAreEnough() throws {
        for (count, verdict) in [
            (7, GateDecision.Verdict.insufficientEvidence), (8, GateDecision.Verdict.keep),
        ] {
            let decision = check.decide(
                [Double](repeating: -1, count: count), clusteredBy: keys(count))
            #expect(decision.verdict == verdict, "\(count)")
            var expected = 0.0
            for share in [0.25, 0.5, 1, 1.5] { expected += pow(1 + share / 2, Double(count)) / 4 }
            let value = try #require(decision.checks[0].value)
            #expect(close(value, expected, 1e-12))
        }
    }

    /// The guarantee: a model that is no worse is taken back with a probability of at most 5 %, however
    /// often one looks.
    @Test func aModelThatIsNoWorseStays() {
        var generator = SeededGenerator(seed: 17)
        let runs = 2000
        let wrong = (0..<runs).count { _ in
            let changes = (0..<200).map { _ in generator.uniform() < 0.5 ? -1.0 : 1.0 }
            return check.decide(changes, clusteredBy: keys(200)).verdict == .keep
        }
        #expect(Double(wrong) / Double(runs) <= 0.05, "\(wrong) of \(runs), seed 17")
    }

    @Test func aModelThatIsWorseOnSevenOfTenPromptsIsFound() {
        var generator = SeededGenerator(seed: 18)
        let runs = 500
        let found = (0..<runs).count { _ in
            let changes = (0..<120).map { _ in generator.uniform() < 0.7 ? -1.0 : 1.0 }
            return check.decide(changes, clusteredBy: keys(120)).verdict == .keep
        }
        #expect(Double(found) / Double(runs) > 0.9, "\(found) of \(runs), seed 18")
    }

    /// Twenty pairs of one prompt are one opinion, and the first of them is the bet.
    @Test func aPromptCountsOnce() {
        let changed = check.decide([-1, 5, 5], clusteredBy: ["p", "p", "p"])
        #expect(changed.checks[0].value == check.decide([-1], clusteredBy: ["p"]).checks[0].value)
        let decision = check.decide(
            [Double](repeating: -1, count: 20), clusteredBy: [String](repeating: "p", count: 20))
        #expect(decision.verdict == .insufficientEvidence)
    }

    @Test func whatIsEqualSaysNothing() {
        let decision = check.decide([Double](repeating: 0, count: 50), clusteredBy: keys(50))
        #expect(decision.verdict == .insufficientEvidence && decision.checks[0].value == 1)
        #expect(check.decide([], clusteredBy: []).verdict == .insufficientEvidence)
    }
}
