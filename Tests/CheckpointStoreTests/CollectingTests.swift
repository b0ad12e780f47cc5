import CheckpointStore
import Foundation
import TestSupport
import Testing

@Suite struct CollectingTests {
    let directory: TemporaryDirectory
    let repository: CheckpointRepository
    /// When everything that the tests make has had its day of grace.
    private let later = Date.now + CheckpointRepository.grace + 60

    init() throws {
        directory = try TemporaryDirectory()
        repository = CheckpointRepository(directory: directory.path)
    }

    private func collect(keeping kept: [CheckpointID], of known: [CheckpointID], now: Date) throws {
        for object in try repository.garbage(keeping: Set(kept), of: known, now: now) {
            try repository.objects.delete(object.id)
        }
    }

    @Test func whatOneThatStaysNeedsIsKeptAndOfTheOthersManifestAndMetrics() throws {
        let samples = try (1...3).map { try Sample.checkpoint(seed: $0) }
        var shared = try Sample.checkpoint(seed: 4)
        shared.manifest.objects["adapter"] = samples[0].manifest.objects["adapter"]
        let ids =
            try samples.map { try $0.record(in: repository) } + [shared.record(in: repository)]
        let orphan = try repository.objects.put(Data("nobody's".utf8))

        try collect(keeping: [ids[3]], of: ids, now: .now)
        for id in ids { try repository.verify(id) }
        #expect(repository.objects.contains(orphan), "it came today")

        try collect(keeping: [ids[3]], of: ids, now: later)
        try repository.verify(ids[3])
        #expect(!repository.objects.contains(orphan))
        for (id, sample) in zip(ids, samples) {
            #expect(try repository.manifest(of: id) == sample.manifest)
            let parts = sample.manifest.objects
            #expect(repository.objects.contains(try #require(parts["metrics"]).id))
            #expect(!repository.objects.contains(try #require(parts["optimizer"]).id))
        }
        #expect(
            repository.objects.contains(try #require(samples[0].manifest.objects["adapter"]).id))
        #expect(
            !repository.objects.contains(try #require(samples[1].manifest.objects["adapter"]).id))
        #expect(try repository.garbage(keeping: [ids[3]], of: ids, now: later).isEmpty)
    }

    @Test func nothingGoesWhileNobodyKnowsWhatIsNeeded() throws {
        let kept = try Sample.checkpoint(seed: 1).record(in: repository)
        let other = try Sample.checkpoint(seed: 2).record(in: repository)
        try directory.damage(kept)
        #expect(throws: CheckpointError.self) {
            try repository.garbage(keeping: [kept], of: [kept, other], now: later)
        }
        let third = try Sample.checkpoint(seed: 3).record(in: repository)
        #expect(throws: Never.self) {
            try repository.garbage(keeping: [third], of: [kept, other, third], now: later)
        }
    }

    @Test func hostsPartedAtTheLatestThatBothComeFrom() throws {
        func child(_ seed: UInt64, of parents: CheckpointID...) throws -> CheckpointID {
            try Sample.checkpoint(seed: seed, parents: parents.sorted()).record(in: repository)
        }
        let root = try child(1)
        let fork = try child(2, of: root)
        let left = try child(3, of: fork)
        let right = try child(4, of: fork)
        let far = try child(5, of: root)
        #expect(repository.commonAncestors(of: [left, right]) == [fork])
        #expect(repository.commonAncestors(of: [left, right, far]) == [fork, root])
        #expect(repository.commonAncestors(of: [left, fork]) == [fork])
        #expect(repository.commonAncestors(of: [left, try child(6)]) == [])
    }

    @Test func theNewestOfEachSpanStays() throws {
        // A Monday at noon, and backwards from there twice a day.
        let monday = Date(timeIntervalSince1970: 1_795_435_200)
        let checkpoints = (0..<60).map { step in
            (id: ObjectID(hashing: Data("\(step)".utf8)), at: monday - Double(step) * 43_200)
        }
        let reasons = Retention(last: 2, daily: 3, weekly: 3).reasons(checkpoints)
        let kept = checkpoints.indices.filter { reasons[checkpoints[$0].id] != nil }
        // 0 is Monday noon and 1 its midnight; 2 and 4 are the newest of the days before, 2 also of
        // its week, and 16 of the week before that.
        #expect(kept == [0, 1, 2, 4, 16])
        #expect(reasons[checkpoints[1].id] == .last)
        #expect(reasons[checkpoints[4].id] == .daily)
        #expect(reasons[checkpoints[16].id] == .weekly)
        #expect(Retention(last: 0, daily: 0, weekly: 0).reasons(checkpoints).isEmpty)
    }

    /// Otherwise every new head would carry along what has been let go.
    @Test func aCollectedAncestorIsNotBroughtBackForTheSakeOfItsOffspring() async throws {
        let place = try TemporaryDirectory()
        let source = CheckpointRepository(directory: place.path)
        var chain: [CheckpointID] = []
        var destination = StoreRemote(name: "here", repository: repository, base: Sample.base)
        let from = StoreRemote(name: "there", repository: source, base: Sample.base)
        func sync() async throws -> SyncSummary {
            try await Synchronizer().sync(from: from, to: destination)
        }
        for seed in 1...3 {
            chain.append(
                try Sample.checkpoint(seed: UInt64(seed), parents: chain.suffix(1))
                    .record(in: source))
            _ = try source.publishHead(chain[seed - 1], key: Sample.host)
            if seed == 2 {
                #expect(try await sync().checkpointsSent == chain)
                try collect(keeping: [chain[1]], of: chain, now: later)
                destination.collected = [chain[0]]
            }
        }
        #expect(try await sync().checkpointsSent == [chain[2]])
        #expect(try await sync().checkpointsSent == [])

        // A head that goes back to it is another matter.
        _ = try source.publishHead(chain[0], key: Sample.host)
        #expect(try await sync().checkpointsSent == [chain[0]])
        try repository.verify(chain[0])
    }

    /// The head still reaches a host that lacks what the sender has let go, and what lies behind it.
    @Test func aSenderThatHasCollectedGivesItsHeadAndWhatIsLeft() async throws {
        var chain: [CheckpointID] = []
        for seed in 1...4 {
            chain.append(
                try Sample.checkpoint(seed: UInt64(seed), parents: chain.suffix(1))
                    .record(in: repository))
        }
        let head = try repository.publishHead(chain[3], key: Sample.host)
        try collect(keeping: [chain[0], chain[3]], of: chain, now: later)
        var source = StoreRemote(name: "here", repository: repository, base: Sample.base)
        source.collected = [chain[1], chain[2]]
        let place = try TemporaryDirectory()
        let other = CheckpointRepository(directory: place.path)
        let destination = StoreRemote(name: "there", repository: other, base: Sample.base)
        let summary = try await Synchronizer().sync(from: source, to: destination)
        #expect(summary.refusals == [])
        #expect(summary.checkpointsSent == [chain[0], chain[3]])
        #expect(summary.headsSent == [head])
        try other.verify(chain[0])

        // Whoever lost one of them gets no help from here, and no refusal either.
        for object in try Sample.checkpoint(seed: 3, parents: [chain[1]]).objects {
            try other.objects.put(object)
        }
        let manifest = try repository.manifest(of: chain[2])
        try other.objects.delete(try manifest.object("adapter").id)
        try other.objects.put(manifest.canonicalBytes())
        #expect(try await Synchronizer().sync(from: source, to: destination).refusals == [])
    }

    /// Without its own list the sender finds out for itself.
    @Test func anAncestorOfWhichAPartIsLostIsPassedOver() async throws {
        let parent = try Sample.checkpoint(seed: 1)
        let child = try Sample.checkpoint(seed: 2, parents: [parent.record(in: repository)])
            .record(in: repository)
        _ = try repository.publishHead(child, key: Sample.host)
        try repository.objects.delete(try parent.manifest.object("optimizer").id)
        let place = try TemporaryDirectory()
        let summary = try await Synchronizer().sync(
            from: StoreRemote(name: "here", repository: repository, base: Sample.base),
            to: DirectoryRemote(path: place.path))
        #expect(summary.refusals == [] && summary.checkpointsSent == [child])
    }

    @Test func whatIsNamedAnewIsNotOld() throws {
        let sample = try Sample.checkpoint(seed: 1)
        try sample.send(to: repository)
        let old = Date.now - 3 * CheckpointRepository.grace
        for object in sample.objects {
            let id = ObjectID(hashing: object)
            try FileManager.default.setAttributes(
                [.modificationDate: old],
                ofItemAtPath: "\(directory.path)/quarantine/\(id.hex.prefix(2))/\(id)")
        }
        try repository.admit(sample.id, base: Sample.base)
        #expect(try repository.garbage(keeping: [], of: []).isEmpty)
    }

    /// Else a peer's checkpoint could keep its bytes here for ever under that name.
    @Test func onlySmallFiguresStayAsMetrics() throws {
        var sample = try Sample.checkpoint(seed: 1)
        sample.manifest.objects["metrics"] = sample.manifest.objects["adapter"]
        let id = try sample.record(in: repository)
        try collect(keeping: [], of: [id], now: later)
        #expect(!repository.objects.contains(try sample.manifest.object("adapter").id))
        #expect(repository.objects.contains(id))
    }
}
