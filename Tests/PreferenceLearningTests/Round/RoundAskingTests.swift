import LanguageModel
import PreferenceLearning
import Testing

@Suite struct RoundAskingTests {
    @Test func requestsExplainThemselves() throws {
        let environment = RecordingEnvironment()
        let round = try TinyRound(items: 32)
        try round.run(in: environment)
        let labels = LabelRequestPolicy(seed: round.plan.seed)
        #expect(environment.requests.count > 4)
        for request in environment.requests {
            #expect(request.draw > request.weight)
            #expect(request.draw == labels.draw(for: request.pair.id))
            #expect(request.id == labels.requestID(for: request.pair.id))
            #expect(
                close(
                    request.weight,
                    MetaLearner(initialization: .reference, seed: 0)(request.score), 1e-15))
            #expect(request.candidates.count >= 2)
            #expect(Set(request.candidates).count == request.candidates.count)
            #expect(request.candidates.allSatisfy { !$0.isEmpty })
        }
        #expect(Set(environment.requests.map(\.id)).count == environment.requests.count)
        #expect(environment.requests.contains { $0.step > 0 })
    }

    @Test func answeredPairsTrainWithBothSides() throws {
        let environment = RecordingEnvironment(annotator: LabelAnswer.byLetter)
        let result = try TinyRound(items: 32).run(in: environment)
        #expect(result.metrics.answered > 0)
        #expect(result.state.onlineAnswers.count == result.metrics.answered)
        #expect(result.metrics.batches.contains { $0.values["meta/weight"] != nil })
        #expect(result.metrics.learnerUpdates > 0)
        for answer in result.state.onlineAnswers {
            #expect(answer.pair.prompt == answer.offline?.prompt)
            #expect(answer.pair.chosen != answer.pair.rejected)
        }
    }

    @Test func answersChangeWhatIsLearnt() throws {
        let round = try TinyRound()
        let silent = try round.run()
        let answered = try round.run(in: RecordingEnvironment(annotator: LabelAnswer.byLetter))
        #expect(silent.candidate.parameters != answered.candidate.parameters)
    }

    @Test func whatAPersonAnswersLaterStaysOpen() throws {
        let environment = RecordingEnvironment { _ in nil }
        let result = try TinyRound(items: 32).run(in: environment)
        #expect(result.metrics.open == environment.requests.count)
        #expect(result.metrics.answered == 0 && result.state.onlineAnswers.isEmpty)
        #expect(result.metrics.learnerUpdates == 0)
    }

    @Test func tiesAreDropped() throws {
        let environment = RecordingEnvironment { .scores($0.candidates.map { _ in 1 }) }
        let result = try TinyRound(items: 32).run(in: environment)
        #expect(result.metrics.ties == environment.requests.count && result.metrics.ties > 0)
        #expect(result.state.onlineAnswers.isEmpty)
    }

    @Test func anImpossibleAnswerStopsTheRound() throws {
        let environment = RecordingEnvironment { _ in .scores([1]) }
        #expect(throws: PreferenceLearningError.self) { try TinyRound().run(in: environment) }
    }

    /// Online DPO: no given pair is trained on, and each is asked about.
    @Test func withoutOfflineWeightOnlyAnswersTrain() throws {
        let environment = RecordingEnvironment(annotator: LabelAnswer.byLetter)
        var round = try TinyRound(items: 32)
        round.plan.configuration.weighting = .onlineOnly
        let result = try round.run(in: environment)
        let metrics = result.metrics
        #expect(environment.requests.allSatisfy { $0.weight == 0 })
        #expect(metrics.answered + metrics.ties + metrics.unaskable == 32)
        #expect(metrics.answered > 0 && metrics.learnerUpdates == 0)
        #expect(metrics.batches.reduce(0) { $0 + $1.items } == metrics.answered)
    }

    @Test func equalWeightsAskAndWeighByOneHalf() throws {
        let environment = RecordingEnvironment(annotator: LabelAnswer.byLetter)
        var round = try TinyRound(items: 32)
        round.plan.configuration.weighting = .equal
        let result = try round.run(in: environment)
        #expect(environment.requests.allSatisfy { $0.weight == 0.5 && $0.draw > 0.5 })
        let weights = result.metrics.batches.compactMap { $0.values["meta/weight"] }
        #expect(!weights.isEmpty && weights.allSatisfy { $0 == 0.5 })
    }

    @Test func theThresholdAsksWithoutChance() throws {
        let environment = RecordingEnvironment()
        var round = try TinyRound(items: 32)
        round.plan.configuration.asking = .threshold
        let result = try round.run(in: environment)
        #expect(environment.requests.allSatisfy { $0.weight < 0.5 && $0.rule == .threshold })
        #expect(environment.requests.contains { $0.draw < $0.weight })
        // The first meta-learner gives every score a weight below one half.
        #expect(environment.requests.count + result.metrics.unaskable == 32)
    }

    @Test func randomAskingHeedsTheDrawAlone() throws {
        let environment = RecordingEnvironment()
        var round = try TinyRound(items: 32)
        round.plan.configuration.asking = .random
        round.plan.configuration.askingShare = 0.4
        let result = try round.run(in: environment)
        let labels = LabelRequestPolicy(seed: round.plan.seed)
        let drawn = round.plan.window.filter { labels.draw(for: $0.id) < 0.4 }
        #expect(environment.requests.count + result.metrics.unaskable == drawn.count)
        #expect(Set(environment.requests.map(\.pair.id)).isSubset(of: drawn.map(\.id)))
    }

    @Test(arguments: [1, 3, 5]) func theBudgetBinds(budget: Int) throws {
        let environment = RecordingEnvironment()
        var round = try TinyRound(items: 40)
        round.plan.requestBudget = budget
        let result = try round.run(in: environment)
        #expect(environment.requests.count <= budget)
        #expect(environment.requests.count == result.metrics.open)
        #expect(environment.requests.count >= budget - 1)
    }

    @Test func anEmptyBudgetSavesTheScoring() throws {
        let environment = RecordingEnvironment()
        var round = try TinyRound(items: 16)
        round.plan.requestBudget = 0
        try round.run(in: environment)
        #expect(environment.requests.isEmpty)
        for event in environment.events {
            if case .scored = event { Issue.record("scored without a reason") }
        }
    }

    @Test func needGoesFirstWithinAChunk() throws {
        let environment = RecordingEnvironment()
        try TinyRound(items: 32).run(in: environment)
        var weights: [Double] = []
        for event in environment.events {
            switch event {
            case .scored: weights = []
            case .asked(let request, _):
                #expect(request.weight >= weights.last ?? 0)
                weights.append(request.weight)
            default: break
            }
        }
    }

    @Test func lateAnswersEnterWithAndWithoutTheirPair() throws {
        let environment = RecordingEnvironment()
        var round = try TinyRound(items: 6)
        round.plan.requestBudget = 0
        func answer(_ id: String, offline: PairExample?, prompt: String) -> OnlineAnswer {
            OnlineAnswer(
                request: id,
                pair: .sample("online \(id)", prompt: prompt, chosen: "ea", rejected: "qq"),
                offline: offline, checkpoint: nil)
        }
        round.plan.answers = [
            answer("in window", offline: round.plan.window[0], prompt: "train 0?"),
            answer("again", offline: round.plan.window[0], prompt: "train 0?"),
            answer("older", offline: TinyRound.pair("old"), prompt: "old?"),
            answer("retracted", offline: nil, prompt: "gone?"),
        ]
        let result = try round.run(in: environment)
        // Six given pairs, one of them with its answer; a second answer, an older pair, a retracted
        // one.
        #expect(result.metrics.batches.reduce(0) { $0 + $1.items } == 9)
        guard case .began(let overview) = environment.events[0] else {
            Issue.record("the first event is not the overview")
            return
        }
        #expect(overview.items == 9 && overview.answers == 4)
        #expect(result.metrics.batches.contains { $0.values["meta/weight"] != nil })
    }

    /// A late answer says how the model that wrote its candidates should change, so that model is
    /// what it is compared with.
    @Test(arguments: RoundConfiguration.Reference.allCases)
    func aLateAnswerHasItsOwnReference(reference: RoundConfiguration.Reference) throws {
        let environment = RecordingEnvironment()
        var round = try TinyRound(items: 6)
        round.plan.requestBudget = 0
        round.plan.configuration.reference = reference
        round.plan.startCheckpoint = "head"
        if reference == .head {
            round.plan.referenceCheckpoint = "head"
            round.reference = round.start
        }
        round.earlier = ["older": round.start]
        for writer in ["base", "older", "lost", "head"] {
            round.plan.answers.append(
                OnlineAnswer(
                    request: writer,
                    pair: .sample(writer, prompt: "\(writer)?", chosen: "ea", rejected: "qq"),
                    offline: nil, checkpoint: writer == "base" ? nil : writer))
        }
        #expect(round.plan.earlierCheckpoints == (reference == .head ? ["older", "lost"] : []))
        try round.run(in: environment)
        let common = reference == .head ? "head" : "base"
        let expected = [
            "base under base", "older under \(reference == .head ? "older" : "base")",
            "lost under \(common)", "head under \(common)", "train 0 under \(common)",
        ]
        for key in expected { #expect(environment.logps[key] != nil, "\(key)") }
        #expect(environment.logps.keys.filter { $0.hasPrefix("older under") }.count == 1)
    }

    /// A rated response has no pair to compare with, so there is nothing to ask about.
    @Test func ratedResponsesTrainAndAreNotAskedAbout() throws {
        let environment = RecordingEnvironment(annotator: LabelAnswer.byLetter)
        var round = try TinyRound(items: 16)
        round.plan.window = round.plan.window.enumerated().map { index, pair in
            switch index % 3 {
            case 0: pair
            case 1:
                PairExample(id: pair.id, prompt: pair.prompt, chosen: pair.chosen, rejected: nil)
            default:
                PairExample(id: pair.id, prompt: pair.prompt, chosen: nil, rejected: pair.rejected)
            }
        }
        let result = try round.run(in: environment)
        let pairs = Set(
            round.plan.window.filter { $0.chosen != nil && $0.rejected != nil }.map(\.id))
        #expect(!environment.requests.isEmpty)
        #expect(pairs.isSuperset(of: environment.requests.map(\.pair.id)))
        #expect(result.metrics.batches.reduce(0) { $0 + $1.items } == 16)
        let margins = result.metrics.batches.compactMap { $0.values["ratings/margins"] }
        #expect(margins.count == result.metrics.batches.count && (margins.last ?? 0) > 0)
        #expect(result.metrics.batches.allSatisfy { $0.values.values.allSatisfy(\.isFinite) })
    }
}
