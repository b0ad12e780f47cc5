import AttuneDaemon
import CheckpointStore
import FeedbackFormats
import FeedbackStore
import Foundation
import PreferenceLearning
import Testing

@Suite struct RoundLedgerTests {
    let ledger: TestLedger
    let head: CheckpointID

    init() throws {
        ledger = try TestLedger()
        head = try ledger.checkpoint(1)
        try ledger.promote(ledger.checkpoint(0))
        try ledger.promote(head)
    }

    private static let passed = GateDecision(verdict: .promote, checks: [], explanation: "better")

    /// Ends a round as a crash before the promotion leaves it.
    private func endUnpromoted(_ during: () throws -> Void) throws -> CheckpointID {
        let made = try ledger.checkpoint(2, isRegistered: false)
        let round = try ledger.store.beginRound(plan: ledger.plan().json(), new: [])
        try during()
        try ledger.store.endRound(
            round,
            .completed(
                checkpoint: made.hex, metrics: "{}",
                gate: String(decoding: try JSONEncoder().encode(Self.passed), as: UTF8.self)))
        return made
    }

    /// A plan of an earlier version lacks the settings that came later.
    @Test func anOlderPlanIsReadWithDefaults() throws {
        var configuration = RoundConfiguration()
        configuration.objective = .simpo(beta: 2.5, gamma: 0.6)
        configuration.learningRate = 7e-4
        let plan = RoundPlan(seed: 3, window: [], heldOut: [], configuration: configuration)
        let json = try RoundRecord(plan: plan, model: head).json()
        var old = json
        for member in [#","weighting":"meta-learner""#, #""asking":"weight","askingShare":0.5,"#] {
            #expect(old.contains(member))
            old = old.replacing(member, with: "")
        }
        #expect(try RoundRecord(json: old).json() == json)
        #expect(throws: (any Error).self) {
            try RoundRecord(json: json.replacing(#""plan":"#, with: #""plans":"#))
        }
    }

    @Test func aRoundThatPassedIsPromotedAfterACrash() throws {
        let made = try endUnpromoted {}
        try ledger.library.promoteUnpromotedRound()
        #expect(try ledger.store.head() == made.hex)
    }

    @Test func aRollbackDuringTheRoundStandsAfterACrash() throws {
        _ = try endUnpromoted { _ = try ledger.store.rollback() }
        let standing = try ledger.store.head()
        try ledger.library.promoteUnpromotedRound()
        #expect(try ledger.store.head() == standing)
        #expect(standing != head.hex)
    }

    @Test func aPromotionDuringTheRoundStandsAfterACrash() throws {
        let chosen = try ledger.checkpoint(3)
        _ = try endUnpromoted { try ledger.promote(chosen) }
        try ledger.library.promoteUnpromotedRound()
        #expect(try ledger.store.head() == chosen.hex)
    }

    @Test func aJudgementOfAnotherHeadPromotesNothing() throws {
        let candidate = try ledger.checkpoint(3)
        let newer = try ledger.checkpoint(4)
        try ledger.promote(newer)
        #expect(
            try !ledger.library.promote(
                candidate, .gate, gate: Self.passed, ifHeadIs: head.hex))
        #expect(try ledger.store.head() == newer.hex)
        #expect(
            try ledger.library.promote(
                candidate, .gate, gate: Self.passed, ifHeadIs: newer.hex))
        #expect(try ledger.store.head() == candidate.hex)
    }

    /// Without a head before and after, only the model tells that the verdict is about something else.
    @Test func aJudgementOfAnotherModelPromotesNothing() throws {
        let ledger = try TestLedger()
        let candidate = try ledger.checkpoint(1)
        try ledger.use("other", ObjectID(hashing: Data("other".utf8)))
        for kind in [Promotion.Kind.gate, .forced] {
            #expect(
                try !ledger.library.promote(candidate, kind, gate: Self.passed, ifHeadIs: nil))
        }
        #expect(try ledger.store.head() == nil)
        try ledger.use("tiny", TestLedger.model)
        #expect(
            try ledger.library.promote(candidate, .gate, gate: Self.passed, ifHeadIs: nil))
    }

    @Test func aPromotionForgetsWhatNothingIsMeasuredAgainst() throws {
        let store = ledger.store
        let pair = Feedback.pair("Question?", chosen: "Answer.", rejected: "Refusal.")
        let id = try #require(try store.add([pair]).compactMap(\.id).first)
        let next = try ledger.checkpoint(5)
        let base = "base-" + TestLedger.model.hex
        let references = [base, head.hex, next.hex, "long gone", "base-other"]
        for reference in references {
            try store.cache([id: ReferenceLogps(chosen: -1, rejected: -2)], reference: reference)
        }
        func kept() throws -> [String] {
            try references.filter { try !store.referenceLogps(of: [id], reference: $0).isEmpty }
        }
        let round = try store.beginRound(plan: ledger.plan().json(), new: [])
        #expect(try ledger.library.promote(next, .forced, gate: nil, ifHeadIs: head.hex))
        #expect(
            try kept() == [base, head.hex, next.hex], "the round measures against the old head")
        try store.endRound(round, .cancelled)
        try ledger.library.evictLogps()
        #expect(try kept() == [base, next.hex])
    }
}
