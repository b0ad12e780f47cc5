import CheckpointStore
import Foundation
import Synchronization
import TestSupport
import Testing

@Suite struct SynchronizerTests {
    /// A host: its state directory, key, and itself as a remote.
    struct Host {
        let directory: TemporaryDirectory
        let repository: CheckpointRepository
        let key = HostKey()
        let remote: StoreRemote

        init(_ name: String, base: BaseModel = Sample.base) throws {
            directory = try TemporaryDirectory()
            repository = CheckpointRepository(directory: directory.path)
            remote = StoreRemote(name: name, repository: repository, base: base)
        }

        /// Records a checkpoint and makes it the head.
        @discardableResult
        func train(
            seed: UInt64, parents: [CheckpointID] = [], base: BaseModel = Sample.base
        ) throws -> CheckpointID {
            let id = try Sample.checkpoint(seed: seed, parents: parents, base: base)
                .record(in: repository)
            _ = try repository.publishHead(id, key: key)
            return id
        }
    }

    @Test func bringsTheHeadWithItsAncestorsThroughADirectory() async throws {
        let (a, b, stick) = (try Host("a"), try Host("b"), try TemporaryDirectory())
        let first = try a.train(seed: 1)
        let second = try a.train(seed: 2, parents: [first])
        let remote = DirectoryRemote(path: stick.path)
        let pushed = try await Synchronizer().sync(from: a.remote, to: remote)
        #expect(pushed.checkpointsSent == [first, second])
        #expect(pushed.objectsSent == 8)
        let pulled = try await Synchronizer().sync(from: remote, to: b.remote)
        #expect(pulled.bytesSent == pushed.bytesSent)
        #expect(pulled.heads == (try a.repository.heads.all()))
        for id in [first, second] { try b.repository.verify(id, base: Sample.base) }
        #expect(try b.repository.quarantine.totalSize() == 0)
    }

    /// A stick that is not plugged in is neither empty nor made up.
    @Test func aDirectoryThatIsNotThereIsNotMade() async throws {
        let (a, stick) = (try Host("a"), try TemporaryDirectory())
        try a.train(seed: 1)
        let remote = DirectoryRemote(path: stick.path + "/missing")
        for (source, destination) in [(a.remote, remote), (remote, a.remote)]
            as [(any Remote, any Remote)]
        {
            let error = await #expect(throws: CheckpointError.self) {
                try await Synchronizer().sync(from: source, to: destination)
            }
            #expect(error?.description.contains("is it mounted?") == true)
        }
        let id = ObjectID(hashing: Data())
        await #expect(throws: CheckpointError.self) {
            try await remote.put(id, size: 0, from: 0, body: ObjectBody(Data()))
        }
        #expect(!FileManager.default.fileExists(atPath: stick.path + "/missing"))
    }

    @Test func asksOnceWhenNothingChanged() async throws {
        let (a, b) = (try Host("a"), try Host("b"))
        try a.train(seed: 1)
        _ = try await Synchronizer().sync(from: a.remote, to: b.remote)
        let (source, destination) = (SpyRemote(a.remote), SpyRemote(b.remote))
        let summary = try await Synchronizer().sync(from: source, to: destination)
        #expect(source.calls == ["inventory"])
        #expect(destination.calls == ["inventory"])
        #expect(summary.bytesSent == 0)
        #expect(summary.headsSent.isEmpty)
    }

    @Test func putsObjectsBeforeManifestsBeforeHeads() async throws {
        let (a, b) = (try Host("a"), try Host("b"))
        try a.train(seed: 1)
        let spy = SpyRemote(b.remote)
        _ = try await Synchronizer().sync(from: a.remote, to: spy)
        #expect(
            spy.calls.filter { $0 != "missing" } == [
                "inventory", "inspect", "put", "put", "put", "put", "admit", "putHead",
                "inventory",
            ])
    }

    /// Wherever a sync is cut inside of a large object, the next one sends the rest.
    @Test(arguments: [1, 700_000, 1_300_000])
    func aCutObjectIsNotSentAgain(_ cut: Int) async throws {
        let (a, b) = (try Host("a"), try Host("b"))
        var sample = try Sample.checkpoint(seed: 1)
        let large = try Safetensors.encode([
            Safetensors.Source(name: "m", shape: [350_000], values: (0..<350_000).map(Float.init))
        ])
        sample.objects.append(large)
        sample.manifest.objects["a-large"] = ObjectReference(
            id: ObjectID(hashing: large), size: large.count, format: .safetensors)
        let id = try sample.record(in: a.repository)
        _ = try a.repository.publishHead(id, key: a.key)
        let ideal = try await Synchronizer().sync(from: a.remote, to: Host("c").remote).bytesSent
        let broken = CutRemote(b.remote, limit: .bytes(cut))
        await #expect(throws: CutRemote.Cut.self) {
            try await Synchronizer().sync(from: a.remote, to: broken)
        }
        let summary = try await Synchronizer().sync(from: a.remote, to: b.remote)
        #expect(cut + summary.bytesSent <= ideal + 10_000, "a small object at most comes twice")
        #expect(summary.heads.map(\.checkpoint) == [id])
        try b.repository.verify(id, base: Sample.base)
    }

    @Test func aLimitOnTheRateHolds() async throws {
        let (a, b) = (try Host("a"), try Host("b"))
        try a.train(seed: 1)
        var slow = Synchronizer()
        slow.bytesPerSecond = 10_000
        let began = ContinuousClock.now
        let summary = try await slow.sync(from: a.remote, to: b.remote)
        let least = Duration.seconds(Double(summary.bytesSent) / 10_000)
        #expect(ContinuousClock.now - began >= least)
    }

    @Test func sendsOnlyWhatIsMissing() async throws {
        let (a, b) = (try Host("a"), try Host("b"))
        try a.train(seed: 1)
        for object in try Sample.checkpoint(seed: 1).objects.prefix(2) {
            try b.repository.objects.put(object)
        }
        let summary = try await Synchronizer().sync(from: a.remote, to: b.remote)
        #expect(summary.objectsPresent == 2)
        #expect(summary.objectsSent == 2)
    }

    @Test func aDryRunTellsTheSameAndWritesNothing() async throws {
        let (a, b) = (try Host("a"), try Host("b"))
        let first = try a.train(seed: 1)
        try a.train(seed: 2, parents: [first])
        var dry = Synchronizer()
        dry.isDryRun = true
        let plan = try await dry.sync(from: a.remote, to: b.remote)
        #expect(try b.directory.files().isEmpty)
        let done = try await Synchronizer().sync(from: a.remote, to: b.remote)
        #expect(plan.isDryRun)
        #expect(plan.bytesSent == done.bytesSent)
        #expect(plan.objectsSent == done.objectsSent)
        #expect(plan.checkpointsSent == done.checkpointsSent)
        #expect(plan.headsSent == done.headsSent)
    }

    @Test func hostsThatWentApartAreShownSideBySide() async throws {
        let (a, b) = (try Host("a"), try Host("b"))
        let first = try a.train(seed: 1)
        _ = try await Synchronizer().sync(from: a.remote, to: b.remote)
        let left = try a.train(seed: 2, parents: [first])
        let right = try b.train(seed: 3, parents: [first])
        let there = try await Synchronizer().sync(from: a.remote, to: b.remote)
        let back = try await Synchronizer().sync(from: b.remote, to: a.remote)
        #expect(there.checkpointsInUse == [left, right].sorted())
        #expect(back.heads == there.heads)
        #expect(try b.repository.heads.head(of: b.key.id)?.checkpoint == right)
        #expect(try a.repository.heads.head(of: a.key.id)?.checkpoint == left)
    }

    @Test func aCheckpointOfAnotherBaseCostsNoObject() async throws {
        let (a, b) = (try Host("a", base: Sample.otherBase), try Host("b"))
        try a.train(seed: 1, base: Sample.otherBase)
        let summary = try await Synchronizer().sync(from: a.remote, to: b.remote)
        #expect(summary.refusals.map(\.kind) == ["base-mismatch"])
        #expect(summary.bytesSent == 0)
        #expect(try b.directory.files().isEmpty)
    }

    @Test func aReplayedHeadReplacesNothingAndTheRestGoesOn() async throws {
        let (a, b, c) = (try Host("a"), try Host("b"), try Host("c"))
        let first = try a.train(seed: 1)
        _ = try await Synchronizer().sync(from: a.remote, to: c.remote)
        try a.train(seed: 2, parents: [first])
        _ = try await Synchronizer().sync(from: a.remote, to: b.remote)
        try c.train(seed: 3)
        let summary = try await Synchronizer().sync(from: c.remote, to: b.remote)
        #expect(summary.refusals.isEmpty)
        #expect(summary.headsSent.map(\.host) == [c.key.id])
        #expect(try b.repository.heads.head(of: a.key.id)?.counter == 2)
    }

    /// The other side still offers the head it was given before.
    @Test func aSyncAfterAPromotionIsCleanBothWays() async throws {
        let (a, b) = (try Host("a"), try Host("b"))
        let first = try a.train(seed: 1)
        try b.train(seed: 2)
        for round in 1...3 {
            let pulled = try await Synchronizer().sync(from: b.remote, to: a.remote)
            let pushed = try await Synchronizer().sync(from: a.remote, to: b.remote)
            #expect(pulled.refusals.isEmpty && pushed.refusals.isEmpty)
            #expect(pulled.headsSent.map(\.host) == (round == 1 ? [b.key.id] : []))
            #expect(pushed.headsSent.map(\.host) == [a.key.id])
            #expect(pushed.heads == (try a.repository.heads.all()))
            try a.train(seed: UInt64(round) + 2, parents: [first])
        }
    }

    @Test func anotherCheckpointUnderAKnownCounterIsRefused() async throws {
        let (a, b) = (try Host("a"), try Host("b"))
        try a.train(seed: 1)
        _ = try await Synchronizer().sync(from: a.remote, to: b.remote)
        let other = try Host("other")
        let rival = try Sample.checkpoint(seed: 2).record(in: other.repository)
        _ = try other.repository.publishHead(rival, key: a.key)
        let summary = try await Synchronizer().sync(from: other.remote, to: b.remote)
        #expect(summary.refusals.map(\.kind) == ["head-conflict"])
        #expect(summary.bytesSent == 0)
    }

    @Test func aDamagedObjectAtTheSourceIsRefusedByTheReceiver() async throws {
        let (a, b) = (try Host("a"), try Host("b"))
        let id = try a.train(seed: 1)
        let adapter = try #require(a.repository.manifest(of: id).objects["adapter"]).id
        let url = URL(filePath: "\(a.directory.path)/objects/\(adapter.hex.prefix(2))/\(adapter)")
        var bytes = try Data(contentsOf: url)
        bytes[bytes.count - 1] ^= 1
        try bytes.write(to: url)
        let summary = try await Synchronizer().sync(from: a.remote, to: b.remote)
        #expect(summary.refusals.map(\.kind) == ["hash-mismatch"])
        #expect(try b.repository.objects.ids().isEmpty)
        #expect(try b.repository.heads.all().isEmpty)
    }

    @Test func aFloodOfHeadsIsRefusedAsAWhole() async throws {
        let b = try Host("b")
        let head = try SignedHead(
            checkpoint: ObjectID(hashing: Data()), counter: 1, key: Sample.host)
        let flood = FloodRemote(
            flood: Array(repeating: head, count: HeadStore.maximumInventory + 1))
        let error = await #expect(throws: CheckpointError.self) {
            try await Synchronizer().sync(from: flood, to: b.remote)
        }
        #expect(error?.kind == "too-large")
        #expect(try b.directory.files().isEmpty)
    }

    @Test func anAncestorThatTheSourceLacksIsPassedOver() async throws {
        let (a, b) = (try Host("a"), try Host("b"))
        let head = try a.train(seed: 1, parents: [ObjectID(hashing: Data("gone".utf8))])
        let summary = try await Synchronizer().sync(from: a.remote, to: b.remote)
        #expect(summary.checkpointsSent == [head])
        #expect(summary.refusals.isEmpty)
    }

    @Test func progressGrowsToThePlannedTotal() async throws {
        let (a, b) = (try Host("a"), try Host("b"))
        try a.train(seed: 1)
        let events = Mutex<[SyncEvent]>([])
        let summary = try await Synchronizer { event in events.withLock { $0.append(event) } }
            .sync(from: a.remote, to: b.remote)
        let all = events.withLock { $0 }
        let progress = all.compactMap { event -> SyncProgress? in
            guard case .progress(let progress) = event else { return nil }
            return progress
        }
        #expect(
            all.first == .planned(checkpoints: 1, objects: 4, bytes: summary.bytesSent))
        #expect(progress.map(\.bytesSent) == progress.map(\.bytesSent).sorted())
        #expect(progress.last?.bytesSent == summary.bytesSent)
        #expect(progress.last?.objectsSent == 4)
        #expect(progress.allSatisfy { $0.bytesTotal == summary.bytesSent })
    }

    @Test func cutAtAnyByteOrCallItConvergesAndSendsAtMostOneObjectAgain() async throws {
        let a = try Host("a")
        let first = try a.train(seed: 1)
        try a.train(seed: 2, parents: [first])
        let measured = try Host("measured")
        let total = try await Synchronizer().sync(from: a.remote, to: measured.remote).bytesSent
        let largest = try Sample.checkpoint().objects.map(\.count).max() ?? 0
        let calls = 28
        for cut in (0..<calls).map({ CutRemote.Limit.calls($0) })
            + stride(from: 0, to: total, by: 61).map({ .bytes($0) })
        {
            let b = try Host("b")
            let broken = CutRemote(b.remote, limit: cut)
            let isCut = await (try? Synchronizer().sync(from: a.remote, to: broken)) == nil
            let sentBefore = broken.bytesPassed
            for head in try b.repository.heads.all() { try b.repository.verify(head.checkpoint) }
            let again = try await Synchronizer().sync(from: a.remote, to: b.remote)
            #expect(try b.repository.heads.all() == a.repository.heads.all(), "\(cut)")
            #expect(try b.repository.objects.ids() == a.repository.objects.ids(), "\(cut)")
            #expect(try b.repository.quarantine.ids().isEmpty, "\(cut)")
            #expect(sentBefore + again.bytesSent <= total + largest, "\(cut)")
            if case .bytes = cut { #expect(isCut, "\(cut)") }
        }
    }

    @Test(arguments: FaultInjector.Mode.allCases)
    func aReceiverThatDiesAtAnyStepIsHealedByTheNextSync(_ mode: FaultInjector.Mode) async throws {
        let a = try Host("a")
        try a.train(seed: 1)
        func receiver(_ directory: TemporaryDirectory, _ fileSystem: FileSystem) -> StoreRemote {
            StoreRemote(
                name: "b",
                repository: CheckpointRepository(
                    directory: directory.path, fileSystem: fileSystem), base: Sample.base)
        }
        let counter = FaultInjector()
        let counted = try TemporaryDirectory()
        _ = try await Synchronizer().sync(
            from: a.remote, to: receiver(counted, counter.fileSystem))
        for step in counter.operations.indices {
            let directory = try TemporaryDirectory()
            let faulty = FaultInjector(failing: (step, mode)).fileSystem
            await #expect(throws: CheckpointError.self, "step \(step)") {
                try await Synchronizer().sync(
                    from: a.remote, to: receiver(directory, faulty))
            }
            let healed = receiver(directory, FileSystem())
            #expect(try healed.repository.objects.verifyAll().isEmpty)
            _ = try await Synchronizer().sync(from: a.remote, to: healed)
            #expect(try healed.repository.heads.all() == a.repository.heads.all())
            #expect(try healed.repository.objects.ids() == a.repository.objects.ids())
        }
    }
}
