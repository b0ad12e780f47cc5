import CheckpointStore
import Foundation
import TestSupport
import Testing

@Suite struct ObjectStoreTests {
    let directory: TemporaryDirectory
    let store: ObjectStore

    init() throws {
        directory = try TemporaryDirectory()
        store = ObjectStore(directory: directory.path + "/objects")
    }

    @Test func keepsWhatIsPutUnderItsHash() throws {
        let id = try store.put(Data("abc".utf8))
        #expect(id == ObjectID(hashing: Data("abc".utf8)))
        #expect(try store.data(of: id) == Data("abc".utf8))
        #expect(try store.size(of: id) == 3)
        #expect(try store.ids() == [id])
        #expect(try directory.files().keys.sorted() == ["objects/ba/\(id)"])
    }

    @Test func givesRangesClampedToTheObject() throws {
        let id = try store.put(Data("0123456789".utf8))
        #expect(try store.data(of: id, range: 3..<6) == Data("345".utf8))
        #expect(try store.data(of: id, range: 8..<Int.max) == Data("89".utf8))
        #expect(try store.data(of: id, range: 50..<60).isEmpty)
    }

    @Test func streamsInBoundedPiecesFromAnyOffset() async throws {
        let bytes = Data((0..<ObjectStore.chunkSize + 5).map { UInt8(truncatingIfNeeded: $0) })
        let id = try store.put(bytes)
        for offset in [0, 1, ObjectStore.chunkSize, bytes.count, bytes.count + 1] {
            var read = Data()
            for try await piece in try store.stream(of: id, from: offset) {
                #expect(piece.count <= ObjectStore.chunkSize)
                read.append(piece)
            }
            #expect(read == bytes.dropFirst(offset))
        }
    }

    @Test func refusesBytesThatDoNotHashToTheNameAndLeavesNothing() throws {
        let writer = try store.writer(expecting: ObjectID(hashing: Data("abc".utf8)))
        try writer.append(Data("abd".utf8))
        #expect(throws: CheckpointError.self) { try writer.finish() }
        _ = consume writer
        #expect(try directory.files().isEmpty)
    }

    @Test func refusesTheFirstByteTooManyAndLeavesNothing() throws {
        do {
            let writer = try store.writer(maximumSize: 4)
            try writer.append(Data("1234".utf8))
            #expect(throws: CheckpointError.tooLarge("a new object", limit: 4)) {
                try writer.append(Data("5".utf8))
            }
        }
        #expect(try directory.files().isEmpty)
    }

    @Test func showsNothingUntilFinished() throws {
        let bytes = Data("abc".utf8)
        let id = ObjectID(hashing: bytes)
        let writer = try store.writer(expecting: id)
        try writer.append(bytes)
        #expect(!store.contains(id))
        #expect(try store.ids().isEmpty)
        try writer.finish()
        #expect(store.contains(id))
    }

    @Test func findsDamageAndIsHealedByPuttingAgain() throws {
        let bytes = Data("abcdef".utf8)
        let id = try store.put(bytes)
        let other = try store.put(Data("other".utf8))
        try directory.damage(id)
        #expect(try store.verifyAll().map(\.id) == [id])
        try store.verify(other)
        try store.put(bytes)
        #expect(try store.verifyAll().isEmpty)
    }

    /// Whoever reads an object whole notices, and from then on it is missing; its bytes stay.
    @Test(arguments: ["verify", "data", "stream"])
    func aDamagedObjectIsSetAside(_ reader: String) async throws {
        let bytes = Data("abcdef".utf8)
        let id = try store.put(bytes)
        try directory.damage(id)
        let error = await #expect(throws: CheckpointError.self) {
            switch reader {
            case "verify": try store.verify(id)
            case "data": _ = try store.data(of: id)
            default: for try await _ in try store.stream(of: id) {}
            }
        }
        #expect(error?.kind == "hash-mismatch")
        #expect(!store.contains(id))
        #expect(try store.ids().isEmpty)
        #expect(try directory.files() == ["objects/.damaged-\(id)": Data("abceef".utf8)])
        try store.put(bytes)
        #expect(try store.data(of: id) == bytes)
    }

    @Test func namesTheObjectItDoesNotHave() {
        let id = ObjectID(hashing: Data("absent".utf8))
        let error = CheckpointError.objectMissing(id, place: store.directory)
        #expect(throws: error) { try store.data(of: id) }
        #expect(throws: error) { try store.verify(id) }
        #expect(error.description.contains(id.hex))
    }

    @Test func deletesAndSweepsAbandonedFiles() throws {
        let id = try store.put(Data("abc".utf8))
        try Data("half".utf8).write(
            to: URL(filePath: "\(store.directory)/.incoming-0"))
        try store.removeAbandoned(olderThan: 3600)
        #expect(try directory.files().count == 2)
        #expect(try store.totalSize() == 7)
        try store.removeAbandoned(olderThan: 0)
        #expect(try store.totalSize() == 3)
        try store.delete(id)
        try store.delete(id)
        #expect(try directory.files().isEmpty)
    }

    @Test func doesNotFollowSymbolicLinks() throws {
        let id = ObjectID(hashing: Data("abc".utf8))
        let folder = "\(store.directory)/\(id.hex.prefix(2))"
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(
            atPath: "\(folder)/\(id)", withDestinationPath: "/etc/passwd")
        #expect(!store.contains(id))
        #expect(throws: CheckpointError.self) { try store.data(of: id) }
    }

    /// The daemon may not know yet that the connection before is dead.
    @Test func aWriterThatLingersHoldsNobodyUp() async throws {
        let directory = try TemporaryDirectory()
        let remote = DirectoryRemote(path: directory.path)
        var generator = SplitMix64(state: 5)
        let bytes = (0..<ObjectStore.chunkSize + 9).map { _ in
            UInt8.random(in: 0...255, using: &generator)
        }
        let data = Data(bytes)
        let id = ObjectID(hashing: data)
        let (first, gate) = ObjectBody.makeStream()
        let lingering = Task {
            try await remote.put(id, size: data.count, from: 0, body: first)
        }
        gate.yield(data[..<500_000])
        while remote.received(of: id) < 500_000 { await Task.yield() }

        struct Cut: Error {}
        let second = ObjectBody { continuation in
            continuation.yield(data[500_000..<700_000])
            continuation.finish(throwing: Cut())
        }
        await #expect(throws: Cut.self) {
            try await remote.put(id, size: data.count, from: 500_000, body: second)
        }
        #expect(remote.received(of: id) == 700_000)
        try await remote.put(
            id, size: data.count, from: 500_000, body: ObjectBody(data.dropFirst(500_000)))
        #expect(remote.missing(of: [id]).isEmpty)

        // A third one begins with bytes that are wrong, and then the first one comes to its end.
        let (wrong, bait) = ObjectBody.makeStream()
        let third = Task { try await remote.put(id, size: data.count, from: 0, body: wrong) }
        bait.yield(Data(repeating: 0, count: 900_000))
        while remote.received(of: id) < 900_000 { await Task.yield() }
        gate.yield(data[500_000...])
        gate.finish()
        try await lingering.value
        bait.yield(Data(repeating: 0, count: 100))
        bait.finish(throwing: Cut())
        await #expect(throws: Cut.self) { try await third.value }
        #expect(try await remote.data(of: id, maximumSize: data.count) == data)
    }

    @Test func whatALateWriterBroughtIsKeptOnceTheFirstOneIsGone() async throws {
        struct Cut: Error {}
        let directory = try TemporaryDirectory()
        let remote = DirectoryRemote(path: directory.path)
        let data = Data(repeating: 3, count: ObjectStore.chunkSize + 9)
        let id = ObjectID(hashing: data)
        let (first, one) = ObjectBody.makeStream()
        let (second, two) = ObjectBody.makeStream()
        let early = Task { try await remote.put(id, size: data.count, from: 0, body: first) }
        one.yield(data[..<1000])
        while remote.received(of: id) < 1000 { await Task.yield() }
        let late = Task { try await remote.put(id, size: data.count, from: 1000, body: second) }
        two.yield(data[1000..<900_000])
        while try directory.files().values.map(\.count).max() != 900_000 { await Task.yield() }
        one.finish(throwing: Cut())
        await #expect(throws: Cut.self) { try await early.value }
        two.finish(throwing: Cut())
        await #expect(throws: Cut.self) { try await late.value }
        #expect(remote.received(of: id) == 900_000)
        #expect(try directory.files().count == 1)
    }
}
