import CheckpointStore
import Foundation
import TestSupport
import Testing

/// What hosts say of their keys on its way between hosts.
@Suite struct KeySyncTests {
    private struct Host {
        let directory: TemporaryDirectory
        let repository: CheckpointRepository
        let identity: HostIdentity
        let remote: StoreRemote

        init(_ name: String) throws {
            directory = try TemporaryDirectory()
            repository = CheckpointRepository(directory: directory.path)
            identity = try HostIdentity(
                path: directory.path + "/host.key", heads: repository.heads)
            remote = StoreRemote(name: name, repository: repository, base: Sample.base)
        }

        func publish(_ key: HostKey) throws {
            let id = try Sample.checkpoint().record(in: repository)
            _ = try repository.publishHead(id, key: key)
        }
    }

    private let a: Host
    private let b: Host
    private let stick: DirectoryRemote
    private let place: TemporaryDirectory

    init() throws {
        (a, b) = (try Host("a"), try Host("b"))
        place = try TemporaryDirectory()
        stick = DirectoryRemote(path: place.path)
        try a.publish(a.identity.key)
    }

    @Test func aNewKeyTakesTheOldOnesPlaceOverADirectory() async throws {
        for destination in [stick, b.remote] as [any Remote] {
            _ = try await Synchronizer().sync(from: a.remote, to: destination)
        }
        let change = try a.identity.rotate(a.publish)
        let pushed = try await Synchronizer().sync(from: a.remote, to: stick)
        #expect(pushed.keyRecordsSent.map(\.host) == [change.before])
        #expect(pushed.headsSent.map(\.host) == [change.after])
        let pulled = try await Synchronizer().sync(from: stick, to: b.remote)
        #expect(pulled.refusals == [])
        #expect(try b.repository.heads.all() == a.repository.heads.all())
        #expect(try b.repository.heads.all().map(\.host) == [change.after])
    }

    @Test func recordsGoBeforeHeadsAndOnlyOnce() async throws {
        _ = try a.identity.rotate(a.publish)
        let spy = SpyRemote(b.remote)
        _ = try await Synchronizer().sync(from: a.remote, to: spy)
        let calls = spy.calls
        let (record, head) = (calls.firstIndex(of: "putKeyRecord"), calls.firstIndex(of: "putHead"))
        #expect(try #require(record) < #require(head))

        for (from, to) in [(a.remote, b.remote), (b.remote, a.remote)] {
            let (source, destination) = (SpyRemote(from), SpyRemote(to))
            let summary = try await Synchronizer().sync(from: source, to: destination)
            #expect(summary.keyRecordsSent == [])
            #expect(source.calls == ["inventory"] && destination.calls == ["inventory"])
        }
    }

    /// Whoever has not heard yet offers an old head, which is no fault of theirs.
    @Test func anOldHeadIsLeftOutInSilence() async throws {
        _ = try await Synchronizer().sync(from: a.remote, to: stick)
        let change = try a.identity.revoke(a.publish)
        _ = try await Synchronizer().sync(from: a.remote, to: b.remote)
        for (from, to) in [(stick, b.remote), (b.remote, stick)] as [(any Remote, any Remote)] {
            let summary = try await Synchronizer().sync(from: from, to: to)
            #expect(summary.refusals == [])
            #expect(summary.heads.map(\.host) == [change.after])
        }
        #expect(try await stick.heads().map(\.host) == [change.after])
    }

    @Test func aDryRunTellsAndChangesNothing() async throws {
        _ = try await Synchronizer().sync(from: a.remote, to: b.remote)
        _ = try a.identity.rotate(a.publish)
        let before = try b.directory.files()
        var synchronizer = Synchronizer()
        synchronizer.isDryRun = true
        let plan = try await synchronizer.sync(from: a.remote, to: b.remote)
        #expect(try b.directory.files() == before)
        let done = try await Synchronizer().sync(from: a.remote, to: b.remote)
        #expect(plan.keyRecordsSent == done.keyRecordsSent && !done.keyRecordsSent.isEmpty)
        #expect(plan.headsSent == done.headsSent)
    }

    @Test func aForgedRecordIsRefusedAndTheRestGoesOn() async throws {
        let record = try KeyRecord(revoking: a.identity.key)
        let text = String(decoding: try record.encoded(), as: UTF8.self)
        let other = try KeyRecord(revoking: HostKey())
        let forged = try JSONDecoder().decode(
            KeyRecord.self,
            from: Data(
                text.replacing(
                    record.signature.base64EncodedString(),
                    with: other.signature.base64EncodedString()
                ).utf8))
        let flood = FloodRemote(keyRecords: [forged, other])
        _ = try await Synchronizer().sync(from: a.remote, to: b.remote)
        let summary = try await Synchronizer().sync(from: flood, to: b.remote)
        #expect(summary.refusals.map(\.kind) == ["signature-invalid"])
        #expect(summary.refusals.map(\.host) == [a.identity.key.id])
        #expect(summary.keyRecordsSent == [other])
        #expect(try b.repository.heads.all().map(\.host) == [a.identity.key.id])
    }

    @Test func aFloodOfRecordsEndsTheSync() async throws {
        let record = try KeyRecord(revoking: HostKey())
        let flood = FloodRemote(
            keyRecords: Array(repeating: record, count: KeyRecordStore.maximumInventory + 1))
        await #expect(throws: CheckpointError.self) {
            try await Synchronizer().sync(from: flood, to: b.remote)
        }
        #expect(try b.repository.heads.keys.all().isEmpty)
    }

    /// A version before these records has no place to put them.
    @Test func anOldReceiverIsNotAskedToTakeRecords() async throws {
        _ = try a.identity.rotate(a.publish)
        let spy = SpyRemote(b.remote)
        let summary = try await Synchronizer().sync(from: a.remote, to: spy, holding: Inventory())
        #expect(summary.refusals == [] && !spy.calls.contains("putKeyRecord"))
        #expect(try b.repository.heads.all() == a.repository.heads.all())
    }
}
