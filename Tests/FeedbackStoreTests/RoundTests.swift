import FeedbackFormats
import FeedbackStore
import Foundation
import Testing

@Suite struct RoundTests {
    let test: TestStore
    var store: FeedbackStore { test.store }

    init() throws { test = try TestStore() }

    @Test func theWindowHoldsWhatNoCompletedRoundTrained() throws {
        let pairs = try store.addPairs(0..<6)
        let others = try store.add([
            Feedback(kind: .tie, prompt: [.user("Q")], chosen: "A", rejected: "B"),
            .rating([.user("Q")], answer: "A", liked: true),
        ])
        let ids = pairs + [try #require(others[1].id)]
        #expect(try store.window(limit: 4).map(\.id) == Array(ids[..<4]))
        for end in [RoundEnd.failed("out of memory"), .cancelled] {
            try store.endRound(try store.beginRound(plan: "{}", new: Array(ids[..<4])), end)
            #expect(try store.window(limit: 10).map(\.id) == ids)
        }
        try store.completeRound(new: Array(ids[..<4]))
        #expect(try store.window(limit: 10).map(\.id) == Array(ids[4...]))
        #expect(try store.window(limit: 10, withRatings: false).map(\.id) == Array(ids[4..<6]))
        #expect(try replayCandidates(store) == Array(ids[..<4]))
    }

    @Test func editsAreTrainedLikePairs() throws {
        let edit = Feedback(kind: .edit, prompt: [.user("Q")], chosen: "A", rejected: "B")
        let id = try store.add([edit])[0].id
        #expect(try store.window(limit: 1).map(\.id) == [id])
    }

    @Test func heldOutPairsAreNeverInTheWindow() throws {
        let test = try TestStore(heldOutShare: 0.5)
        let ids = Set(try test.store.addPairs(0..<40))
        let window = Set(try test.store.window(limit: 100).map(\.id))
        let heldOut = Set(try test.store.heldOutPairs().map(\.id))
        #expect(window.isDisjoint(with: heldOut) && window.union(heldOut) == ids)
        #expect(!window.isEmpty && !heldOut.isEmpty)
        #expect(throws: StoreError.self) {
            try test.store.beginRound(plan: "{}", new: [heldOut.first ?? ""])
        }
        #expect(try test.store.runningRound() == nil)
    }

    @Test func aLimitKeepsTheNewestHeldOutPairs() throws {
        let test = try TestStore(heldOutShare: 0.5)
        let ids = try test.store.addPairs(0..<40)
        let all = try test.store.heldOutPairs().map(\.id)
        #expect(all.count > 3 && all == ids.reversed().filter(Set(all).contains))
        #expect(try test.store.heldOutPairs(limit: 3).map(\.id) == Array(all.prefix(3)))
    }

    @Test func replayTrainsAgain() throws {
        let ids = try store.addPairs(0..<4)
        let first = try store.completeRound(new: Array(ids[..<2]))
        let second = try store.completeRound(
            new: Array(ids[2...]), replayed: Array(ids[..<2]), digit: "b")
        #expect(try store.feedback(ids[0]).trainedIn == [first, second])
        let set = try store.trainingSet(ofRound: second)
        #expect(set.new == Array(ids[2...]) && set.replayed == Array(ids[..<2]))
    }

    @Test func aNewPairIsTrainedInOneRoundOnly() throws {
        let ids = try store.addPairs(0..<1)
        try store.completeRound(new: ids)
        #expect(
            throws: StoreError.invariant("a completed round has trained on this new pair already")
        ) {
            try store.completeRound(new: ids, digit: "b")
        }
    }

    @Test func oneRoundRunsAtATime() throws {
        let round = try store.beginRound(plan: #"{"seed":1}"#, new: [])
        #expect(throws: StoreError.self) { try store.beginRound(plan: "{}", new: []) }
        #expect(try store.runningRound()?.id == round)
        try store.endRound(round, .cancelled)
        #expect(try store.runningRound() == nil)
        _ = try store.beginRound(plan: "{}", new: [])
    }

    @Test func anInterruptedRoundIsFoundAfterReopening() throws {
        let ids = try store.addPairs(0..<2)
        let round = try store.beginRound(plan: #"{"seed":7}"#, new: ids)
        try store.close()
        let reopened = try test.reopened()
        let running = try #require(try reopened.runningRound())
        #expect(running.id == round && running.plan == #"{"seed":7}"#)
        #expect(try reopened.trainingSet(ofRound: round).new == ids)
    }

    @Test func aCompletedRoundHasItsCheckpointAndFigures() throws {
        let round = try store.beginRound(plan: "{}", new: [])
        test.clock.advance(by: 90)
        let checkpoint = String(repeating: "c", count: 64)
        try store.endRound(
            round,
            .completed(
                checkpoint: checkpoint, metrics: #"{"loss":0.6}"#, gate: #"{"verdict":"keep"}"#))
        let stored = try store.round(round)
        #expect(stored.state == .completed && stored.checkpoint == checkpoint)
        #expect(stored.metrics == #"{"loss":0.6}"# && stored.gate == #"{"verdict":"keep"}"#)
        #expect(stored.finishedAt?.timeIntervalSince(stored.startedAt) == 90)
        #expect(try store.checkpoint(checkpoint).round == round)
    }

    @Test func aRoundEndsOnce() throws {
        let round = try store.completeRound()
        #expect(throws: StoreError.conflict("round \(round) is completed already")) {
            try store.endRound(round, .cancelled)
        }
        #expect(throws: StoreError.notFound(what: "round", id: "99")) {
            try store.endRound(99, .cancelled)
        }
    }

    @Test func roundsAreListedLatestFirst() throws {
        let ids = try (0..<5).map { _ in
            let id = try store.beginRound(plan: "{}", new: [])
            try store.endRound(id, .failed("x"))
            return id
        }
        #expect(try store.rounds(limit: 2).map(\.id) == [ids[4], ids[3]])
        #expect(try store.rounds(before: ids[3]).map(\.id) == [ids[2], ids[1], ids[0]])
        #expect(try store.round(ids[0]).failure == "x")
    }
}
