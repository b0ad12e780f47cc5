import FeedbackFormats
import FeedbackStore
import Foundation
import Testing

@Suite struct RetractingTests {
    let test: TestStore
    var store: FeedbackStore { test.store }

    init() throws { test = try TestStore() }

    @Test func aRetractionHidesButKeepsOnRecord() throws {
        let id = try store.addPairs(0..<1)[0]
        test.clock.advance(by: 60)
        let entry = try store.retract(id, reason: "a slip")
        #expect(entry.retraction == Retraction(at: test.clock.now, reason: "a slip"))
        #expect(try store.feedback().entries.isEmpty)
        var only = FeedbackFilter()
        only.retracted = .only
        #expect(try store.feedback(matching: only).entries.map(\.id) == [id])
        #expect(try store.window(limit: 10).isEmpty)
    }

    @Test func theFirstRetractionCounts() throws {
        let id = try store.addPairs(0..<1)[0]
        let first = try store.retract(id, reason: "first")
        test.clock.advance(by: 60)
        #expect(try store.retract(id, reason: "second") == first)
    }

    @Test func whatWasRetractedStaysSoWhenImportedAgain() throws {
        let id = try store.addPairs(0..<1)[0]
        try store.retract(id)
        #expect(try store.add([.numbered(0)]) == [.retracted(id: id)])
        #expect(try store.counts().pairs == 0)
    }

    @Test func aRetractionOfSomethingTrainedIsVisible() throws {
        let ids = try store.addPairs(0..<2)
        let round = try store.completeRound(new: ids)
        #expect(try store.retract(ids[0]).trainedIn == [round])
        let counts = try store.counts()
        #expect(counts.retracted == 1 && counts.retractedAfterTraining == 1 && counts.trained == 1)
        #expect(try replayCandidates(store) == [ids[1]])
    }

    @Test func unknownAndAmbiguousIdsAreErrors() throws {
        #expect(throws: StoreError.notFound(what: "feedback", id: "0123456789abcdef")) {
            try store.retract("0123456789abcdef")
        }
        // Enough facts for two ids to begin with the same four digits.
        let ids = try store.addPairs(0..<2000)
        let prefixes = Dictionary(grouping: ids) { String($0.prefix(4)) }
        let shared = try #require(prefixes.first { $0.value.count > 1 }?.key)
        #expect(throws: StoreError.ambiguous(what: "feedback", prefix: shared)) {
            try store.retract(shared)
        }
        let single = try #require(prefixes.first { $0.value.count == 1 })
        #expect(try store.retract(single.key).id == single.value[0])
        #expect(throws: StoreError.notFound(what: "feedback", id: "")) { try store.feedback("") }
    }

    /// Any order of adds and retracts of the same facts leaves the same live set.
    @Test(arguments: 0..<20 as Range<UInt64>)
    func theOrderOfEventsDoesNotMatter(_ seed: UInt64) throws {
        var generator = SplitMix(seed: seed)
        let facts = (0..<12).map { Feedback.numbered($0) }
        let retracted = Set((0..<12).filter { _ in Bool.random(using: &generator) })
        // Each fact is added one to three times; a retraction comes anywhere after the first add.
        var events: [(fact: Int, isRetraction: Bool)] = []
        for fact in 0..<12 {
            for _ in 0..<Int.random(in: 1...3, using: &generator) { events.append((fact, false)) }
            if retracted.contains(fact) { events.append((fact, true)) }
        }
        events.shuffle(using: &generator)
        var known: [Int: String] = [:]
        var early: Set<Int> = []
        for event in events {
            if event.isRetraction {
                if let id = known[event.fact] {
                    try store.retract(id)
                } else {
                    early.insert(event.fact)
                }
            } else {
                let id = try #require(try store.add([facts[event.fact]])[0].id)
                known[event.fact] = id
                if early.remove(event.fact) != nil { try store.retract(id) }
            }
        }
        let live = Set(try store.feedback().entries.map(\.feedback))
        let expected = Set((0..<12).filter { !retracted.contains($0) }.map { facts[$0] })
        #expect(live == expected, "seed \(seed)")
    }

    @Test func aBackupRestoresEverything() throws {
        let ids = try store.addPairs(0..<5) + store.add(AddingTests.every).compactMap(\.id)
        test.clock.advance(by: 5)
        try store.retract(ids[2], reason: "wrong")
        var all = FeedbackFilter()
        all.retracted = .include
        let entries = try store.feedback(matching: all).entries
        let other = try TestStore()
        other.clock.advance(by: 1000)
        #expect(try other.store.restore(entries).allSatisfy { $0.id != nil })
        #expect(try other.store.feedback(matching: all).entries == entries)
        #expect(try other.store.restore(entries).map(\.id) == entries.map(\.id))
        #expect(try other.store.feedback(matching: all).entries == entries)
    }
}
