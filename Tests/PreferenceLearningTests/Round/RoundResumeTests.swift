import Foundation
import LanguageModel
import PreferenceLearning
import Testing

/// An interrupted and resumed round ends as one that was never interrupted, bit for bit.
@Suite struct RoundResumeTests {
    private func expectEqual(
        _ result: RoundResult, _ expected: RoundResult, _ comment: Comment
    ) throws {
        #expect(result.candidate.parameters == expected.candidate.parameters, comment)
        #expect(result.metrics == expected.metrics, comment)
        #expect(result.gate == expected.gate, comment)
        #expect(result.state.learner == expected.state.learner, comment)
        #expect(result.state.onlineAnswers == expected.state.onlineAnswers, comment)
        let (left, right) = (try result.state.encoded(), try expected.state.encoded())
        #expect(left.json == right.json, comment)
        #expect(left.tensors == right.tensors, comment)
    }

    @Test func cancelledAnywhereItGoesOnToTheSameBits() throws {
        let round = try TinyRound()
        let whole = RecordingEnvironment(annotator: LabelAnswer.byLetter)
        let expected = try round.run(in: whole)
        #expect(expected.metrics.answered > 0 && expected.metrics.learnerUpdates > 0)
        for cut in 0..<12 {
            let environment = RecordingEnvironment(annotator: LabelAnswer.byLetter)
            environment.pollsLeft = whole.polls * cut / 12
            #expect(throws: CancellationError.self) { try round.run(in: environment) }
            environment.pollsLeft = nil
            let resumed = try round.run(in: environment, from: environment.lastState())
            try expectEqual(resumed, expected, "cancelled at poll \(whole.polls * cut / 12)")
        }
    }

    @Test func cancelledAgainAndAgainItStillArrives() throws {
        let round = try TinyRound()
        let whole = RecordingEnvironment(annotator: LabelAnswer.byLetter)
        let expected = try round.run(in: whole)
        let environment = RecordingEnvironment(annotator: LabelAnswer.byLetter)
        var result: RoundResult?
        var runs = 0
        while result == nil, runs < 100 {
            runs += 1
            environment.pollsLeft = whole.polls / 5
            do {
                result = try round.run(in: environment, from: environment.lastState())
            } catch is CancellationError {}
        }
        #expect(runs > 3)
        try expectEqual(try #require(result), expected, "\(runs) runs")
    }

    @Test func everyKeptStateLeadsToTheSameEnd() throws {
        let round = try TinyRound(items: 12)
        let whole = RecordingEnvironment(annotator: LabelAnswer.byLetter)
        let expected = try round.run(in: whole)
        var phases: Set<RoundState.Phase> = []
        for (index, kept) in whole.kept.enumerated() {
            let state = try RoundState(json: kept.json, tensors: kept.tensors)
            phases.insert(state.phase)
            let resumed = try round.run(
                in: RecordingEnvironment(annotator: LabelAnswer.byLetter), from: state)
            try expectEqual(resumed, expected, "boundary \(index)")
        }
        #expect(
            phases == [.scoring, .sampling, .asking, .training, .evaluating, .finished],
            "every phase was resumed from")
    }

    @Test func answeredRequestsAreNotAskedAgain() throws {
        let round = try TinyRound()
        let whole = RecordingEnvironment(annotator: LabelAnswer.byLetter)
        try round.run(in: whole)
        struct AnnotatorDied: Error {}
        let environment = RecordingEnvironment()
        environment.annotator = { request in
            if environment.requests.count == 3 { throw AnnotatorDied() }
            return LabelAnswer.byLetter(request)
        }
        #expect(throws: AnnotatorDied.self) { try round.run(in: environment) }
        environment.annotator = LabelAnswer.byLetter
        try round.run(in: environment, from: environment.lastState())
        // Only the request whose answer was lost is put again, word for word.
        #expect(environment.requests[2] == environment.requests[3])
        #expect(environment.requests[..<3] + environment.requests[4...] == whole.requests[...])
    }

    @Test func aStateOfAnotherPlanIsRefused() throws {
        let environment = RecordingEnvironment()
        var round = try TinyRound(items: 8)
        try round.run(in: environment)
        round.plan.configuration.learningRate *= 2
        #expect(throws: PreferenceLearningError.self) {
            try round.run(from: environment.lastState())
        }
    }

    @Test func aDamagedStateIsRefused() throws {
        let environment = RecordingEnvironment()
        try TinyRound(items: 8).run(in: environment)
        let kept = try #require(environment.kept.last)
        #expect(throws: PreferenceLearningError.self) {
            try RoundState(json: kept.json.dropLast(), tensors: kept.tensors)
        }
        for name in kept.tensors.keys {
            var tensors = kept.tensors
            tensors[name] = nil
            #expect(throws: PreferenceLearningError.self) {
                try RoundState(json: kept.json, tensors: tensors)
            }
            tensors[name] = [1, 2, 3]
            #expect(throws: PreferenceLearningError.self) {
                try RoundState(json: kept.json, tensors: tensors)
            }
        }
    }

    @Test func aStateWhosePlaceIsOutsideTheRoundIsRefused() throws {
        let environment = RecordingEnvironment()
        let round = try TinyRound(items: 8)
        try round.run(in: environment)
        let kept = try #require(environment.kept.first)
        let whole = String(decoding: kept.json, as: UTF8.self)
        for (part, damaged) in [
            (#""chunk":0"#, #""chunk":7"#), (#""batch":0"#, #""batch":-1"#),
            (#""sampled":0"#, #""sampled":99"#), (#""item":"#, #""item":9"#),
        ] {
            #expect(whole.contains(part))
            let json = Data(whole.replacing(part, with: damaged).utf8)
            let state = try RoundState(json: json, tensors: kept.tensors)
            #expect(throws: PreferenceLearningError.self, "\(part)") {
                try round.run(from: state)
            }
        }
    }
}
