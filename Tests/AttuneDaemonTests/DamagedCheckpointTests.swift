import AttuneDaemon
import CheckpointStore
import ControlAPI
import FeedbackStore
import Foundation
import Testing

/// What a daemon does with checkpoints of which the disk has lost a part.
@Suite struct DamagedCheckpointTests {
    let ledger: TestLedger
    let sound: CheckpointID
    let damaged: CheckpointID

    init() throws {
        ledger = try TestLedger()
        sound = try ledger.checkpoint(1)
        damaged = try ledger.checkpoint(2)
    }

    private func damage(_ id: ObjectID) throws {
        let file = URL(filePath: "\(ledger.directory)/objects/\(id.hex.prefix(2))/\(id)")
        var bytes = try Data(contentsOf: file)
        bytes[bytes.count / 2] ^= 1
        try bytes.write(to: file)
    }

    /// A daemon on the ledger's directory.
    private func serve(_ body: @Sendable (TestDaemon) async throws -> Void) async throws {
        try ledger.store.close()
        try await TestDaemon.run(keepingState: ledger.directory, body)
    }

    @Test func aDamagedManifestHidesNoOtherCheckpoint() async throws {
        try damage(damaged)
        let (sound, damaged) = (sound.hex, damaged.hex)
        try await serve { test in
            let all = try await test.client.send(ControlRoutes.listCheckpoints, PageQuery()).items
            #expect(all.map(\.id) == [damaged, sound])
            #expect(all[0].damage?.contains(damaged) == true)
            #expect(all[0].damage?.contains("sync with a peer") == true)
            #expect(all[0].origin == "merge" && all[0].base == nil)
            #expect(all[1].damage == nil && all[1].base?.name == "tiny")
            let shown = try await test.client.send(ControlRoutes.showCheckpoint, at: damaged)
            #expect(shown.damage != nil)
        }
    }

    @Test func verifyNamesTheDamagedPartAndSyncIsToldOfIt() async throws {
        let adapter = try ledger.library.repository.manifest(of: damaged).object("adapter").id
        try damage(adapter)
        let id = damaged
        try await serve { test in
            let remote = DaemonRemote(name: "here", client: test.client)
            let wanted = { try await remote.inventory().incomplete }
            #expect(try await wanted().isEmpty)
            let report = try await test.client.send(ControlRoutes.verifyCheckpoint, at: id.hex)
            #expect(report.checks.map(\.name) == ["manifest", "adapter"])
            #expect(report.checks.map(\.state) == [.ok, .failed])
            #expect(report.checks.last?.found.contains(adapter.hex) == true)
            #expect(report.checks.last?.advice?.contains("attunectl sync") == true)
            #expect(try await wanted() == [id])
            let shown = try await test.client.send(ControlRoutes.showCheckpoint, at: id.hex)
            #expect(shown.damage?.contains(adapter.hex) == true)
            #expect(shown.base?.name == "tiny")
        }
    }

    @Test func aDamagedObjectIsNotHandedOver() async throws {
        let adapter = try ledger.library.repository.manifest(of: damaged).object("adapter").id
        try damage(adapter)
        let id = damaged
        try await serve { test in
            let remote = DaemonRemote(name: "here", client: test.client)
            await #expect(throws: CheckpointError.objectMissing(adapter, place: "here")) {
                _ = try await remote.get(adapter, from: 0)
            }
            let incomplete = try await remote.inventory().incomplete
            #expect(incomplete == [id])
        }
    }

    @Test func aDamagedHeadDoesNotKeepTheDaemonFromStarting() async throws {
        try ledger.promote(damaged)
        try ledger.library.publishUnpublishedHead()
        try damage(damaged)
        let id = damaged
        try await serve { test in
            let status = try await test.client.send(ControlRoutes.status)
            #expect(status.head?.checkpoint == id.hex)
            let doctor = try await test.client.send(ControlRoutes.doctor)
            #expect(doctor.checks.first { $0.name == "head" }?.state == .failed)
        }
    }

    @Test func whatACrashLeftUnfinishedIsRemovedAtStart() async throws {
        let (old, new) = (
            ledger.directory + "/objects/.incoming-0", ledger.directory + "/objects/.incoming-1"
        )
        for file in [old, new] { try Data("half".utf8).write(to: URL(filePath: file)) }
        try FileManager.default.setAttributes(
            [.modificationDate: Date(timeIntervalSinceNow: -90_000)], ofItemAtPath: old)
        try await serve { test in
            _ = try await test.client.send(ControlRoutes.status)
            #expect(!FileManager.default.fileExists(atPath: old))
            #expect(FileManager.default.fileExists(atPath: new))
        }
    }

    @Test(arguments: [
        ("abc", ErrorKind.invalidRequest, "at least 4 digits"),
        ("abcd", .invalidRequest, "2 begin so"), ("abce", .notFound, "checkpoint list"),
        ("", .invalidRequest, "at least 4 digits"),
    ])
    func aNameThatIsNoneSaysWhy(_ name: String, _ kind: ErrorKind, _ words: String) throws {
        for end in ["0", "1"] {
            try ledger.store.register(
                checkpoint: "abcd" + String(repeating: end, count: 60), origin: "laptop")
        }
        let error = #expect(throws: ControlError.self) { try ledger.library.id(name) }
        #expect(error?.kind == kind)
        #expect(error?.message.contains(words) == true)
        let whole = "abcd" + String(repeating: "1", count: 60)
        #expect(try ledger.library.id("abcd1").hex == whole)
    }
}
