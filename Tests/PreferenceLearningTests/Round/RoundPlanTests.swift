import Foundation
import LanguageModel
import PreferenceLearning
import Testing

/// What a round refuses, leaves out and reuses.
@Suite struct RoundPlanTests {
    @Test func aHeldOutPromptInTheWindowIsRefused() throws {
        var round = try TinyRound()
        round.plan.heldOut.append(.sample("leak", prompt: "train 3?", chosen: "x", rejected: "y"))
        #expect(throws: PreferenceLearningError.heldOutPromptInWindow(pair: "leak")) {
            try round.run()
        }
    }

    @Test func aPlanFromBeforePrecisionsWereAChoiceIsInFloat32() throws {
        let data = try JSONEncoder().encode(RoundConfiguration())
        var fields = try #require(
            JSONSerialization.jsonObject(with: data) as? [String: Any])
        #expect(fields.removeValue(forKey: "precision") != nil)
        let old = try JSONDecoder().decode(
            RoundConfiguration.self, from: JSONSerialization.data(withJSONObject: fields))
        #expect(old.precision == ComputePrecision(training: .float32, sampling: .float32))
        let round = try JSONDecoder().decode(RoundConfiguration.self, from: data)
        #expect(round == RoundConfiguration())
    }

    @Test func anEmptyWindowIsRefused() throws {
        var round = try TinyRound()
        round.plan.window = []
        #expect(throws: PreferenceLearningError.emptyWindow(skipped: 0)) { try round.run() }
    }

    @Test func pairsTooLongAreSkippedAndReported() throws {
        var round = try TinyRound(items: 8)
        round.plan.window[3].chosen = String(repeating: "long ", count: 60)
        let result = try round.run()
        #expect(result.metrics.skipped == ["train 3"])
        #expect(result.metrics.batches.reduce(0) { $0 + $1.items } == 7)
    }

    @Test func onlyThePairsJudgedOnCount() throws {
        var round = try TinyRound(heldOut: 9)
        round.plan.configuration.heldOutLimit = 4
        let environment = RecordingEnvironment()
        let result = try round.run(in: environment)
        #expect(result.metrics.heldOutAfter?.pairs == 4)
        #expect(result.state.evidence.heldOut.count == 4)
        guard case .began(let overview) = environment.events.first else {
            Issue.record("no overview")
            return
        }
        #expect(overview.heldOut == 4)
    }

    @Test func adapterAndCheckpointIDComeTogether() throws {
        var round = try TinyRound()
        round.plan.referenceCheckpoint = "abc"
        #expect(throws: PreferenceLearningError.self) { try round.round() }
        round.plan.referenceCheckpoint = nil
        round.reference = round.start
        #expect(throws: PreferenceLearningError.self) { try round.round() }
    }

    static let impossible: [@Sendable (inout RoundConfiguration) -> Void] = [
        { $0.learningRate = -.infinity }, { $0.chunkSize = 7 }, { $0.batchSize = 0 },
        { $0.candidates = 1 }, { $0.objective = .dpo(beta: 0) }, { $0.labelSmoothing = 0.5 },
        { $0.replayShare = 1 }, { $0.temperature = 0 }, { $0.gate.confidence = 1 },
        { $0.metaLearner.batchesPerUpdate = 0 }, { $0.scoreBeta = .nan },
    ]

    @Test(arguments: impossible.indices) func impossibleSettingsAreRefused(index: Int) throws {
        var round = try TinyRound()
        Self.impossible[index](&round.plan.configuration)
        #expect(throws: PreferenceLearningError.self) { try round.round() }
    }

    @Test func referenceLogProbabilitiesAreComputedOnceForever() throws {
        let round = try TinyRound()
        let environment = RecordingEnvironment()
        let first = try round.run(in: environment)
        // Twenty window pairs and six held-out ones under the base.
        #expect(environment.logps.count == 26)
        #expect(environment.cacheHits == 0)
        let second = try round.run(in: environment)
        #expect(environment.cacheHits == 26)
        #expect(second.candidate.parameters == first.candidate.parameters)
    }

    @Test func aSecondRoundStartsFromItsHeadAndMeasuresAgainstIt() throws {
        var round = try TinyRound(items: 24)
        let first = try round.run(in: RecordingEnvironment(annotator: LabelAnswer.byLetter))
        round.start = first.candidate
        round.reference = first.candidate
        round.plan.startCheckpoint = "first"
        round.plan.referenceCheckpoint = "first"
        round.plan.learner = first.state.learner
        round.plan.seed += 1
        let environment = RecordingEnvironment()
        let second = try round.run(in: environment)
        // Policy and reference are one again, so the loss starts anew at log 2.
        let loss = try #require(second.metrics.batches[0].values["loss"])
        #expect(close(loss, 0.693147, 1e-5))
        let before = try #require(second.metrics.heldOutBefore?.margin?.mean)
        let after = try #require(first.metrics.heldOutAfter?.margin?.mean)
        #expect(close(before, after, 1e-5), "the head's margin is relative to the base")
        #expect(environment.logps.keys.contains("train 0 under first"))
        #expect(environment.logps.keys.contains("held out 0 under base"))
        #expect(second.state.learner == first.state.learner, "nobody answered")
    }

    /// A peer's checkpoint brings its settings along.
    @Test func theHostsSettingsOfTheMetaLearnerWin() throws {
        var round = try TinyRound(items: 8)
        var foreign = MetaLearnerConfiguration()
        foreign.learningRate = 1e6
        foreign.beta1 = 0.5
        let learner = MetaLearnerTrainer(configuration: foreign, seed: 77)
        round.plan.learner = learner
        round.plan.configuration.metaLearner.initialization = .brokenSymmetry
        let found = try round.run().state.learner
        #expect(found.configuration == round.plan.configuration.metaLearner)
        #expect(found.learner == learner.learner, "nobody answered")
    }

    @Test func aBaseReferenceKeepsTheLossWhereTheHeadHasBroughtIt() throws {
        var round = try TinyRound(items: 24)
        let first = try round.run()
        round.start = first.candidate
        round.plan.startCheckpoint = "first"
        round.plan.configuration.reference = .base
        round.plan.seed += 1
        let second = try round.run()
        let loss = try #require(second.metrics.batches[0].values["loss"])
        #expect(loss < 0.68)
    }

    @Test func pairsOfOnePromptHaveOneKey() {
        let first = PairExample.sample("a", prompt: "p").promptKey
        #expect(first == PairExample.sample("b", prompt: "p", chosen: "other").promptKey)
        #expect(first != PairExample.sample("a", prompt: "q").promptKey)
        let split = PairExample(
            id: "c",
            prompt: [.init(role: "user", content: "ab"), .init(role: "user", content: "c")],
            chosen: "x", rejected: "y")
        var other = split
        other.prompt = [.init(role: "user", content: "a"), .init(role: "user", content: "bc")]
        #expect(split.promptKey != other.promptKey)
    }
}
