import CheckpointStore
import Foundation
import Testing

/// What every remote must do, whatever it is made of.
@Suite struct RemoteContractTests {
    enum Kind: CaseIterable, Sendable { case store, directory }

    /// A fresh remote of a kind, and where its files are.
    struct Place {
        let directory: TemporaryDirectory
        let remote: any Remote

        init(_ kind: Kind) throws {
            directory = try TemporaryDirectory()
            switch kind {
            case .store:
                remote = StoreRemote(
                    name: "store", repository: CheckpointRepository(directory: directory.path),
                    base: Sample.base)
            case .directory: remote = DirectoryRemote(path: directory.path)
            }
        }

        func put(_ data: Data) async throws {
            try await remote.put(
                ObjectID(hashing: data), size: data.count, from: 0, body: ObjectBody(data))
        }

        /// Puts and admits a whole checkpoint.
        func put(_ sample: Sample.Checkpoint) async throws {
            for object in sample.objects { try await put(object) }
            try await put(sample.manifest.canonicalBytes())
            try await remote.admit(sample.id, source: "test")
        }
    }

    @Test(arguments: Kind.allCases)
    func givesBackACheckpointAndItsHead(_ kind: Kind) async throws {
        let place = try Place(kind)
        let sample = try Sample.checkpoint()
        let ids = sample.objects.map { ObjectID(hashing: $0) } + [try sample.id]
        #expect(try await place.remote.missing(of: ids) == ids)
        #expect(try await place.remote.heads().isEmpty)

        try await place.put(sample)
        #expect(try await place.remote.missing(of: ids).isEmpty)
        #expect(try await place.remote.manifest(of: sample.id) == sample.manifest)
        for object in sample.objects {
            let id = ObjectID(hashing: object)
            #expect(try await place.remote.data(of: id, maximumSize: object.count) == object)
            var tail = Data()
            for try await piece in try await place.remote.get(id, from: 5) { tail += piece }
            #expect(tail == object.dropFirst(5))
            await #expect(throws: CheckpointError.self) {
                try await place.remote.data(of: id, maximumSize: object.count - 1)
            }
        }
        let head = try SignedHead(checkpoint: sample.id, counter: 1, key: Sample.host)
        try await place.remote.putHead(head)
        try await place.remote.putHead(head)
        #expect(try await place.remote.heads() == [head])
        try await place.remote.admit(sample.id, source: "again")
    }

    @Test(arguments: Kind.allCases)
    func takesNoObjectThatIsNotWhatItsNameSays(_ kind: Kind) async throws {
        let place = try Place(kind)
        let id = ObjectID(hashing: Data("abc".utf8))
        for (size, bytes) in [(3, "abd"), (3, "ab"), (3, "abcd"), (2, "abc"), (4, "abc"), (3, "")] {
            await #expect(throws: CheckpointError.self, "\(size) \(bytes)") {
                try await place.remote.put(
                    id, size: size, from: 0, body: ObjectBody(Data(bytes.utf8)))
            }
        }
        #expect(try place.directory.files().isEmpty)
        try await place.remote.put(id, size: 3, from: 0, body: ObjectBody(Data("abc".utf8)))
        #expect(try await place.remote.missing(of: [id]).isEmpty)
    }

    @Test(arguments: Kind.allCases)
    func aBodyThatBreaksOffLeavesNothing(_ kind: Kind) async throws {
        struct Cut: Error {}
        let place = try Place(kind)
        let id = ObjectID(hashing: Data("abc".utf8))
        let body = ObjectBody { continuation in
            continuation.yield(Data("ab".utf8))
            continuation.finish(throwing: Cut())
        }
        await #expect(throws: Cut.self) {
            try await place.remote.put(id, size: 3, from: 0, body: body)
        }
        #expect(try place.directory.files().isEmpty)
    }

    /// Of a large object what has come is kept, however the way there broke.
    @Test(arguments: Kind.allCases)
    func aLargeObjectGoesOnWhereItWasCut(_ kind: Kind) async throws {
        struct Cut: Error {}
        let place = try Place(kind)
        var generator = SplitMix64(state: 3)
        let data = Data(
            (0..<ObjectStore.chunkSize + 70_000).map { _ in
                UInt8.random(in: 0...255, using: &generator)
            })
        let id = ObjectID(hashing: data)
        #expect(try await place.remote.received(of: id) == 0)
        for (offset, end) in [(0, 900_000), (900_000, 900_000), (900_000, 1_100_000)] {
            let body = ObjectBody { continuation in
                continuation.yield(data[offset..<end])
                continuation.finish(throwing: Cut())
            }
            await #expect(throws: Cut.self) {
                try await place.remote.put(id, size: data.count, from: offset, body: body)
            }
            #expect(try await place.remote.received(of: id) == end)
            #expect(try await place.remote.missing(of: [id]) == [id])
        }
        await #expect(throws: CheckpointError.self, "there is less than that") {
            try await place.remote.put(
                id, size: data.count, from: 1_100_001, body: ObjectBody(data.dropFirst(1_100_001)))
        }
        try await place.remote.put(
            id, size: data.count, from: 1_000_000, body: ObjectBody(data.dropFirst(1_000_000)))
        #expect(try await place.remote.missing(of: [id]).isEmpty)
        #expect(try await place.remote.received(of: id) == 0)
    }

    @Test(arguments: Kind.allCases)
    func whatCameWrongIsForgotten(_ kind: Kind) async throws {
        let place = try Place(kind)
        let data = Data(repeating: 7, count: ObjectStore.chunkSize + 5)
        let id = ObjectID(hashing: data)
        await #expect(throws: CheckpointError.self, "it breaks off") {
            try await place.remote.put(
                id, size: data.count, from: 0, body: ObjectBody(Data(repeating: 8, count: 500)))
        }
        #expect(try await place.remote.received(of: id) == 500)
        await #expect(throws: CheckpointError.self) {
            try await place.remote.put(
                id, size: data.count, from: 500, body: ObjectBody(data.dropFirst(500)))
        }
        #expect(try await place.remote.received(of: id) == 0)
        try await place.remote.put(id, size: data.count, from: 0, body: ObjectBody(data))
        #expect(try await place.remote.missing(of: [id]).isEmpty)
    }

    @Test(arguments: Kind.allCases)
    func admitsNoCheckpointThatIsNotWhole(_ kind: Kind) async throws {
        let place = try Place(kind)
        let sample = try Sample.checkpoint()
        await #expect(throws: CheckpointError.self) {
            try await place.remote.admit(sample.id, source: "test")
        }
        try await place.put(sample.manifest.canonicalBytes())
        for object in sample.objects {
            await #expect(throws: CheckpointError.self) {
                try await place.remote.admit(sample.id, source: "test")
            }
            try await place.put(object)
        }
        try await place.remote.admit(sample.id, source: "test")
    }

    @Test(arguments: Kind.allCases)
    func takesNoHeadWithoutItsCheckpointNorAReplayedOne(_ kind: Kind) async throws {
        let place = try Place(kind)
        let (first, second) = try (Sample.checkpoint(seed: 1), Sample.checkpoint(seed: 2))
        let old = try SignedHead(checkpoint: first.id, counter: 1, key: Sample.host)
        let new = try SignedHead(checkpoint: second.id, counter: 2, key: Sample.host)
        await #expect(throws: CheckpointError.self) { try await place.remote.putHead(old) }
        try await place.put(first)
        try await place.put(second)
        try await place.remote.putHead(new)
        await #expect(throws: CheckpointError.headReplayed(Sample.host.id, known: 2, offered: 1)) {
            try await place.remote.putHead(old)
        }
        #expect(try await place.remote.heads() == [new])
    }

    @Test(arguments: Kind.allCases)
    func refusesAManifestThatCouldNotBeAdmitted(_ kind: Kind) async throws {
        let place = try Place(kind)
        try await place.remote.inspect(manifest: Sample.checkpoint().manifest.canonicalBytes())
        await #expect(throws: CheckpointError.self) {
            try await place.remote.inspect(manifest: Data("{\"format\":9}".utf8))
        }
        #expect(try place.directory.files().isEmpty)
    }

    @Test(arguments: Kind.allCases)
    func survivesWritersThatMeet(_ kind: Kind) async throws {
        let place = try Place(kind)
        let samples = try (1...4).map { try Sample.checkpoint(seed: $0) }
        let heads = try samples.enumerated().map { index, sample in
            try SignedHead(checkpoint: sample.id, counter: UInt64(index + 1), key: Sample.host)
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<8 {
                let (sample, head) = (samples[writer % 4], heads[writer % 4])
                let remote = place.remote
                group.addTask {
                    for object in sample.objects + [try sample.manifest.canonicalBytes()] {
                        try await remote.put(
                            ObjectID(hashing: object), size: object.count, from: 0,
                            body: ObjectBody(object))
                    }
                    try await remote.admit(sample.id, source: "writer")
                    do { try await remote.putHead(head) } catch CheckpointError.headReplayed {}
                }
            }
            try await group.waitForAll()
        }
        #expect(try await place.remote.heads() == [heads[3]])
        for sample in samples {
            #expect(try await place.remote.manifest(of: sample.id) == sample.manifest)
        }
    }
}
