import LanguageModel
import PreferenceLearning
import Testing

/// Feedback that is retracted while the round that was to train on it runs.
@Suite struct RoundRetractingTests {
    /// Runs a round in which every pair with an even last digit is retracted once the first batch
    /// has been trained on.
    private func run(
        _ round: TinyRound, in environment: RecordingEnvironment
    ) throws -> RoundResult {
        environment.retraction = { [unowned environment] pair in
            !environment.batches.isEmpty && Self.isEven(pair)
        }
        return try round.run(in: environment)
    }

    private static func isEven(_ pair: String) -> Bool { pair.last.map { "02468".contains($0) }! }

    private func itemsTrained(_ result: RoundResult) -> Int {
        result.metrics.batches.reduce(0) { $0 + $1.items }
    }

    @Test func aRetractedPairEntersNoFurtherBatch() throws {
        var round = try TinyRound(items: 20)
        round.plan.requestBudget = 0
        let whole = try round.run()
        let result = try run(round, in: RecordingEnvironment())
        let retracted = result.state.retracted
        #expect(itemsTrained(whole) == 20)
        #expect(retracted.count >= 6 && retracted.allSatisfy(Self.isEven))
        #expect(itemsTrained(result) == 20 - retracted.count)
        #expect(result.candidate.parameters != whole.candidate.parameters)
    }

    @Test func theOthersKeepTheirPlaces() throws {
        var round = try TinyRound(items: 20)
        round.plan.requestBudget = 0
        let whole = try round.run()
        let result = try run(round, in: RecordingEnvironment())
        #expect(result.metrics.batches[0] == whole.metrics.batches[0])
        for (batch, full) in zip(result.metrics.batches, whole.metrics.batches) {
            #expect(batch.items <= full.items)
        }
    }

    @Test func nobodyIsAskedAboutARetractedPair() throws {
        let environment = RecordingEnvironment(annotator: LabelAnswer.byLetter)
        _ = try run(try TinyRound(items: 32), in: environment)
        var hasTrained = false
        var later = 0
        for event in environment.events {
            switch event {
            case .trained: hasTrained = true
            case .asked(let request, _) where hasTrained:
                later += 1
                #expect(!Self.isEven(request.pair.id))
            default: break
            }
        }
        #expect(later > 0)
    }

    @Test func whatIsRetractedBetweenSamplingAndAskingIsNotAskedAbout() throws {
        let environment = RecordingEnvironment(annotator: LabelAnswer.byLetter)
        environment.retraction = { [unowned environment] _ in environment.requests.count == 1 }
        let result = try TinyRound(items: 8).run(in: environment)
        #expect(environment.requests.count == 1)
        #expect(result.state.retracted.count == 8)
        #expect(itemsTrained(result) == 1, "the one answer there was")
    }

    @Test func anAnswerTrainsAloneWhenItsPairIsGone() throws {
        var round = try TinyRound(items: 6)
        round.plan.requestBudget = 0
        let offline = round.plan.window[0]
        round.plan.answers = [
            OnlineAnswer(
                request: "late",
                pair: .sample("online", prompt: "train 0?", chosen: "ea", rejected: "qq"),
                offline: offline, checkpoint: nil)
        ]
        let environment = RecordingEnvironment()
        environment.retraction = { $0 == offline.id }
        let result = try round.run(in: environment)
        #expect(result.state.retracted == [offline.id])
        #expect(itemsTrained(result) == 6)
        let items = result.metrics.batches.filter { $0.values["meta/weight"] != nil }
        #expect(items.isEmpty, "no item has two sides any more")
    }

    /// Wherever it is cut, the resumed round knows what is gone and ends with the same bits.
    @Test func everyKeptStateLeadsToTheSameEnd() throws {
        let round = try TinyRound(items: 16)
        let whole = RecordingEnvironment(annotator: LabelAnswer.byLetter)
        let expected = try run(round, in: whole)
        let firstAfter = try #require(
            whole.kept.firstIndex {
                try RoundState(json: $0.json, tensors: $0.tensors).step == 1
            })
        for (index, kept) in whole.kept.enumerated() where index >= firstAfter {
            let environment = RecordingEnvironment(annotator: LabelAnswer.byLetter)
            environment.retraction = Self.isEven
            let resumed = try round.run(
                in: environment, from: RoundState(json: kept.json, tensors: kept.tensors))
            #expect(resumed.candidate.parameters == expected.candidate.parameters, "\(index)")
            #expect(try resumed.state.encoded().json == expected.state.encoded().json, "\(index)")
        }
    }

    @Test func aRoundOfWhichNothingIsLeftFails() throws {
        let environment = RecordingEnvironment()
        environment.retraction = { _ in true }
        #expect(throws: PreferenceLearningError.allRetracted(pairs: 8)) {
            try TinyRound(items: 8).run(in: environment)
        }
        #expect(environment.batches.isEmpty)
    }
}
