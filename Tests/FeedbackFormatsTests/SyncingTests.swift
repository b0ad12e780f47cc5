import FeedbackFormats
import Foundation
import Testing

/// What hosts tell each other, whatever they make of it.
@Suite struct SyncingTests {
    private static let hash = String(repeating: "a", count: 64)

    @Test(arguments: [
        "9999999999-01-01T00:00:00.000Z", "10000-01-01T00:00:00.000Z", "1969-12-31T23:59:59.999Z",
        "-99999-01-01T00:00:00.000Z", "yesterday", "",
    ])
    func aTimeThatNoStoreKeepsIsNoTime(text: String) throws {
        let body = Data(#"{"hash":"\#(Self.hash)","erasedAt":"\#(text)"}"#.utf8)
        #expect {
            try JSONDecoder().decode(FeedbackFact.self, from: body)
        } throws: { error in
            if case DecodingError.dataCorrupted = error { true } else { false }
        }
    }

    @Test(
        arguments: [1e300, -1e300, .infinity, -.infinity, .nan, 1e16, 253_402_300_800] as [Double])
    func aTimeBeyondAllCalendarsIsHeldOutsideOfWhatStoresKeep(seconds: Double) {
        let time = Timestamp(Date(timeIntervalSince1970: seconds))
        #expect(!time.isStorable)
        #expect(Timestamp(milliseconds: time.milliseconds) == time)
        #expect(
            !Timestamp(milliseconds: .max).isStorable && !Timestamp(milliseconds: .min).isStorable)
    }

    @Test func normalFormsOfAReasonAreTwoReasons() {
        let (composed, decomposed) = ["\u{E9}", "e\u{301}"].map {
            FeedbackFact(
                hash: Self.hash,
                retraction: Retraction(at: Date(timeIntervalSince1970: 1), reason: $0))
        }.split
        #expect(composed != decomposed)
        #expect(composed.joined(with: decomposed) == decomposed, "e comes before the bytes of é")
        #expect(decomposed.joined(with: composed) == decomposed)
    }

    @Test func ofManyCheckpointsTheFirstAreTold() {
        let all = (0..<3000).map { String(format: "%064x", $0) }
        let facts = [all[500..<2500], all[0..<1000], all[2000..<3000]].map {
            FeedbackFact(hash: Self.hash, erasedAt: Date(), checkpoints: Array($0))
        }
        let joined = facts[0].joined(with: facts[1]).joined(with: facts[2])
        #expect(joined.checkpoints == Array(all.prefix(FeedbackFact.maximumCheckpoints)))
        #expect(joined == facts[2].joined(with: facts[1].joined(with: facts[0])))
    }

    @Test func bucketsDoNotOverlap() {
        for prefixes in [[], [""], ["a", "b"], ["0123", "0124", "02"], ["10", "1f", "0"]] {
            #expect(FeedbackDigest.areBuckets(prefixes), "\(prefixes)")
        }
        for prefixes in [["", ""], ["", "a"], ["ab", "c", "a"], ["A"], ["01234"], ["é"], ["g"]] {
            #expect(!FeedbackDigest.areBuckets(prefixes), "\(prefixes)")
        }
    }

    @Test(arguments: [.max, -1, 2] as [Int])
    func countsThatCannotBeAreNotAddedUp(count: Int) async throws {
        var union = FeedbackUnion()
        union.added = count
        let remote = ToldReplica(union: union)
        await #expect(throws: FeedbackSyncError.malformedBatch) {
            try await FeedbackReconciler().reconcile(
                local: ToldReplica(facts: [FeedbackFact(hash: Self.hash)]), remote: remote)
        }
    }

    @Test(arguments: [
        FeedbackFactPage(facts: [FeedbackFact(hash: "../../etc")]),
        FeedbackFactPage(facts: [FeedbackFact(hash: hash), FeedbackFact(hash: hash)]),
        FeedbackFactPage(facts: [], next: hash),
        FeedbackFactPage(facts: [FeedbackFact(hash: hash)], next: hash),
    ])
    func aPageThatDoesNotGoOnEndsTheExchange(page: FeedbackFactPage) async throws {
        var remote = ToldReplica(facts: [FeedbackFact(hash: Self.hash)])
        remote.page = page
        await #expect(throws: FeedbackSyncError.malformedBatch) {
            try await FeedbackReconciler().reconcile(local: ToldReplica(), remote: remote)
        }
    }
}

/// A side that says what the test has it say.
private struct ToldReplica: FeedbackReplica {
    var facts: [FeedbackFact] = []
    var union = FeedbackUnion()
    var page: FeedbackFactPage?

    func digest(depth: Int) -> FeedbackDigest {
        FeedbackDigest(count: facts.count, digests: ["\(facts.count)"], counts: [facts.count])
    }

    func facts(under prefixes: [String], after hash: String?) -> FeedbackFactPage {
        page ?? FeedbackFactPage(facts: facts.filter { $0.hash > hash ?? "" })
    }

    func entries(of hashes: [String]) -> FeedbackEntryBatch {
        let entry = FeedbackEntry(
            id: "", feedback: .pair("Q", chosen: "A", rejected: "B"), recordedAt: Date(),
            heldOut: false)
        return FeedbackEntryBatch(entries: [entry], considered: 1)
    }

    func unite(_ entries: [FeedbackEntry], _ facts: [FeedbackFact]) -> FeedbackUnion { union }
}

extension Array {
    /// The first two.
    fileprivate var split: (Element, Element) { (self[0], self[1]) }
}
