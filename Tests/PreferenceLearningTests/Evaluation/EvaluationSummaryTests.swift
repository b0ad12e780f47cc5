import PreferenceLearning
import Testing

@Suite struct EvaluationSummaryTests {
    private func evaluation(
        _ id: String, prompt: String, margin: Double, lengths: (Int, Int) = (5, 5)
    ) -> PairEvaluation {
        let reference = PairLogps(
            chosen: -20, rejected: -30, chosenTokens: lengths.0, rejectedTokens: lengths.1)
        return PairEvaluation(
            id: id, promptKey: prompt, policy: reference.moved(chosen: margin),
            reference: reference)
    }

    @Test func countsByHand() throws {
        let summary = EvaluationSummary(
            of: [
                evaluation("a", prompt: "p", margin: 2, lengths: (9, 5)),
                evaluation("b", prompt: "p", margin: -1, lengths: (9, 5)),
                evaluation("c", prompt: "q", margin: 4, lengths: (3, 5)),
                evaluation("d", prompt: "r", margin: 0, lengths: (5, 5)),
            ], beta: 0.1)
        #expect(summary.pairs == 4 && summary.prompts == 3)
        #expect(summary.accuracy?.mean == 0.625, "a zero margin is half right")
        #expect(summary.accuracy?.clusters == 3)
        #expect(summary.lengthOnlyAccuracy?.mean == 0.625)
        #expect(summary.margin?.mean == 1.25)
        let rewards = try #require(summary.values["rewards/margins"])
        #expect(close(rewards, 0.125, 1e-15))
        #expect(summary.values["rewards/chosen"] == rewards)
        #expect(summary.values["rewards/rejected"] == 0)
        #expect(summary.values["logps/chosen"] == -18.75)
        #expect(
            Set(summary.values.keys) == [
                "rewards/chosen", "rewards/rejected", "rewards/accuracies", "rewards/margins",
                "logps/chosen", "logps/rejected",
            ])
    }

    @Test func aModelAgainstItselfHasNoPreference() {
        let summary = EvaluationSummary(
            of: (0..<10).map { evaluation("\($0)", prompt: "\($0)", margin: 0) })
        #expect(summary.accuracy?.mean == 0.5)
        #expect(summary.margin?.upper == 0)
    }

    @Test func noPairsGiveNoFigures() {
        let summary = EvaluationSummary(of: [])
        #expect(summary.accuracy == nil && summary.margin == nil && summary.values.isEmpty)
    }

    @Test func intervalIsClusteredByPrompt() throws {
        let evaluations = (0..<400).map {
            evaluation("\($0)", prompt: "\($0 % 10)", margin: $0 % 10 < 6 ? 1 : -1)
        }
        let interval = try #require(EvaluationSummary(of: evaluations).accuracy)
        #expect(interval.mean == 0.6)
        // Ten prompts, not four hundred pairs, decide the width: √(0.24/10) = 0.155.
        #expect(interval.upper - interval.lower > 0.4)
    }
}
