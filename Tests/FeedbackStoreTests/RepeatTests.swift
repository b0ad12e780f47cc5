import FeedbackFormats
import FeedbackStore
import Foundation
import Testing

@Suite struct RepeatTests {
    let test: TestStore
    var store: FeedbackStore { test.store }
    private var budget: LabelBudget {
        LabelBudget(open: 100, perDay: 100, dayStart: test.clock.now)
    }

    init() throws { test = try TestStore() }

    /// A round with requests "0", "1", … whose best candidate is the second and worst the third.
    private func answeredRound(_ count: Int) throws {
        let pairs = try store.addPairs(0..<count)
        let round = try store.beginRound(plan: "{}", new: [])
        for (index, pair) in pairs.enumerated() {
            _ = try store.ask(
                NewLabelRequest(
                    id: "\(index)", feedback: pair, candidates: ["x", "good", "bad"], round: round,
                    checkpoint: nil, annotator: .human, score: -0.75, weight: 0.25, draw: 0.5))
            test.clock.advance(by: 1)
            try store.answer("\(index)", .ranking(best: 1, worst: 2))
        }
        try store.endRound(round, .cancelled)
    }

    @Test func theOldestAnswerIsAskedForAgainInTheOtherOrder() throws {
        try answeredRound(2)
        let round = try store.beginRound(plan: "{}", new: [])
        let id = try #require(try store.askAgain(inRound: round, within: budget))
        let request = try store.labelRequest(id)
        #expect(request.repeats == "0" && request.candidates == ["bad", "good"])
        #expect(request.state == .open && request.weight == 0.25 && request.round == round)
        let second = try #require(try store.askAgain(inRound: round, within: budget))
        #expect(try store.labelRequest(second).repeats == "1")
        #expect(try store.askAgain(inRound: round, within: budget) == nil, "each only once")
    }

    @Test func anAnswerToARepeatedRequestTrainsNothing() throws {
        try answeredRound(1)
        let before = try store.pendingOnlinePairs()
        let round = try store.beginRound(plan: "{}", new: [])
        let id = try #require(try store.askAgain(inRound: round, within: budget))
        #expect(try store.answer(id, .ranking(best: 0, worst: 1)) == nil)
        #expect(try store.pendingOnlinePairs() == before && before.count == 1)
        #expect(try store.answerConsistency() == AnswerConsistency(agreeing: 0, differing: 1))
    }

    @Test func neitherBudgetNorRetractionIsPassedOver() throws {
        try answeredRound(2)
        let round = try store.beginRound(plan: "{}", new: [])
        let spent = LabelBudget(open: 100, perDay: 2, dayStart: test.clock.now - 60)
        #expect(try store.askAgain(inRound: round, within: spent) == nil)
        let full = LabelBudget(open: 0, perDay: 100, dayStart: test.clock.now)
        #expect(try store.askAgain(inRound: round, within: full) == nil)
        try store.retract(try store.labelRequest("0").feedback)
        let id = try #require(try store.askAgain(inRound: round, within: budget))
        #expect(try store.labelRequest(id).repeats == "1")
    }

    /// What this round asked is too fresh to be asked again in it.
    @Test func onlyEarlierRoundsAreRepeated() throws {
        try answeredRound(1)
        #expect(try store.askAgain(inRound: 1, within: budget) == nil)
    }

    @Test func noiseFollowsFromAgreement() throws {
        #expect(AnswerConsistency(agreeing: 9, differing: 0).noise == nil)
        #expect(AnswerConsistency(agreeing: 10, differing: 0).noise == 0)
        #expect(AnswerConsistency(agreeing: 5, differing: 5).noise == 0.4)
        #expect(AnswerConsistency(agreeing: 1, differing: 19).noise == 0.4)
        // Who is wrong one time in five agrees with themselves 0.8² + 0.2² = 68 times of 100.
        let noise = try #require(AnswerConsistency(agreeing: 68, differing: 32).noise)
        #expect(abs(noise - 0.2) < 1e-12)
    }
}
