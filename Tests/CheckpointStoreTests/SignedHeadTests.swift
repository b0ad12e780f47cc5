import CheckpointStore
import Foundation
import TestSupport
import Testing

@Suite struct SignedHeadTests {
    let key = HostKey()
    let checkpoint = ObjectID(hashing: Data("checkpoint".utf8))

    @Test func survivesEncodingAndVerifies() throws {
        let head = try SignedHead(checkpoint: checkpoint, counter: 3, key: key)
        #expect(try SignedHead(encoded: head.encoded()) == head)
        #expect(head.host == key.id)
    }

    @Test func noFlippedByteAndNoTruncationIsAccepted() throws {
        let bytes = try SignedHead(checkpoint: checkpoint, counter: 3, key: key).encoded()
        for offset in bytes.indices {
            var flipped = bytes
            flipped[offset] ^= 1
            #expect(throws: CheckpointError.self) { try SignedHead(encoded: flipped) }
            #expect(throws: CheckpointError.self) { try SignedHead(encoded: bytes.prefix(offset)) }
        }
    }

    @Test func aKeyCannotSpeakForAnotherHost() throws {
        let head = try SignedHead(checkpoint: checkpoint, counter: 3, key: key)
        let other = try SignedHead(checkpoint: checkpoint, counter: 3, key: HostKey())
        let text = String(decoding: try other.encoded(), as: UTF8.self)
            .replacing("\(other.host)", with: "\(head.host)")
        let error = #expect(throws: CheckpointError.self) {
            try SignedHead(encoded: Data(text.utf8))
        }
        #expect(error?.kind == "malformed")
    }

    @Test func countersOutsideTheirRangeAreRefused() {
        for counter in [0, SignedHead.maximumCounter + 1, .max] {
            #expect(throws: CheckpointError.self) {
                try SignedHead(checkpoint: checkpoint, counter: counter, key: key)
            }
        }
    }
}

@Suite struct HeadStoreTests {
    let directory: TemporaryDirectory
    let heads: HeadStore
    let key = HostKey()

    init() throws {
        directory = try TemporaryDirectory()
        heads = HeadStore(directory: directory.path + "/heads")
    }

    private func head(_ counter: UInt64, _ text: String) throws -> SignedHead {
        try SignedHead(checkpoint: ObjectID(hashing: Data(text.utf8)), counter: counter, key: key)
    }

    @Test func keepsTheNewestAndRefusesReplayAndConflict() throws {
        #expect(try heads.put(head(2, "b")))
        #expect(try !heads.put(head(2, "b")))
        #expect(throws: CheckpointError.headReplayed(key.id, known: 2, offered: 1)) {
            try heads.put(head(1, "a"))
        }
        #expect(throws: CheckpointError.headConflict(key.id, counter: 2)) {
            try heads.put(head(2, "x"))
        }
        #expect(try heads.put(head(10, "c")))
        #expect(try heads.all() == [head(10, "c")])
        #expect(try directory.files().count == 1)
    }

    @Test func showsHostsSideBySide() throws {
        let other = try SignedHead(
            checkpoint: ObjectID(hashing: Data("z".utf8)), counter: 1, key: HostKey())
        try heads.put(head(5, "a"))
        try heads.put(other)
        #expect(try Set(heads.all()) == [head(5, "a"), other])
    }

    @Test func aDamagedNewestHeadStillForbidsOlderOnes() throws {
        try heads.put(head(7, "a"))
        let file = try #require(directory.files().keys.first)
        try Data("{}".utf8).write(to: URL(filePath: "\(directory.path)/\(file)"))
        #expect(try heads.all().isEmpty)
        #expect(throws: CheckpointError.headReplayed(key.id, known: 7, offered: 6)) {
            try heads.put(head(6, "old"))
        }
        #expect(try heads.put(head(7, "a")))
        #expect(try heads.all() == [head(7, "a")])
    }

    @Test func takesOnlySoManyHosts() throws {
        for host in 0..<HeadStore.maximumHosts {
            let name = ObjectID(hashing: Data("\(host)".utf8)).hex
            try FileManager.default.createDirectory(
                atPath: "\(directory.path)/heads/\(name)", withIntermediateDirectories: true)
        }
        let error = #expect(throws: CheckpointError.self) { try heads.put(head(1, "a")) }
        #expect(error?.kind == "too-large")
    }

    @Test func passesOverFilesThatAreNotHeads() throws {
        try heads.put(head(1, "a"))
        let folder = "\(directory.path)/heads/\(key.id)"
        for name in ["../stray", "99.json", "9999999999999999999999.json", "-1.json", "x.json"] {
            try Data("junk".utf8).write(to: URL(filePath: "\(folder)/\(name)"))
        }
        #expect(try heads.all() == [head(1, "a")])
    }
}

@Suite struct HostKeyTests {
    @Test func isMadeOnceWithModeSixHundred() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/state/host.key"
        let key = try HostKey.load(orCreateAt: path)
        #expect(try HostKey.load(orCreateAt: path).id == key.id)
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions]
        #expect(mode as? Int == 0o600)
        #expect(try directory.files().keys.sorted() == ["state/host.key"])
    }

    @Test func racingMakersEndWithOneKey() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/host.key"
        let ids = try await withThrowingTaskGroup(of: HostID.self) { group in
            for _ in 0..<16 {
                group.addTask { try HostKey.load(orCreateAt: path).id }
            }
            return try await group.reduce(into: Set<HostID>()) { $0.insert($1) }
        }
        #expect(ids.count == 1)
        #expect(try directory.files().count == 1)
    }

    @Test func isRefusedWhenOthersCanReadIt() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/host.key"
        _ = try HostKey.load(orCreateAt: path)
        chmod(path, 0o640)
        let error = #expect(throws: CheckpointError.self) { try HostKey.load(orCreateAt: path) }
        #expect(error?.description.contains("chmod 600") == true)
    }

    @Test func isRefusedWhenDamaged() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/host.key"
        _ = try HostKey.load(orCreateAt: path)
        let bytes = try Data(contentsOf: URL(filePath: path))
        for length in 0..<bytes.count {
            try bytes.prefix(length).write(to: URL(filePath: path))
            chmod(path, 0o600)
            #expect(throws: CheckpointError.self) { try HostKey.load(orCreateAt: path) }
        }
    }

    @Test func theShortIdIsTheBeginningOfTheLongOne() {
        let id = HostKey().id
        #expect(id.short.count == 19)
        #expect(id.description.hasPrefix(id.short.replacing("-", with: "")))
    }
}
