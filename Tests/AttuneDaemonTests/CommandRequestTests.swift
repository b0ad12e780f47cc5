import AttuneDaemon
import FeedbackFormats
import FeedbackStore
import Foundation
import LanguageModel
import Logging
import PreferenceLearning
import Testing

/// The books a round keeps of what it asks a program.
@Suite struct CommandRequestTests {
    let ledger: TestLedger
    let request: LabelRequest
    let round: Int
    var store: FeedbackStore { ledger.store }

    init() throws {
        ledger = try TestLedger()
        let pair = Feedback.pair("Question?", chosen: "Answer.", rejected: "Refusal.")
        let id = try #require(try ledger.store.add([pair]).compactMap(\.id).first)
        round = try ledger.store.beginRound(plan: "{}", new: [])
        request = LabelRequest(
            id: "r1",
            pair: PairExample(
                id: id, prompt: [ChatMessage(role: "user", content: "Question?")],
                chosen: "Answer.", rejected: "Refusal."),
            candidates: ["one", "two"], score: -0.7, weight: 0.3, draw: 0.9, checkpoint: nil,
            step: 0)
    }

    private let tie = LabelAnswer.scores([0, 0])

    private func annotate(
        _ script: String = #"read line; echo '{"id":"r1","scores":[0,1]}'; cat"#,
        whileWaiting: () throws -> Void = {}
    ) throws -> LabelAnswer {
        try CommandAnnotator(
            command: ["sh", "-c", script], timeout: .seconds(20),
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        ).annotate(request, round: round, in: store, whileWaiting: whileWaiting)
    }

    /// Puts the request on record as a run of the round does that is then interrupted.
    private func interrupt() {
        #expect(throws: CancellationError.self) {
            try annotate("cat > /dev/null") { throw CancellationError() }
        }
    }

    @Test func anAnswerIsKeptAndNotAskedForAgain() throws {
        #expect(try annotate() == .scores([0, 1]))
        #expect(try annotate("exit 7") == .scores([0, 1]))
        #expect(try store.trainingSet(ofRound: round).answers.count == 1)
    }

    @Test func aRequestWhosePairIsRetractedBetweenRunsIsATie() throws {
        interrupt()
        try store.retract(request.pair.id)
        #expect(try annotate("exit 7") == tie)
        #expect(try store.trainingSet(ofRound: round).answers.isEmpty)
    }

    @Test func aRequestWhosePairIsRetractedWhileTheProgramThinksIsATie() throws {
        var isRetracted = false
        let answer = try annotate {
            if !isRetracted { try store.retract(request.pair.id) }
            isRetracted = true
        }
        #expect(answer == tie)
        #expect(try store.labelRequest("r1").state == .expired)
    }

    @Test func peopleNeitherAnswerNorSkipIt() throws {
        interrupt()
        #expect(throws: StoreError.self) {
            try store.answer("r1", .ranking(best: 0, worst: 1))
        }
        #expect(throws: StoreError.self) { try store.skip("r1") }
        #expect(try store.labelRequest("r1").state == .open)
    }

    @Test func itGrowsOldOnlyAfterItsRound() throws {
        interrupt()
        #expect(try store.expire(askedBefore: .distantFuture) == 0)
        try store.endRound(round, .cancelled)
        #expect(try store.labelRequest("r1").state == .expired)
    }

    @Test func anAnswerOnRecordIsTakenOnceByTheRound() throws {
        _ = try annotate()
        try store.endRound(round, .cancelled)
        let next = try store.beginRound(plan: "{}", new: [])
        #expect(try store.useAnswer(to: "r1", in: next))
        #expect(try store.useAnswer(to: "r1", in: next))
        #expect(try store.trainingSet(ofRound: next).answers.count == 1)
        try store.endRound(
            next,
            .completed(
                checkpoint: String(repeating: "a", count: 64), metrics: "{}", gate: "{}"))
        let last = try store.beginRound(plan: "{}", new: [])
        #expect(try !store.useAnswer(to: "r1", in: last))
    }
}
