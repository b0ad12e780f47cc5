import FeedbackFormats
import FeedbackStore
import Foundation
import GRDB
import Testing

@Suite struct AddingTests {
    let test: TestStore
    var store: FeedbackStore { test.store }

    init() throws { test = try TestStore() }

    static let every: [Feedback] = [
        .pair("Q", chosen: "A", rejected: "B", source: "chat"),
        Feedback(kind: .tie, prompt: [.user("Q")], chosen: "A", rejected: "B"),
        Feedback(kind: .edit, prompt: [.user("Q")], chosen: "A", rejected: "B"),
        .rating(
            [.system("S"), .user("Q"), .assistant("Yes?"), .user("R")], answer: "A", liked: true),
        .rating([.user("Q")], answer: "Zoë 🦊\n\"\\/ %_'", liked: false),
    ]

    @Test func everyKindComesBackAsItWas() throws {
        let ids = try store.add(Self.every).compactMap(\.id)
        #expect(try store.feedback(ids: ids).map(\.feedback) == Self.every)
        let entry = try store.feedback(ids[0])
        #expect(
            entry.recordedAt == test.clock.now && entry.trainedIn == [] && entry.retraction == nil)
    }

    @Test func importIsIdempotent() throws {
        let first = try store.add(Self.every)
        let second = try store.add(Self.every)
        #expect(first.map { .duplicate(of: $0.id ?? "") } == second)
        #expect(try store.counts().pairs == 1)
    }

    @Test func duplicatesWithinABatchAreFoundWhateverTheirSource() throws {
        let outcomes = try store.add([
            .pair("Q", chosen: "A", rejected: "B", source: "one"),
            .pair("Q", chosen: "A", rejected: "B", source: "two"),
        ])
        let id = try #require(outcomes[0].id)
        #expect(outcomes == [.added(id: id), .duplicate(of: id)])
        #expect(try store.feedback(id).feedback.source == "one")
    }

    @Test func refusedItemsLeaveTheOthersAlone() throws {
        let outcomes = try store.add([
            .numbered(1), .pair("Q", chosen: "", rejected: "B"), .numbered(2),
            .pair("Q", chosen: "A", rejected: "A"),
        ])
        #expect(outcomes[1] == .refused(.emptyText("`chosen`")))
        #expect(outcomes[3] == .refused(.identicalSides))
        #expect(try store.counts().pairs == 2)
    }

    /// Written down once, and computed by hand: ids are the same on every host and in every version.
    @Test func idsFollowFromTheContentAlone() throws {
        let id = try store.add([.pair("Q", chosen: "A", rejected: "B", source: "chat")])[0].id
        #expect(id == "bbbf7e4cb2b67622")
    }

    @Test func whatWasAddedSurvivesReopening() throws {
        let ids = try store.add(Self.every).compactMap(\.id)
        try store.close()
        let reopened = try test.reopened()
        #expect(try reopened.feedback(ids: ids).map(\.feedback) == Self.every)
        #expect(try reopened.integrityCheck() == [])
    }

    /// A copy of the files, taken while the store is open, is what a crash would leave.
    @Test func acknowledgedMeansInTheFiles() throws {
        let ids = try store.addPairs(0..<3)
        let copy = test.directory.appending(path: "copy")
        try FileManager.default.createDirectory(at: copy, withIntermediateDirectories: true)
        for name in ["attune.sqlite", "attune.sqlite-wal"] {
            try FileManager.default.copyItem(
                at: test.directory.appending(path: name), to: copy.appending(path: name))
        }
        let crashed = try FeedbackStore(
            path: copy.appending(path: "attune.sqlite").path(percentEncoded: false))
        #expect(try crashed.feedback(ids: ids).count == 3)
        try crashed.close()
    }

    @Test func writesAreFlushedOnCommit() throws {
        let synchronous = try store.pool.writeWithoutTransaction {
            try Int.fetchOne($0, sql: "PRAGMA synchronous")
        }
        let journal = try store.pool.read { try String.fetchOne($0, sql: "PRAGMA journal_mode") }
        #expect(synchronous == 2 && journal == "wal")
    }

    @Test func heldOutIsDecidedByThePromptAlone() throws {
        let test = try TestStore(heldOutShare: 0.125)
        let items = (0..<2000).flatMap { n in
            (0..<3).map { Feedback.pair("Question \(n)?", chosen: "Yes \($0)", rejected: "No") }
        }
        let ids = try test.store.add(items).compactMap(\.id)
        let sides = try test.store.feedback(ids: ids).map(\.heldOut)
        for prompt in stride(from: 0, to: sides.count, by: 3) {
            #expect(Set(sides[prompt..<prompt + 3]).count == 1)
        }
        // Four standard deviations of a binomial around 250 of 2000 prompts.
        #expect((191...309).contains(sides.filter(\.self).count / 3))
        try test.store.close()
        // The side was decided once: another share does not move a known prompt.
        let reopened = try test.reopened(heldOutShare: 1)
        let late = try reopened.add([.pair("Question 0?", chosen: "Late", rejected: "No")])
        #expect(try reopened.feedback(late[0].id ?? "").heldOut == sides[0])
    }

    @Test func sharesOfNothingAndEverythingAreExact() throws {
        for (share, expected) in [(0.0, 0), (1.0, 50)] {
            let test = try TestStore(heldOutShare: share)
            _ = try test.store.addPairs(0..<50)
            #expect(try test.store.counts().heldOut == expected)
        }
    }

    @Test func concurrentBatchesShareTransactionsAndLoseNothing() async throws {
        let store = store
        let outcomes = try await withThrowingTaskGroup(of: [AddOutcome].self) { group in
            for client in 0..<8 {
                group.addTask {
                    var mine: [AddOutcome] = []
                    for n in 0..<20 {
                        // Every client adds one pair of its own and one that all of them add.
                        mine += try await store.ingest([
                            .numbered(client * 100 + n), .numbered(10_000 + n),
                        ])
                    }
                    return mine
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        let added = outcomes.filter { if case .added = $0 { true } else { false } }
        #expect(outcomes.count == 320 && added.count == 180 && Set(added).count == 180)
        #expect(try store.counts().pairs == 180)
        #expect(try store.integrityCheck() == [])
    }

    @Test func readersSeeWholeBatchesWhileOneWrites() async throws {
        let store = store
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await store.perform { store in
                    for batch in 0..<40 { _ = try store.addPairs(batch * 10..<batch * 10 + 10) }
                }
            }
            for _ in 0..<3 {
                group.addTask {
                    var seen = 0
                    while seen < 400 {
                        let count = try await store.perform { try $0.counts().pairs }
                        #expect(count % 10 == 0 && count >= seen)
                        seen = count
                    }
                }
            }
            try await group.waitForAll()
        }
    }
}
