import AttuneDaemon
import CheckpointStore
import ControlAPI
import FeedbackStore
import Foundation
import Testing

@Suite struct CollectionTests {
    private let ledger: TestLedger
    private let ids: [CheckpointID]
    private let later = Date.now + 400 * 86_400

    /// Six checkpoints, of which the second and the third came to be the head in turn.
    init() throws {
        let ledger = try TestLedger()
        self.ledger = ledger
        ids = try (1...6).map { try ledger.checkpoint($0) }
        for id in ids[1...2] { try ledger.promote(id) }
    }

    private func collect(_ retention: Retention, apply: Bool) throws -> [CheckpointID: Retention
        .Reason]
    {
        let report = try ledger.library.collect(
            CollectionOrder(retention: retention, apply: apply), now: later)
        #expect(report.applied == apply)
        return Dictionary(
            uniqueKeysWithValues: report.checkpoints.compactMap { entry in
                entry.reason.map { (entry.checkpoint, $0) }
            })
    }

    private static let nothing = Retention(last: 0, daily: 0, weekly: 0)

    @Test func whatIsInUseStaysAndIsSaidWhy() throws {
        let keys = [HostKey(), HostKey()]
        for (id, key) in zip(ids[4...], keys) {
            try ledger.library.repository.receiveHead(
                SignedHead(checkpoint: id, counter: 1, key: key))
        }
        // Of the last one's host nobody has said anything: anybody could be one.
        try ledger.store.recordPeer("laptop", host: keys[0].id.description)
        try ledger.store.pin(ids[3].hex, true)
        let reasons = try collect(Self.nothing, apply: true)
        #expect(
            reasons == [
                ids[1]: .rollback, ids[2]: .head, ids[3]: .pinned, ids[4]: .peer,
            ])
        for id in reasons.keys { try ledger.library.repository.verify(id) }
        for id in [ids[0], ids[5]] {
            #expect(throws: CheckpointError.self) { try ledger.library.repository.verify(id) }
        }
        #expect(try collect(Self.nothing, apply: false) == reasons)
        #expect(try ledger.store.checkpoints().filter { $0.collectedAt != nil }.count == 2)
    }

    @Test func aDryRunChangesNothing() throws {
        #expect(try collect(Retention(last: 1, daily: 0, weekly: 0), apply: false).count == 3)
        for id in ids { try ledger.library.repository.verify(id) }
        #expect(try ledger.store.checkpoints().allSatisfy { $0.collectedAt == nil })
    }

    @Test func whatIsCollectedIsNotPromotedNorPinned() throws {
        _ = try collect(Self.nothing, apply: true)
        func isConflict(_ error: any Error) -> Bool {
            if case StoreError.conflict = error { true } else { false }
        }
        #expect {
            try ledger.store.promote(
                ids[0].hex, .forced, ifHeadIs: ids[2].hex, on: TestLedger.model.hex)
        } throws: { isConflict($0) }
        #expect { try ledger.store.collect([ids[2].hex], keepingHeads: 2) } throws: {
            isConflict($0)
        }
        #expect(try ledger.store.rollback() == ids[1].hex)
    }

    @Test func aCheckpointThatComesOnceMoreIsThereAgain() throws {
        _ = try collect(Self.nothing, apply: true)
        #expect(try ledger.checkpoint(1) == ids[0])
        #expect(try ledger.store.checkpoint(ids[0].hex).collectedAt == nil)
        try ledger.library.repository.verify(ids[0])
    }

    @Test func whatCameTodayStays() throws {
        let report = try ledger.library.collect(
            CollectionOrder(retention: Self.nothing, apply: true))
        #expect(report.objects == 0)
        #expect(report.checkpoints.allSatisfy { $0.reason != nil })
    }

    @Test func theLastInUseOfAnotherModelStays() throws {
        try ledger.use("other", ObjectID(hashing: Data("other".utf8)))
        #expect(try ledger.store.headStack() == [])
        let reasons = try collect(Self.nothing, apply: true)
        #expect(reasons == [ids[2]: .model])
        try ledger.library.repository.verify(ids[2])
    }

    @Test func aRollbackGoesPastWhatWasCollected() throws {
        try ledger.promote(ids[3])
        try ledger.promote(ids[4])
        _ = try collect(Self.nothing, apply: true)
        #expect(try ledger.store.checkpoint(ids[1].hex).collectedAt != nil)
        #expect(try ledger.store.rollback() == ids[3].hex)
        #expect(try ledger.store.rollback() == nil, "down to the bare model")
    }

    @Test func whatOthersBringLeavesTheOwnOnesTheirPlaces() throws {
        for number in 7...20 { _ = try ledger.checkpoint(number, from: "ssh://busy") }
        let reasons = try collect(Retention(last: 3, daily: 0, weekly: 0), apply: false)
        #expect(ids[3...].allSatisfy { reasons[$0] == .last })
        #expect(reasons.values.filter { $0 == .last }.count == 6)
    }

    /// As after the database came back from a backup.
    @Test func whatAHeadLeadsToStaysThoughNobodyRegisteredIt() throws {
        let id = try ledger.checkpoint(7, isRegistered: false)
        try ledger.library.repository.receiveHead(
            SignedHead(checkpoint: id, counter: 1, key: HostKey()))
        _ = try collect(Self.nothing, apply: true)
        try ledger.library.repository.verify(id)
    }

    @Test func aPinBringsACollectedOneBack() async throws {
        _ = try collect(Self.nothing, apply: true)
        let (gone, directory) = (ids[0], ledger.directory)
        try ledger.store.close()
        try await TestDaemon.run(keepingState: directory) { test in
            let remote = DaemonRemote(name: "here", client: test.client)
            #expect(try await remote.inventory().collected.contains(gone))
            #expect(try await remote.inventory().incomplete == [])
            await #expect {
                _ = try await test.client.send(ControlRoutes.verifyCheckpoint, at: gone.hex)
            } throws: { error in
                let error = error as? ControlError
                return error?.kind == .conflict
                    && error?.message.contains("checkpoint pin") == true
            }
            let pinned = try await test.client.send(
                ControlRoutes.pinCheckpoint, Pinning(pinned: true), at: gone.hex)
            #expect(pinned.pinned == true && pinned.collectedAt == nil)
            #expect(try await remote.inventory().incomplete == [gone])
        }
    }
}
