import FeedbackFormats
import FeedbackStore
import Testing

/// What rounds were to train on and did not.
@Suite struct SkippingTests {
    let test: TestStore
    var store: FeedbackStore { test.store }

    init() throws { test = try TestStore() }

    /// Opens a round that trains on `new` and skips `id` as 2000 tokens long.
    private func begin(new: [String] = [], tooLong id: String) throws -> Int {
        var tooLong = LongFeedback()
        tooLong.pairs[id] = 2000
        return try store.beginRound(plan: "{}", new: new, tooLong: tooLong)
    }

    private static let completed = RoundEnd.completed(
        checkpoint: String(repeating: "a", count: 64), metrics: "{}", gate: "{}")

    @Test(arguments: [completed, .failed("x"), .cancelled])
    func aPairTooLongIsMetOnceWhateverBecomesOfTheRound(end: RoundEnd) throws {
        let ids = try store.addPairs(0..<2)
        let round = try begin(new: [ids[0]], tooLong: ids[1])
        try store.endRound(round, end)
        #expect(try !store.window(limit: 10).map(\.id).contains(ids[1]))
        #expect(try store.feedback(ids[1]).trainedIn == [])
        #expect(try !replayCandidates(store).contains(ids[1]))
        #expect(try store.skips(ofRound: round).tooLong == 1)
        let counts = try store.counts()
        #expect(counts.tooLong == 1)
        #expect(counts.waiting == (try store.window(limit: 10).count))
    }

    @Test func aRaisedLimitTakesItBackIn() throws {
        let ids = try store.addPairs(0..<1)
        try store.endRound(try begin(tooLong: ids[0]), .cancelled)
        #expect(try store.window(limit: 1, tokenLimit: 1999) == [])
        #expect(try store.window(limit: 1, tokenLimit: 2000).map(\.id) == ids)
        try store.completeRound(new: ids)
        #expect(try store.counts().trained == 1 && store.counts().tooLong == 0)
    }

    @Test func anAnswerTooLongIsMetOnce() throws {
        let ids = try store.addPairs(0..<1)
        let asking = try store.beginRound(plan: "{}", new: ids)
        _ = try store.ask(
            NewLabelRequest(
                id: "r", feedback: ids[0], candidates: ["x", "y"], round: asking, checkpoint: nil,
                annotator: .human, score: -1, weight: 0.25, draw: 0.5))
        try store.endRound(asking, Self.completed)
        let answer = try #require(try store.answer("r", .edited("z", candidate: 0))).answer
        var tooLong = LongFeedback()
        tooLong.answers[answer] = 2000
        let round = try store.beginRound(plan: "{}", new: [], tooLong: tooLong)
        try store.endRound(round, .failed("x"))
        #expect(try store.pendingOnlinePairs() == [])
        #expect(try store.pendingOnlinePairs(tokenLimit: 2000).map(\.answer) == [answer])
    }

    @Test func aPairRetractedBeforeItWasTrainedOnShapesNoRound() throws {
        let ids = try store.addPairs(0..<2)
        let round = try store.beginRound(plan: "{}", new: ids)
        for id in ids { try store.retract(id) }
        try store.endRound(round, Self.completed, retracted: [ids[1]])
        #expect(try store.feedback(ids[0]).trainedIn == [round])
        #expect(try store.feedback(ids[1]).trainedIn == [])
        #expect(try store.skips(ofRound: round).retracted == 1)
        let counts = try store.counts()
        #expect(counts.retracted == 2 && counts.retractedAfterTraining == 1)
    }

    @Test func aWindowGoesOnAfterAnEntry() throws {
        let ids = try store.addPairs(0..<5)
        #expect(try store.window(after: ids[1], limit: 2).map(\.id) == Array(ids[2...3]))
        #expect(try store.window(after: ids[4], limit: 2) == [])
    }
}
