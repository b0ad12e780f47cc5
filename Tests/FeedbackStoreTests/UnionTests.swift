import FeedbackFormats
import FeedbackStore
import Foundation
import GRDB
import Testing

/// The log as a set that hosts exchange: a join-semilattice, whatever happened where and who met whom.
@Suite struct UnionTests {
    private func meet(_ one: TestStore, _ other: TestStore) async throws {
        _ = try await FeedbackReconciler().reconcile(
            local: StoreReplica(store: one.store), remote: StoreReplica(store: other.store))
    }

    /// Something that a person does with one of twenty facts.
    private func act(on test: TestStore, _ random: inout SplitMix) throws {
        test.clock.advance(by: TimeInterval(Int.random(in: -50...60, using: &random)))
        let id = try test.store.feedback(matching: .everything).entries.map(\.id)
            .randomElement(using: &random)
        switch Int.random(in: 0..<8, using: &random) {
        case 0:
            if let id {
                try test.store.retract(
                    id, reason: ["a slip", nil, "b"].randomElement(using: &random) ?? nil)
            }
        case 1:
            if let id { try test.store.erase([id]) }
        case 2:
            let window = try test.store.window(limit: 3).map(\.id)
            let digits = String(UInt64.random(in: .min ... .max, using: &random), radix: 16)
            let round = try test.store.beginRound(plan: "{}", new: window)
            try test.store.endRound(
                round,
                .completed(
                    checkpoint: String(repeating: "0", count: 64 - digits.count) + digits,
                    metrics: "{}", gate: "{}"))
        default:
            _ = try test.store.add([.numbered(Int.random(in: 0..<20, using: &random))])
        }
    }

    /// What a host would tell another one of all it knows.
    private func facts(_ test: TestStore) throws -> [FeedbackFact] {
        try test.store.facts(under: [""]).facts
    }

    @Test(arguments: 0..<12 as Range<UInt64>)
    func hostsComeToTheSameSetWhoeverMeetsWhom(seed: UInt64) async throws {
        var random = SplitMix(seed: seed)
        let hosts = try (0..<Int.random(in: 2...4, using: &random)).map { _ in try TestStore() }
        for _ in 0..<40 {
            try act(on: hosts.randomElement(using: &random)!, &random)
            if Int.random(in: 0..<6, using: &random) == 0 {
                let pair = hosts.shuffled(using: &random).prefix(2)
                try await meet(pair[pair.startIndex], pair[pair.startIndex + 1])
            }
        }
        let expected = try hosts.map(facts).reduce([:]) { known, facts in
            facts.reduce(into: known) { known, fact in
                known[fact.hash] = known[fact.hash]?.joined(with: fact) ?? fact
            }
        }
        // Everybody meets everybody: news needs at most so many rounds to come around.
        for _ in hosts {
            for one in hosts.indices.shuffled(using: &random) {
                for other in hosts.indices.shuffled(using: &random) where other != one {
                    try await meet(hosts[one], hosts[other])
                }
            }
        }
        let digests = try hosts.map { try $0.store.feedbackDigest(depth: 0) }
        #expect(Set(digests).count == 1, "seed \(seed)")
        for host in hosts {
            #expect(try host.store.integrityCheck() == [], "seed \(seed)")
            let found = Dictionary(try facts(host).map { ($0.hash, $0) }) { one, _ in one }
            #expect(found.keys.sorted() == expected.keys.sorted(), "seed \(seed)")
            for (hash, fact) in expected {
                #expect(found[hash]?.erasedAt == fact.erasedAt, "seed \(seed)")
                #expect(found[hash]?.retraction == fact.retraction, "seed \(seed)")
                // A host whose own checkpoint had it tells so when it hears of it.
                let told = found[hash]?.checkpoints ?? []
                #expect(fact.checkpoints.allSatisfy(told.contains), "seed \(seed)")
            }
            let live = try host.store.feedback().entries.map(\.id)
            #expect(Set(live) == Set(expected.values.filter { !$0.isTakenBack }.map(\.id)))
        }
    }

    @Test(arguments: 0..<50 as Range<UInt64>)
    func joiningIsCommutativeAssociativeAndIdempotent(seed: UInt64) {
        var random = SplitMix(seed: seed)
        let hash = String(repeating: "a", count: 64)
        func some() -> FeedbackFact {
            let time = {
                Date(timeIntervalSince1970: Double(Int.random(in: 0..<4, using: &random)))
            }
            return FeedbackFact(
                hash: hash,
                retraction: Bool.random(using: &random)
                    ? Retraction(at: time(), reason: ["", "b", nil].randomElement(using: &random)!)
                    : nil,
                erasedAt: Int.random(in: 0..<3, using: &random) == 0 ? time() : nil,
                checkpoints: ["1", "2"].filter { _ in Bool.random(using: &random) })
        }
        let (a, b, c) = (some(), some(), some())
        #expect(a.joined(with: b) == b.joined(with: a), "seed \(seed)")
        #expect(
            a.joined(with: b).joined(with: c) == a.joined(with: b.joined(with: c)), "seed \(seed)")
        #expect(a.joined(with: a) == a, "seed \(seed)")
    }

    @Test func aUnionThatIsRepeatedChangesNothing() async throws {
        let (one, other) = (try TestStore(), try TestStore())
        let ids = try one.store.addPairs(0..<30)
        try one.store.retract(ids[3], reason: "a slip")
        try one.store.erase([ids[5]])
        let entries = try one.store.entries(of: one.store.facts(under: [""]).facts.map(\.hash))
            .entries
        let facts = try facts(one)
        let union = try other.store.unite(entries, facts)
        #expect(union.added == 29 && union.retracted == 1 && union.erased == 1)
        let digest = try other.store.feedbackDigest(depth: 1)
        #expect(try other.store.unite(entries, facts).isEmpty)
        #expect(try other.store.feedbackDigest(depth: 1) == digest)
        #expect(try one.store.feedbackDigest(depth: 1) == digest)
    }

    @Test func anExchangeThatIsCutGoesOnWhereItWas() async throws {
        let (one, other) = (try TestStore(), try TestStore())
        let ids = try one.store.addPairs(0..<20)
        try one.store.retract(ids[0])
        try one.store.erase([ids[1]])
        let source = StoreReplica(store: one.store, textLimit: 1)
        await #expect(throws: CutReplica.Cut.self) {
            _ = try await FeedbackReconciler().reconcile(
                local: source, remote: CutReplica(other.store, after: 7))
        }
        #expect(try other.store.feedback(matching: .everything).entries.count == 7)
        let rest = try await FeedbackReconciler().reconcile(
            local: source, remote: StoreReplica(store: other.store))
        #expect(rest.sent.added == 12, "one was erased, seven had come")
        #expect(
            try one.store.feedbackDigest(depth: 0) == other.store.feedbackDigest(depth: 0))
    }

    @Test func onlyBucketsThatDifferAreLookedInto() async throws {
        let (one, other) = (try TestStore(), try TestStore())
        _ = try one.store.addPairs(0..<3000)
        _ = try other.store.addPairs(1..<3001)
        let progress = Progress()
        var reconciler = FeedbackReconciler()
        reconciler.report = { progress.note($0, $1) }
        let summary = try await reconciler.reconcile(
            local: StoreReplica(store: one.store), remote: StoreReplica(store: other.store))
        #expect(summary.received.added == 1 && summary.sent.added == 1)
        #expect(progress.total <= 2)
        #expect(
            try one.store.feedbackDigest(depth: 3) == other.store.feedbackDigest(depth: 3))
    }

    @Test func aDryRunTellsAndChangesNothing() async throws {
        let (one, other) = (try TestStore(), try TestStore())
        let ids = try one.store.addPairs(0..<5)
        try one.store.retract(ids[0])
        let before = try other.store.feedbackDigest(depth: 0)
        var reconciler = FeedbackReconciler()
        reconciler.isDryRun = true
        let summary = try await reconciler.reconcile(
            local: StoreReplica(store: one.store), remote: StoreReplica(store: other.store))
        #expect(summary.sent.added == 5 && summary.sent.retracted == 1)
        #expect(summary.received.isEmpty)
        #expect(try other.store.feedbackDigest(depth: 0) == before)
    }

    @Test func whatIsNotOfThisWorldIsRefused() throws {
        let test = try TestStore()
        let late = Date(timeIntervalSince1970: 1e12)
        let entry = FeedbackEntry(
            id: "x", feedback: .numbered(1), recordedAt: late, heldOut: false)
        var empty = entry
        empty.recordedAt = test.clock.now
        empty.feedback.chosen = " "
        let union = try test.store.unite(
            [entry, empty],
            [
                FeedbackFact(hash: "../../etc", erasedAt: test.clock.now),
                FeedbackFact(hash: String(repeating: "b", count: 64), erasedAt: late),
            ])
        #expect(union.refused == 2 && union.erased == 0 && union.added == 0)
        #expect(try test.store.facts(under: [""]).facts.isEmpty)
    }

    private final class Progress: @unchecked Sendable {  // Sendable: one task at a time calls it.
        var total = 0
        func note(_ done: Int, _ total: Int) { self.total = total }
    }
}

extension FeedbackFilter {
    /// What was taken back with the rest.
    static var everything: FeedbackFilter {
        var filter = FeedbackFilter()
        filter.retracted = .include
        return filter
    }
}
