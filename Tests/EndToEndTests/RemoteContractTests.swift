import CheckpointStore
import Foundation
import TestSupport
import Testing

/// What every remote must do, whatever it is made of: a repository, a directory, a daemon, one behind
/// a real sshd, and what rclone reaches by WebDAV and S3.
@Suite(.serialized) struct RemoteContractTests {
    typealias Kind = RemotePlace.Kind

    /// A way that breaks.
    private struct Cut: Error {}

    private static func body(cutAfter bytes: Data) -> ObjectBody {
        ObjectBody { continuation in
            for start in stride(from: bytes.startIndex, to: bytes.endIndex, by: 100_000) {
                continuation.yield(bytes[start..<min(start + 100_000, bytes.endIndex)])
            }
            continuation.finish(throwing: Cut())
        }
    }

    private static func bytes(_ count: Int) -> Data {
        var generator = SplitMix64(state: 3)
        var data = Data(capacity: count)
        while data.count < count {
            withUnsafeBytes(of: generator.next()) { data.append(contentsOf: $0) }
        }
        return data.prefix(count)
    }

    @Test(arguments: Kind.allCases)
    func givesBackACheckpointAndItsHead(_ kind: Kind) async throws {
        try await RemotePlace.with(kind) { place in
            let sample = try place.checkpoint()
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
            #expect(try await place.remote.heads() == [head], "asked again")
            try await place.remote.admit(sample.id, source: "again")
        }
    }

    @Test(arguments: Kind.allCases)
    func hasNothingOfAnUnknownObject(_ kind: Kind) async throws {
        try await RemotePlace.with(kind) { place in
            let id = ObjectID(hashing: Data("abc".utf8))
            let received = try await place.remote.received(of: id)
            #expect(received == 0)
            await #expect(throws: CheckpointError.self) {
                try await place.remote.data(of: id, maximumSize: 10)
            }
        }
    }

    @Test(arguments: Kind.allCases)
    func takesNoObjectThatIsNotWhatItsNameSays(_ kind: Kind) async throws {
        try await RemotePlace.with(kind) { place in
            let id = ObjectID(hashing: Data("abc".utf8))
            for (size, bytes) in [
                (3, "abd"), (3, "ab"), (3, "abcd"), (2, "abc"), (4, "abc"), (3, ""),
            ] {
                await #expect(throws: (any Error).self, "\(size) \(bytes)") {
                    try await place.remote.put(
                        id, size: size, from: 0, body: ObjectBody(Data(bytes.utf8)))
                }
            }
            #expect(try await place.files() == [])
            try await place.remote.put(id, size: 3, from: 0, body: ObjectBody(Data("abc".utf8)))
            #expect(try await place.remote.missing(of: [id]).isEmpty)
        }
    }

    @Test(arguments: Kind.allCases)
    func aBodyThatBreaksOffLeavesNothing(_ kind: Kind) async throws {
        try await RemotePlace.with(kind) { place in
            let id = ObjectID(hashing: Data("abc".utf8))
            await #expect(throws: (any Error).self) {
                try await place.remote.put(
                    id, size: 3, from: 0, body: Self.body(cutAfter: Data("ab".utf8)))
            }
            #expect(try await place.remote.missing(of: [id]) == [id])
            try await place.put(Data("abc".utf8))
            #expect(try await place.files().count == 1)
        }
    }

    /// Of a large object what has come is kept, but for a chunk, however the way there broke.
    @Test(arguments: Kind.allCases)
    func aLargeObjectGoesOnWhereItWasCut(_ kind: Kind) async throws {
        try await RemotePlace.with(kind) { place in
            let data = Self.bytes(3 * ObjectStore.chunkSize + 70_000)
            let id = ObjectID(hashing: data)
            var received = try await place.remote.received(of: id)
            #expect(received == 0)
            for end in [1_900_000, 1_900_000, 3_000_000] {
                await #expect(throws: (any Error).self) {
                    try await place.remote.put(
                        id, size: data.count, from: received,
                        body: Self.body(cutAfter: data[received..<max(end, received)]))
                }
                let now = try await place.received(of: id, atLeast: place.leastKept(of: end))
                #expect((received...end).contains(now))
                #expect(now >= place.leastKept(of: end))
                #expect(try await place.remote.missing(of: [id]) == [id])
                received = now
            }
            await #expect(throws: (any Error).self, "there is less than that") {
                try await place.remote.put(
                    id, size: data.count, from: data.count - 1, body: ObjectBody(data.suffix(1)))
            }
            try await place.remote.put(
                id, size: data.count, from: received - 7,
                body: ObjectBody(data.dropFirst(received - 7)))
            #expect(try await place.remote.missing(of: [id]).isEmpty)
            #expect(try await place.remote.received(of: id) == 0)
        }
    }

    @Test(arguments: Kind.allCases)
    func whatCameWrongIsForgotten(_ kind: Kind) async throws {
        try await RemotePlace.with(kind) { place in
            let size = ObjectStore.chunkSize + 500_005
            let (data, other) = (Self.bytes(size), Data(repeating: 8, count: size))
            let id = ObjectID(hashing: data)
            await #expect(throws: (any Error).self, "it breaks off") {
                try await place.remote.put(
                    id, size: size, from: 0, body: Self.body(cutAfter: other.prefix(1_400_000)))
            }
            let received = try await place.received(of: id, atLeast: 1)
            #expect(received > 0)
            await #expect(throws: CheckpointError.self) {
                try await place.remote.put(
                    id, size: size, from: received, body: ObjectBody(data.dropFirst(received)))
            }
            let left = try await place.remote.received(of: id)
            #expect(left == 0 || !place.isPrompt)
            try await place.put(data)
            #expect(try await place.remote.missing(of: [id]).isEmpty)
        }
    }

    @Test(arguments: Kind.allCases)
    func admitsNoCheckpointThatIsNotWhole(_ kind: Kind) async throws {
        try await RemotePlace.with(kind) { place in
            let sample = try place.checkpoint()
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
    }

    @Test(arguments: Kind.allCases)
    func takesNoHeadWithoutItsCheckpointNorAReplayedOne(_ kind: Kind) async throws {
        try await RemotePlace.with(kind) { place in
            let (first, second) = try (place.checkpoint(seed: 1), place.checkpoint(seed: 2))
            let old = try SignedHead(checkpoint: first.id, counter: 1, key: Sample.host)
            let new = try SignedHead(checkpoint: second.id, counter: 2, key: Sample.host)
            await #expect(throws: CheckpointError.self) { try await place.remote.putHead(old) }
            try await place.put(first)
            try await place.put(second)
            try await place.remote.putHead(new)
            await #expect(throws: CheckpointError.self) { try await place.remote.putHead(old) }
            let other = try SignedHead(checkpoint: first.id, counter: 2, key: Sample.host)
            await #expect(throws: CheckpointError.self) { try await place.remote.putHead(other) }
            #expect(try await place.remote.heads() == [new])
        }
    }

    @Test(arguments: Kind.allCases)
    func takesWhatHostsSayOfTheirKeysAndNoHeadOfAKeyThatIsVoid(_ kind: Kind) async throws {
        try await RemotePlace.with(kind) { place in
            let (key, sample) = (HostKey(), try place.checkpoint())
            #expect(try await place.remote.inventory().keyRecords == [])
            try await place.put(sample)
            let head = try SignedHead(checkpoint: sample.id, counter: 1, key: key)
            try await place.remote.putHead(head)
            let record = try KeyRecord(revoking: key)
            try await place.remote.putKeyRecord(record)
            try await place.remote.putKeyRecord(record)
            let inventory = try await place.remote.inventory()
            #expect(inventory.keyRecords == [record] && inventory.heads == [])
            await #expect(throws: CheckpointError.self) {
                try await place.remote.putHead(head)
            }
        }
    }

    @Test(arguments: Kind.allCases)
    func refusesAManifestThatCouldNotBeAdmitted(_ kind: Kind) async throws {
        try await RemotePlace.with(kind) { place in
            try await place.remote.inspect(manifest: place.checkpoint().manifest.canonicalBytes())
            await #expect(throws: CheckpointError.self) {
                try await place.remote.inspect(manifest: Data("{\"format\":9}".utf8))
            }
            #expect(try await place.files() == [])
        }
    }

    @Test(arguments: Kind.allCases)
    func survivesWritersThatMeet(_ kind: Kind) async throws {
        try await RemotePlace.with(kind) { place in
            let samples = try (1...4).map { try place.checkpoint(seed: $0) }
            let heads = try samples.enumerated().map { index, sample in
                try SignedHead(
                    checkpoint: sample.id, counter: UInt64(index + 1), key: Sample.host)
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
                        do { try await remote.putHead(head) } catch let error as CheckpointError {
                            #expect(
                                ["head-replayed", "refused"].contains(error.kind), "\(error)")
                        }
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

    /// Of the newest checkpoint and of one that it comes from, objects and manifests.
    @Test(arguments: [Kind.directory, .webdav, .s3])
    func thePushAfterALossBringsItBack(_ kind: Kind) async throws {
        try await RemotePlace.with(kind) { place in
            let directory = try TemporaryDirectory()
            let host = StoreRemote(
                name: "host", repository: CheckpointRepository(directory: directory.path),
                base: place.base)
            let first = try place.checkpoint(seed: 1)
            let second = try Sample.checkpoint(
                seed: 2, parents: [first.record(in: host.repository)], base: place.base)
            let newest = try second.record(in: host.repository)
            _ = try host.repository.publishHead(newest, key: HostKey())
            let synchronizer = Synchronizer()
            _ = try await synchronizer.sync(from: host, to: place.remote)
            #expect(try await place.remote.inventory().incomplete == [])
            let lost = [
                ObjectID(hashing: first.objects[0]), ObjectID(hashing: second.objects[0]), newest,
            ]
            let lose = try #require(place.lose)
            for id in lost {
                try await lose(id)
                #expect(try await place.remote.missing(of: [id]) == [id])
                let push = try await synchronizer.sync(from: host, to: place.remote)
                #expect(push.refusals == [])
                #expect(try await place.remote.missing(of: [id]) == [])
            }
            #expect(try await place.remote.inventory().incomplete == [])
        }
    }

    /// Two hosts that never meet exchange what they have through it.
    @Test(arguments: Kind.allCases)
    func carriesCheckpointsBetweenHosts(_ kind: Kind) async throws {
        try await RemotePlace.with(kind) { place in
            let directory = try TemporaryDirectory()
            let hosts = ["a", "b"].map { name in
                StoreRemote(
                    name: name,
                    repository: CheckpointRepository(directory: "\(directory.path)/\(name)"),
                    base: place.base)
            }
            let first = try place.checkpoint(seed: 1).record(in: hosts[0].repository)
            let second = try Sample.checkpoint(
                seed: 2, parents: [first], base: place.base, optimizerSize: 600_000
            ).record(in: hosts[0].repository)
            let head = try hosts[0].repository.publishHead(second, key: HostKey())
            let synchronizer = Synchronizer()
            let there = try await synchronizer.sync(from: hosts[0], to: place.remote)
            #expect(there.refusals == [] && there.checkpointsSent == [first, second])
            let back = try await synchronizer.sync(from: place.remote, to: hosts[1])
            #expect(back.refusals == [] && back.headsSent == [head])
            for id in [first, second] { try hosts[1].repository.verify(id, base: place.base) }
            let again = try await synchronizer.sync(from: place.remote, to: hosts[1])
            #expect(again.checkpointsSent == [] && again.headsSent == [])
        }
    }
}
