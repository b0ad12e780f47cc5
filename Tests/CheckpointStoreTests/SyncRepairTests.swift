import CheckpointStore
import Foundation
import TestSupport
import Testing

/// A sync brings again what a receiver has lost, though all heads are known to it.
@Suite struct SyncRepairTests {
    typealias Host = SynchronizerTests.Host

    /// A host with a head and its parent, and another that has taken both.
    private func pair() async throws -> (a: Host, b: Host, checkpoints: [CheckpointID]) {
        let (a, b) = (try Host("a"), try Host("b"))
        let first = try a.train(seed: 1)
        let second = try a.train(seed: 2, parents: [first])
        _ = try await Synchronizer().sync(from: a.remote, to: b.remote)
        return (a, b, [first, second])
    }

    /// Both the head (seed 2) and its parent are repaired, whichever part is damaged.
    @Test(arguments: [1, 2], ["manifest", "adapter", "metrics", "optimizer"])
    func whatVerifyFindsDamagedIsFetchedAgain(_ seed: Int, _ part: String) async throws {
        let (a, b, checkpoints) = try await pair()
        let id = checkpoints[seed - 1]
        let object = part == "manifest" ? id : try a.repository.manifest(of: id).object(part).id
        try b.directory.damage(object)
        #expect(throws: CheckpointError.self) { try b.repository.verify(id) }
        let repair = try await Synchronizer().sync(from: a.remote, to: b.remote)
        #expect(repair.refusals.isEmpty)
        #expect(repair.checkpointsSent == [id])
        #expect(repair.objectsSent == 1)
        #expect(repair.headsSent.isEmpty)
        for id in checkpoints { try b.repository.verify(id, base: Sample.base) }
        let again = try await Synchronizer().sync(from: a.remote, to: b.remote)
        #expect(again.objectsSent == 0)
    }

    @Test func aCutOrLostPartIsFetchedAgainByOneSync() async throws {
        let (a, b, checkpoints) = try await pair()
        let parts = try a.repository.manifest(of: checkpoints[1]).objects
        let (lost, cut) = (try #require(parts["adapter"]).id, try #require(parts["optimizer"]).id)
        try b.repository.objects.delete(lost)
        let file = "\(b.directory.path)/objects/\(cut.hex.prefix(2))/\(cut)"
        try Data("short".utf8).write(to: URL(filePath: file))
        let repair = try await Synchronizer().sync(from: a.remote, to: b.remote)
        #expect(repair.objectsSent == 2)
        try b.repository.verify(checkpoints[1], base: Sample.base)
    }

    /// The host that made a checkpoint gets it back from the one it gave it to.
    @Test func aHostIsGivenBackItsOwnHead() async throws {
        let (a, b, checkpoints) = try await pair()
        let adapter = try a.repository.manifest(of: checkpoints[1]).object("adapter").id
        try a.directory.damage(adapter)
        #expect(throws: CheckpointError.self) { try a.repository.adapter(of: checkpoints[1]) }
        let repair = try await Synchronizer().sync(from: b.remote, to: a.remote)
        #expect(repair.checkpointsSent == [checkpoints[1]])
        try a.repository.verify(checkpoints[1])
    }

    @Test func aDamagedDirectoryGivesNothingBadAndIsRepaired() async throws {
        let (a, b, stick) = (try Host("a"), try Host("b"), try TemporaryDirectory())
        let remote = DirectoryRemote(path: stick.path)
        let id = try a.train(seed: 1)
        _ = try await Synchronizer().sync(from: a.remote, to: remote)
        try stick.damage(try a.repository.manifest(of: id).object("adapter").id)
        let pulled = try await Synchronizer().sync(from: remote, to: b.remote)
        #expect(pulled.refusals.map(\.kind) == ["hash-mismatch"])
        let pushed = try await Synchronizer().sync(from: a.remote, to: remote)
        #expect(pushed.objectsSent == 1)
        let again = try await Synchronizer().sync(from: remote, to: b.remote)
        #expect(again.refusals.isEmpty)
        try b.repository.verify(id, base: Sample.base)
    }

    @Test func aDryRunTellsWhatWouldBeRepaired() async throws {
        let (a, b, checkpoints) = try await pair()
        try b.repository.objects.delete(
            try a.repository.manifest(of: checkpoints[0]).object("adapter").id)
        var dry = Synchronizer()
        dry.isDryRun = true
        let plan = try await dry.sync(from: a.remote, to: b.remote)
        #expect(plan.checkpointsSent == [checkpoints[0]])
        #expect(plan.objectsSent == 1)
        #expect(throws: CheckpointError.self) { try b.repository.verify(checkpoints[0]) }
    }

    /// What no side has is told where it is wanted, and keeps nothing else from coming.
    @Test func aPartThatIsLostOnBothSidesIsRefusedAndTheRestGoesOn() async throws {
        let (a, b, checkpoints) = try await pair()
        let adapter = try a.repository.manifest(of: checkpoints[0]).object("adapter").id
        for host in [a, b] { try host.repository.objects.delete(adapter) }
        let third = try a.train(seed: 3, parents: [checkpoints[1]])
        let summary = try await Synchronizer().sync(from: a.remote, to: b.remote)
        #expect(summary.refusals.map(\.checkpoint) == [checkpoints[0]])
        #expect(summary.refusals.map(\.kind) == ["object-missing"])
        #expect(summary.refusals.allSatisfy { $0.host == nil })
        #expect(summary.checkpointsSent == [third])
        #expect(summary.headsSent.map(\.checkpoint) == [third])
    }

    /// The source has lost the manifest as well: nothing to do, and nothing to complain about.
    @Test func aLossThatTheSourceCannotMakeGoodIsNoRefusal() async throws {
        let (a, b, checkpoints) = try await pair()
        for host in [a, b] { try host.repository.objects.delete(checkpoints[0]) }
        let summary = try await Synchronizer().sync(from: a.remote, to: b.remote)
        #expect(summary.refusals.isEmpty && summary.objectsSent == 0)
    }

    /// A hostile peer's manifest of another checkpoint, brought as its own one's metrics.
    @Test(arguments: [false, true])
    func aSmuggledManifestDoesNotKeepTheHonestCheckpointOut(_ isParent: Bool) async throws {
        let (a, b, hostile) = (try Host("a"), try Host("b"), try Host("hostile"))
        let first = try a.train(seed: 1)
        let second = try a.train(seed: 2, parents: [first])
        let smuggled = isParent ? first : second
        let bytes = try a.repository.manifest(of: smuggled).canonicalBytes()
        var carrier = try Sample.checkpoint(seed: 3)
        carrier.objects[2] = bytes
        carrier.manifest.objects["metrics"] = ObjectReference(
            id: smuggled, size: bytes.count, format: .json)
        _ = try hostile.repository.publishHead(
            carrier.record(in: hostile.repository), key: hostile.key)
        _ = try await Synchronizer().sync(from: hostile.remote, to: b.remote)
        #expect(b.repository.objects.contains(smuggled))

        let summary = try await Synchronizer().sync(from: a.remote, to: b.remote)
        #expect(summary.refusals.isEmpty)
        #expect(summary.checkpointsSent == [first, second])
        for id in [first, second] { try b.repository.verify(id, base: Sample.base) }
        #expect(try b.repository.heads.head(of: a.key.id)?.checkpoint == second)
    }
}
