import AttuneDaemon
import CheckpointStore
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
}
