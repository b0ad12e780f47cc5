import FeedbackFormats
import FeedbackStore
import Foundation
import GRDB
import Testing

/// A marked peer that says what it likes: it may waste its own words, and nothing else.
@Suite struct HostilePeerTests {
    let test: TestStore
    var store: FeedbackStore { test.store }

    init() throws { test = try TestStore() }

    private func hashes() throws -> [String] { try store.facts(under: [""]).facts.map(\.hash) }

    /// A hash that begins with the id and goes on otherwise.
    private func twin(_ id: String, _ digit: String = "0") -> String {
        id + String(repeating: digit, count: 48)
    }

    @Test func twoErasuresWithOneIDAreTwo() throws {
        let id = try store.addPairs(0..<1)[0]
        let facts = [try hashes()[0], twin(id), twin(id, "1")].map {
            FeedbackFact(hash: $0, erasedAt: test.clock.now)
        }
        #expect(try store.unite([], facts).erased == 3)
        #expect(try store.feedback(id).erasedAt == test.clock.now)
        #expect(try store.integrityCheck() == [])
    }

    @Test func anErasureIsOfTheWholeHash() throws {
        let ids = try store.addPairs(0..<2)
        let hash = try #require(try hashes().first { $0.hasPrefix(ids[0]) })
        try store.retract(ids[0], reason: "a slip")
        // One that comes before the real hash, one that comes after it.
        let twins = [twin(ids[0]), twin(ids[0], "f")]
        for _ in 0..<2 {
            _ = try store.unite(
                [], twins.map { FeedbackFact(hash: $0, erasedAt: test.clock.now) })
            #expect(try store.feedback(ids[0]).feedback.chosen == "Answer 0.")
        }
        let facts = try store.facts(under: [""]).facts
        #expect(facts.filter { $0.retraction != nil }.map(\.hash) == [hash])
        #expect(facts.filter { $0.erasedAt != nil }.map(\.hash) == twins)
        let real = FeedbackFact(hash: hash, erasedAt: test.clock.now)
        #expect(try store.unite([], [real]).erased == 1)
        #expect(try store.feedback(ids[0]).feedback.chosen == nil)
        #expect(try store.integrityCheck() == [])
    }

    @Test func twoTextsWithOneIDDoNotStopABatch() throws {
        let other = try TestStore()
        let ids = try other.store.addPairs(0..<3)
        _ = try store.addPairs(5..<6)
        try store.pool.write { db in
            try db.execute(
                sql: """
                    INSERT INTO feedback (id, content_hash, kind, prompt_id, chosen, rejected,
                        recorded_at)
                    SELECT ?, ?, kind, prompt_id, 'C', 'R', recorded_at FROM feedback
                    """, arguments: [ids[1], twin(ids[1])])
        }
        let union = try store.unite(try other.store.feedback(ids: ids))
        #expect(union.added == 2 && union.refused == 1)
        #expect(throws: StoreError.self) { try store.add([.numbered(1)]) }
    }

    @Test func onlyNewErasuresOfWhatIsHereAreOfText() throws {
        let ids = try store.addPairs(0..<3)
        try store.erase([ids[2]])
        let erasedAt = test.clock.now
        let known = try hashes()
        let facts = try ids.map { id in try #require(known.first { $0.hasPrefix(id) }) }
        #expect(
            try store.textsErased(by: [
                FeedbackFact(hash: facts[0], erasedAt: erasedAt),
                FeedbackFact(hash: twin(ids[1]), erasedAt: erasedAt),
                FeedbackFact(hash: facts[1], erasedAt: erasedAt, checkpoints: ["none"]),
                FeedbackFact(hash: facts[1], erasedAt: .distantFuture.addingTimeInterval(1e12)),
                FeedbackFact(hash: facts[1], retraction: Retraction(at: erasedAt)),
                FeedbackFact(hash: facts[2], erasedAt: erasedAt),
            ]) == [ids[0]])
    }

    @Test(arguments: [1, 7, 1000])
    func pagesAreTheWhole(limit: Int) throws {
        let ids = try store.addPairs(0..<60)
        for id in ids.prefix(20) { try store.retract(id, reason: id) }
        try store.erase(Array(ids[15..<30]))
        _ = try store.unite(
            [], ids.prefix(5).map { FeedbackFact(hash: twin($0), erasedAt: test.clock.now) })
        let whole = try store.facts(under: [""])
        #expect(whole.facts.count == 65 && whole.next == nil)
        for prefixes in [[""], ["f", "0", "a1", "a0"], (0..<16).map { String($0, radix: 16) }] {
            var pages: [FeedbackFact] = []
            var last: String?
            repeat {
                let page = try store.facts(under: prefixes, after: last, limit: limit)
                #expect(page.facts.count <= limit)
                pages += page.facts
                last = page.next
            } while last != nil
            let expected = whole.facts.filter { fact in
                prefixes.contains { fact.hash.hasPrefix($0) }
            }
            #expect(pages == expected)
        }
        #expect(try store.facts(under: [""], byteLimit: 1).facts.count == 1)
    }

    /// Whoever chooses hashes can have all of them in one bucket.
    @Test func aBucketThatIsFullIsExchangedInPages() async throws {
        let other = try TestStore()
        let made = (0..<700).map { n in
            FeedbackFact(
                hash: "abcd" + String(format: "%060x", n * n), erasedAt: test.clock.now)
        }
        _ = try store.unite([], made)
        let ids = try other.store.addPairs(0..<30)
        try other.store.retract(ids[3])
        let summary = try await FeedbackReconciler().reconcile(
            local: StoreReplica(store: store, pageLimit: 50),
            remote: StoreReplica(store: other.store, pageLimit: 7))
        #expect(summary.sent.erased == 700 && summary.received.added == 30)
        #expect(summary.received.retracted == 1)
        #expect(
            try store.feedbackDigest(depth: 0) == other.store.feedbackDigest(depth: 0))
    }

    @Test func ofOneFactSoManyMarksAreTaken() async throws {
        let all = (0..<5000).map { String(format: "%064x", $0) }
        let hash = twin("0123456789abcdef")
        let other = try TestStore()
        for (store, start) in [(store, 1000), (store, 0), (store, 3000), (other.store, 500)] {
            let fact = FeedbackFact(
                hash: hash, erasedAt: test.clock.now, checkpoints: Array(all[start...]))
            _ = try store.unite([], [fact])
        }
        #expect(try store.checkpointMarks().count <= 2 * FeedbackFact.maximumCheckpoints)
        #expect(
            try store.facts(under: [""]).facts[0].checkpoints
                == Array(all.prefix(FeedbackFact.maximumCheckpoints)))
        _ = try await FeedbackReconciler().reconcile(
            local: StoreReplica(store: store), remote: StoreReplica(store: other.store))
        #expect(
            try store.feedbackDigest(depth: 0) == other.store.feedbackDigest(depth: 0))
    }

    @Test func normalFormsOfAReasonConverge() async throws {
        let other = try TestStore()
        for (store, reason) in [(store, "\u{E9}"), (other.store, "e\u{301}")] {
            let id = try store.addPairs(0..<1)[0]
            try store.retract(id, reason: reason)
        }
        _ = try await FeedbackReconciler().reconcile(
            local: StoreReplica(store: store), remote: StoreReplica(store: other.store))
        #expect(
            try store.feedbackDigest(depth: 0) == other.store.feedbackDigest(depth: 0))
    }
}
