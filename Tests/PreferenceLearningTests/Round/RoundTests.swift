import LanguageModel
import PreferenceLearning
import Testing

@Suite struct RoundTests {
    @Test func raisesTheMarginOfTrainedAndHeldOutPairs() throws {
        let round = try TinyRound(items: 40)
        let result = try round.run()
        #expect(try round.meanMargin(round.plan.window, adapter: result.candidate) > 0.5)
        #expect(try round.meanMargin(round.plan.heldOut, adapter: result.candidate) > 0.3)
        let before = try #require(result.metrics.heldOutBefore?.margin)
        let after = try #require(result.metrics.heldOutAfter?.margin)
        #expect(before.mean == 0, "the first head is the base")
        #expect(after.lower > 0)
        let check = try #require(result.gate.checks.first { $0.name == "held-out margin" })
        #expect(check.passed)
    }

    @Test func startsAtLogTwoAndLearns() throws {
        let environment = RecordingEnvironment()
        let result = try TinyRound(items: 40).run(in: environment)
        let batches = environment.batches
        #expect(batches.count == 10 && batches == result.metrics.batches)
        let first = try #require(batches.first?.values)
        let start = try loss(batches[0])
        #expect(close(start, 0.6931471805599453, 1e-6))
        #expect(first["rewards/margins"].map { abs($0) < 1e-6 } == true)
        #expect(try loss(batches[9]) < loss(batches[0]) - 0.01)
        #expect(
            Set(first.keys).isSuperset(of: [
                "loss", "grad_norm", "learning_rate", "rewards/chosen", "rewards/rejected",
                "rewards/accuracies", "rewards/margins", "logps/chosen", "logps/rejected",
            ]))
    }

    private func loss(_ batch: BatchMetrics) throws -> Double {
        try #require(batch.values["loss"])
    }

    @Test func meetsEachPairOnce() throws {
        let environment = RecordingEnvironment()
        var round = try TinyRound(items: 21)
        round.plan.window += round.plan.window.prefix(5)
        try round.run(in: environment)
        #expect(environment.batches.map(\.items) == [4, 4, 4, 4, 4, 1])
    }

    @Test func theSameSeedGivesTheSameBitsAndAnotherSeedOthers() throws {
        let round = try TinyRound()
        let first = try round.run(in: RecordingEnvironment(annotator: LabelAnswer.byLetter))
        let second = try round.run(in: RecordingEnvironment(annotator: LabelAnswer.byLetter))
        #expect(first.candidate.parameters == second.candidate.parameters)
        #expect(first.metrics == second.metrics)
        #expect(first.gate == second.gate)
        var other = round
        other.plan.seed += 1
        let third = try other.run(in: RecordingEnvironment(annotator: LabelAnswer.byLetter))
        #expect(third.candidate.parameters != first.candidate.parameters)
    }

    @Test func scoresBeforeItAsksAndAsksBeforeItTrains() throws {
        let environment = RecordingEnvironment(annotator: LabelAnswer.byLetter)
        try TinyRound().run(in: environment)
        var phase = 0
        var chunks = 0
        for event in environment.events {
            switch event {
            case .scored(let chunk, _, _, _, _):
                #expect(chunk == chunks)
                chunks += 1
                phase = 0
            case .asked, .unaskable: #expect(phase == 0)
            case .trained: phase = 1
            default: break
            }
        }
        #expect(chunks == 3)
    }

    @Test func firstChunkKnowsNothingAndLaterOnesDo() throws {
        let environment = RecordingEnvironment()
        try TinyRound(items: 32).run(in: environment)
        let scores = environment.events.compactMap { event -> (Double, Double)? in
            if case .scored(_, _, let score, let weight, _) = event { (score, weight) } else { nil }
        }
        #expect(close(scores[0].0, -0.6931471805599453, 1e-12))
        #expect(abs(scores[0].1 - 0.3336) < 5e-5)
        #expect(scores[3].0 > scores[0].0 && scores[3].1 > scores[0].1)
    }
}
