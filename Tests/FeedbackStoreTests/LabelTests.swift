import FeedbackFormats
import FeedbackStore
import Foundation
import Testing

@Suite struct LabelTests {
    let test: TestStore
    let pairs: [String]
    let round: Int
    var store: FeedbackStore { test.store }

    init() throws {
        test = try TestStore()
        pairs = try test.store.addPairs(0..<10)
        round = try test.store.beginRound(plan: "{}", new: [])
    }

    private func request(
        _ id: String, weight: Double = 0.25, pair: Int = 0,
        annotator: StoredLabelRequest.Annotator = .human,
        candidates: [String] = ["zero", "one", "two"]
    ) -> NewLabelRequest {
        NewLabelRequest(
            id: id, feedback: pairs[pair], candidates: candidates, round: round, checkpoint: nil,
            annotator: annotator, score: -0.75, weight: weight, draw: 0.9990234375)
    }

    private func budget(open: Int = 100, perDay: Int = 100) -> LabelBudget {
        LabelBudget(open: open, perDay: perDay, dayStart: test.clock.now)
    }

    @Test func aRequestExplainsItself() throws {
        #expect(try store.ask(request("r")) == .asked)
        let stored = try store.labelRequest("r")
        #expect(
            stored.candidates == ["zero", "one", "two"] && stored.prompt == [.user("Question 0?")])
        #expect(stored.score == -0.75 && stored.weight == 0.25 && stored.draw == 0.9990234375)
        #expect(stored.round == round && stored.feedback == pairs[0] && stored.state == .open)
        #expect(stored.askedAt == test.clock.now && stored.verdict == nil)
    }

    @Test func candidatesWithNULAreKeptWhole() throws {
        _ = try store.ask(request("r", candidates: ["a\0b", "c"]))
        #expect(try store.labelRequest("r").candidates == ["a\u{FFFD}b", "c"])
    }

    @Test func askingAgainChangesNothing() throws {
        _ = try store.ask(request("r"))
        #expect(try store.ask(request("r", weight: 0.5)) == .existing(.open))
        try store.skip("r")
        #expect(try store.ask(request("r")) == .existing(.skipped))
        #expect(try store.labelRequest("r").weight == 0.25)
    }

    @Test func theLowestWeightIsAskedFirst() throws {
        for (id, weight) in [("a", 0.4), ("b", 0.1), ("c", 0.3)] {
            _ = try store.ask(request(id, weight: weight))
        }
        _ = try store.ask(request("machine", weight: 0.01, annotator: .command))
        #expect(try store.nextLabelRequest()?.id == "b")
        #expect(try store.labelRequests(state: .open).map(\.id) == ["machine", "b", "c", "a"])
        #expect(try store.labelRequests(limit: 1, offset: 1).map(\.id) == ["b"])
    }

    @Test func theOpenBudgetKeepsTheMostNeeded() throws {
        let budget = budget(open: 2)
        #expect(try store.ask(request("a", weight: 0.4), within: budget) == .asked)
        #expect(try store.ask(request("b", weight: 0.3), within: budget) == .asked)
        #expect(try store.ask(request("c", weight: 0.4), within: budget) == .overBudget)
        #expect(try store.ask(request("d", weight: 0.2), within: budget) == .replaced("a"))
        #expect(try store.labelRequests(state: .open).map(\.id) == ["d", "b"])
        #expect(try store.labelRequest("a").state == .expired)
        #expect(throws: StoreError.notFound(what: "label request", id: "c")) {
            try store.labelRequest("c")
        }
    }

    @Test func theDailyBudgetCountsFromTheDaysBeginning() throws {
        let today = budget(perDay: 2)
        _ = try store.ask(request("a"), within: today)
        try store.skip("a")
        _ = try store.ask(request("b"), within: today)
        #expect(try store.ask(request("c", weight: 0), within: today) == .overBudget)
        #expect(try store.askedCount(since: test.clock.now) == 2)
        test.clock.advance(by: 86_400)
        #expect(try store.ask(request("c"), within: budget(perDay: 2)) == .asked)
        #expect(try store.askedCount(since: test.clock.now) == 1)
    }

    @Test(arguments: [
        (LabelVerdict.ranking(best: 2, worst: 0), "two", "zero"),
        (.scores([0.5, -1, 0.5]), "zero", "one"),
        (.edited("three", candidate: 1), "three", "one"),
    ])
    func anAnswerMakesAPair(_ verdict: LabelVerdict, _ chosen: String, _ rejected: String) throws {
        _ = try store.ask(request("r"))
        let pair = try #require(try store.answer("r", verdict))
        #expect(pair.chosen == chosen && pair.rejected == rejected && pair.offlineIsLive)
        #expect(try store.pendingOnlinePairs() == [pair])
        #expect(try store.onlinePairs() == [pairs[0]: pair])
        let stored = try store.labelRequest("r")
        #expect(stored.state == .answered && stored.verdict == verdict)
    }

    @Test(arguments: [
        LabelVerdict.bothBad, .scores([1, 1, 1]), .ranking(best: 0, worst: 2),
        .edited("same", candidate: 0),
    ])
    func anAnswerWithoutAPreferenceMakesNone(_ verdict: LabelVerdict) throws {
        _ = try store.ask(request("r", candidates: ["same", "other", "same"]))
        #expect(try store.answer("r", verdict) == nil)
        #expect(try store.pendingOnlinePairs().isEmpty)
        #expect(try store.labelRequest("r").state == .answered)
    }

    @Test(arguments: [
        LabelVerdict.ranking(best: 0, worst: 3), .ranking(best: -1, worst: 0),
        .ranking(best: 1, worst: 1), .scores([1, 2]), .scores([1, .nan, 0]),
        .edited(" ", candidate: 0), .edited("x", candidate: 9), .edited("x\0", candidate: 0),
    ])
    func aVerdictThatDoesNotFitChangesNothing(_ verdict: LabelVerdict) throws {
        _ = try store.ask(request("r"))
        #expect(throws: StoreError.self) { try store.answer("r", verdict) }
        #expect(try store.labelRequest("r").state == .open)
    }

    @Test func closedRequestsTakeNoAnswer() throws {
        for (id, close) in [
            ("a", { try store.skip("a", reason: "too long") }),
            ("b", { _ = try store.expire(["b"], reason: "the policy moved") }),
            ("c", { _ = try store.answer("c", .bothBad) }),
        ] as [(String, () throws -> Void)] {
            _ = try store.ask(request(id))
            try close()
            #expect(throws: StoreError.self) { try store.answer(id, .bothBad) }
            #expect(throws: StoreError.self) { try store.skip(id) }
            #expect(try store.expire([id], reason: "again") == 0)
        }
        #expect(try store.labelRequest("a").reason == "too long")
        #expect(try store.labelCounts() == [.skipped: 1, .expired: 1, .answered: 1])
    }

    @Test func requestsExpireWithAge() throws {
        _ = try store.ask(request("old"))
        test.clock.advance(by: 100)
        _ = try store.ask(request("young"))
        #expect(try store.expire(askedBefore: test.clock.now) == 1)
        #expect(try store.labelRequests(state: .open).map(\.id) == ["young"])
    }

    @Test func retractingAPairExpiresItsRequestsAndOrphansItsAnswers() throws {
        _ = try store.ask(request("answered"))
        _ = try store.ask(request("open"))
        _ = try store.answer("answered", .ranking(best: 0, worst: 1))
        try store.retract(pairs[0])
        #expect(try store.labelRequest("open").state == .expired)
        #expect(try store.pendingOnlinePairs().map(\.offlineIsLive) == [false])
    }

    @Test func anOnlinePairIsTrainedExactlyOnce() throws {
        _ = try store.ask(request("r"))
        let answer = try #require(try store.answer("r", .ranking(best: 0, worst: 1))).answer
        try store.endRound(round, .cancelled)
        let failed = try store.beginRound(plan: "{}", new: [], answers: [answer])
        try store.endRound(failed, .failed("x"))
        #expect(try store.pendingOnlinePairs().map(\.answer) == [answer])
        try store.completeRound(answers: [answer])
        #expect(try store.pendingOnlinePairs().isEmpty)
        #expect(
            throws: StoreError.invariant("a completed round has trained on this answer already")
        ) {
            try store.completeRound(answers: [answer], digit: "b")
        }
    }

    @Test func aCommandsAnswerBelongsToTheRoundThatAsked() throws {
        _ = try store.ask(request("r", annotator: .command))
        let pair = try #require(
            try store.answer("r", .scores([1, 2, 3]), usedIn: round))
        #expect(try store.trainingSet(ofRound: round).answers == [pair.answer])
        try store.endRound(
            round,
            .completed(checkpoint: String(repeating: "d", count: 64), metrics: "{}", gate: "{}"))
        #expect(try store.pendingOnlinePairs().isEmpty)
    }

    @Test func theLastAnswerCanBeUndone() throws {
        #expect(try store.undoLastAnswer() == nil)
        for id in ["a", "b"] {
            _ = try store.ask(request(id))
            _ = try store.answer(id, .ranking(best: 0, worst: 1))
        }
        #expect(try store.undoLastAnswer()?.id == "b")
        #expect(try store.labelRequest("b").state == .open)
        #expect(try store.pendingOnlinePairs().map(\.request) == ["a"])
        // A second thought, then the way back through both.
        _ = try store.answer("b", .ranking(best: 1, worst: 0))
        #expect(try store.onlinePairs().values.map(\.chosen) == ["one"])
        #expect(try store.undoLastAnswer()?.id == "b")
        #expect(try store.undoLastAnswer()?.id == "a")
        #expect(try store.undoLastAnswer() == nil)
        #expect(try store.integrityCheck() == [])
    }

    @Test func anAnswerThatARoundHasTakenStays() throws {
        _ = try store.ask(request("r"))
        let answer = try #require(try store.answer("r", .ranking(best: 0, worst: 1))).answer
        try store.endRound(round, .cancelled)
        let taking = try store.beginRound(plan: "{}", new: [], answers: [answer])
        #expect(throws: StoreError.self) { try store.undoLastAnswer() }
        try store.endRound(taking, .cancelled)
        #expect(try store.undoLastAnswer()?.id == "r")
    }
}
