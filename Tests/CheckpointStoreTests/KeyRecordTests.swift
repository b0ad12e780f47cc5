import CheckpointStore
import Foundation
import TestSupport
import Testing

@Suite struct KeyRecordTests {
    let key = HostKey()
    let next = HostKey()

    @Test func surviveEncodingAndVerify() throws {
        let succession = try KeyRecord(succeeding: key, by: next)
        let revocation = try KeyRecord(revoking: key)
        for record in [succession, revocation] {
            #expect(try KeyRecord(encoded: record.encoded()) == record)
            #expect(record.host == key.id)
        }
        #expect(succession.successorHost == next.id && !succession.isRevocation)
        #expect(revocation.successorHost == nil && revocation.isRevocation)
    }

    @Test func noFlippedByteAndNoTruncationIsAccepted() throws {
        for record in [
            try KeyRecord(succeeding: key, by: next), try KeyRecord(revoking: key),
        ] {
            let bytes = try record.encoded()
            for offset in bytes.indices {
                var flipped = bytes
                flipped[offset] ^= 1
                #expect(throws: CheckpointError.self) { try KeyRecord(encoded: flipped) }
                #expect(throws: CheckpointError.self) {
                    try KeyRecord(encoded: bytes.prefix(offset))
                }
            }
        }
    }

    /// The record with one member exchanged for that of another record.
    private func mixed(
        _ record: KeyRecord, _ member: String, from other: KeyRecord?
    ) throws -> Data {
        func members(_ record: KeyRecord) throws -> [String: Any] {
            try JSONSerialization.jsonObject(with: record.encoded()) as? [String: Any] ?? [:]
        }
        var mixed = try members(record)
        mixed[member] = try other.map(members)?[member]
        return try JSONSerialization.data(
            withJSONObject: mixed, options: [.sortedKeys, .withoutEscapingSlashes])
    }

    @Test func nobodyNamesAKeyThatTheyDoNotHave() throws {
        let record = try KeyRecord(succeeding: key, by: next)
        let other = try KeyRecord(succeeding: key, by: HostKey())
        for member in ["successor", "successorSignature", "signature"] {
            let bytes = try mixed(record, member, from: other)
            #expect(throws: CheckpointError.self, "\(member)") { try KeyRecord(encoded: bytes) }
            let without = try mixed(record, member, from: nil)
            #expect(throws: CheckpointError.self, "\(member)") { try KeyRecord(encoded: without) }
        }
    }

    @Test func aRevocationIsNotMadeOfASuccession() throws {
        let revocation = try KeyRecord(revoking: key)
        let succession = try KeyRecord(succeeding: key, by: next)
        let bytes = try mixed(revocation, "signature", from: succession)
        #expect(throws: CheckpointError.signatureInvalid(key.id)) { try KeyRecord(encoded: bytes) }
        let stuffed = try mixed(revocation, "successorSignature", from: succession)
        let error = #expect(throws: CheckpointError.self) { try KeyRecord(encoded: stuffed) }
        #expect(error?.kind == "malformed")
    }

    @Test func noKeyComesAfterItself() throws {
        let error = #expect(throws: CheckpointError.self) {
            try KeyRecord(succeeding: key, by: key)
        }
        #expect(error?.kind == "malformed")
    }

    @Test func otherFormatsAndLongOnesAreRefused() throws {
        let text = String(decoding: try KeyRecord(revoking: key).encoded(), as: UTF8.self)
        let later = Data(text.replacing("\"format\":1", with: "\"format\":2").utf8)
        let error = #expect(throws: CheckpointError.self) { try KeyRecord(encoded: later) }
        #expect(error?.kind == "unsupported-format")
        let long = Data(text.utf8) + Data(repeating: 32, count: KeyRecord.maximumSize)
        let tooLong = #expect(throws: CheckpointError.self) { try KeyRecord(encoded: long) }
        #expect(tooLong?.kind == "too-large")
    }
}

@Suite struct KeyRecordSetTests {
    /// A few keys, and everything that can be said of them.
    private struct World {
        let keys = (0..<5).map { _ in HostKey() }
        let records: [KeyRecord]

        init() throws {
            let keys = keys
            records =
                try keys.map { try KeyRecord(revoking: $0) }
                + keys.flatMap { key in
                    try keys.filter { $0.id != key.id }.map {
                        try KeyRecord(succeeding: key, by: $0)
                    }
                }
        }

        func some(_ generator: inout SplitMix64) -> KeyRecordSet {
            // Revocations are rare, or nothing else is seen.
            let chance = Int.random(in: 2...8, using: &generator)
            return KeyRecordSet(
                records.shuffled(using: &generator).filter {
                    Int.random(in: 0..<($0.isRevocation ? 5 * chance : chance), using: &generator)
                        == 0
                })
        }
    }

    private func union(_ one: KeyRecordSet, _ other: KeyRecordSet) -> KeyRecordSet {
        var union = one
        union.formUnion(other)
        return union
    }

    @Test func unionIsCommutativeAssociativeAndIdempotent() throws {
        let world = try World()
        for seed in 0..<2000 {
            var generator = SplitMix64(state: UInt64(seed))
            let (a, b, c) = (
                world.some(&generator), world.some(&generator), world.some(&generator)
            )
            #expect(union(a, b) == union(b, a), "seed \(seed)")
            #expect(union(union(a, b), c) == union(a, union(b, c)), "seed \(seed)")
            #expect(union(a, a) == a && KeyRecordSet(a.records) == a, "seed \(seed)")
            // What is kept of two sets says all that both said.
            let all = union(a, b)
            #expect((a.records + b.records).allSatisfy(all.covers), "seed \(seed)")
        }
    }

    @Test func knowingMoreNeverMakesAKeyValidAgain() throws {
        let world = try World()
        for seed in 0..<2000 {
            var generator = SplitMix64(state: UInt64(seed))
            let (less, more) = (world.some(&generator), world.some(&generator))
            let all = union(less, more)
            for key in world.keys {
                switch less.standing(of: key.id) {
                case .valid: break
                case .succeeded: #expect(all.standing(of: key.id) != .valid, "seed \(seed)")
                case .revoked: #expect(all.standing(of: key.id) == .revoked, "seed \(seed)")
                }
                if less.holder(of: key.id).isRevoked {
                    #expect(all.holder(of: key.id).isRevoked, "seed \(seed)")
                }
            }
        }
    }

    @Test func aRevocationBeatsASuccessionAndTwoSuccessionsAreOne() throws {
        let (key, first, second) = (HostKey(), HostKey(), HostKey())
        let one = try KeyRecord(succeeding: key, by: first)
        let other = try KeyRecord(succeeding: key, by: second)
        let revocation = try KeyRecord(revoking: key)
        #expect(KeyRecordSet([one]).standing(of: key.id) == .succeeded(by: first.id))
        for records in [[one, other], [other, one], [one, revocation], [revocation, one]] {
            #expect(KeyRecordSet(records).standing(of: key.id) == .revoked)
            #expect(KeyRecordSet(records).standing(of: first.id) == .valid)
        }
        #expect(KeyRecordSet([other, revocation, one]).records == [revocation])
    }

    @Test func chainsAreFollowedAndCirclesLeadNowhere() throws {
        let keys = (0..<4).map { _ in HostKey() }
        let chain = try zip(keys, keys.dropFirst()).map { try KeyRecord(succeeding: $0, by: $1) }
        let set = KeyRecordSet(chain.reversed())
        for key in keys {
            #expect(set.holder(of: key.id) == KeyHolder(host: keys[3].id, isRevoked: false))
        }
        #expect(set.predecessors(of: keys[3].id) == keys.dropLast().map(\.id).sorted())

        let broken = KeyRecordSet(chain + [try KeyRecord(revoking: keys[1])])
        #expect(broken.holder(of: keys[0].id) == KeyHolder(host: keys[1].id, isRevoked: true))
        #expect(broken.holder(of: keys[2].id) == KeyHolder(host: keys[3].id, isRevoked: false))

        let circle = KeyRecordSet(chain + [try KeyRecord(succeeding: keys[3], by: keys[0])])
        for key in keys { #expect(circle.holder(of: key.id).isRevoked) }
        #expect(circle.predecessors(of: keys[3].id) == [])
    }

    /// Whoever has a key could make as long a chain as they like.
    @Test func tooLongAChainLeavesNobody() throws {
        let keys = (0..<KeyRecordSet.maximumSuccessions + 2).map { _ in HostKey() }
        let chain = try zip(keys, keys.dropFirst()).map { try KeyRecord(succeeding: $0, by: $1) }
        let (set, last) = (KeyRecordSet(chain), keys[keys.count - 1].id)
        let cut = keys[KeyRecordSet.maximumSuccessions].id
        #expect(set.holder(of: keys[0].id) == KeyHolder(host: cut, isRevoked: true))
        #expect(set.holder(of: keys[1].id) == KeyHolder(host: last, isRevoked: false))
        #expect(set.predecessors(of: last) == keys.dropFirst().dropLast().map(\.id).sorted())
    }
}

@Suite struct KeyRecordStoreTests {
    let directory: TemporaryDirectory
    let heads: HeadStore
    let key = HostKey()

    init() throws {
        directory = try TemporaryDirectory()
        heads = HeadStore(directory: directory.path + "/heads")
    }

    private func head(_ counter: UInt64, of key: HostKey) throws -> SignedHead {
        try SignedHead(checkpoint: ObjectID(hashing: Data("a".utf8)), counter: counter, key: key)
    }

    @Test func headsOfAKeyThatWasChangedOrRevokedGoAndAreRefused() throws {
        let (next, void) = (HostKey(), HostKey())
        for key in [key, next, void] { try heads.put(head(3, of: key)) }
        #expect(try heads.put(KeyRecord(succeeding: key, by: next)))
        #expect(try heads.put(KeyRecord(revoking: void)))
        #expect(try heads.all() == [head(3, of: next)])
        #expect(try heads.head(of: key.id) == nil)
        #expect(throws: CheckpointError.keyRetired(key.id, successor: next.id)) {
            try heads.put(head(4, of: key))
        }
        #expect(throws: CheckpointError.keyRetired(void.id, successor: nil)) {
            try heads.put(head(4, of: void))
        }
    }

    /// An older version may have written it, or a crash kept it there.
    @Test func aHeadThatLiesThereDoesNotCountAndIsSweptUp() throws {
        try heads.put(head(3, of: key))
        let file = try #require(directory.files().first)
        try heads.put(KeyRecord(revoking: key))
        let folder = "\(directory.path)/heads/\(key.id)"
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true)
        try file.value.write(to: URL(filePath: "\(directory.path)/\(file.key)"))
        #expect(try heads.all().isEmpty)
        try CheckpointRepository(directory: directory.path).sweep()
        #expect(!FileManager.default.fileExists(atPath: folder))
    }

    @Test func storesThatMeetKnowTheSameWhateverCameFirst() throws {
        let keys = (0..<3).map { _ in HostKey() }
        let records = try [
            KeyRecord(revoking: keys[0]), KeyRecord(succeeding: keys[0], by: keys[1]),
            KeyRecord(succeeding: keys[1], by: keys[2]), KeyRecord(succeeding: keys[1], by: key),
            KeyRecord(succeeding: keys[1], by: keys[0]),
        ]
        let expected = KeyRecordSet(records)
        for seed in 0..<50 {
            var generator = SplitMix64(state: UInt64(seed))
            let store = KeyRecordStore(directory: "\(directory.path)/\(seed)")
            for record in records.shuffled(using: &generator) { try store.put(record) }
            for record in records { #expect(try !store.put(record), "seed \(seed)") }
            #expect(try store.all() == expected, "seed \(seed)")
            #expect(try directory.files().keys.count { $0.hasPrefix("\(seed)/") } == 3)
        }
    }

    @Test func aDamagedRecordIsNamedAndComesBack() throws {
        let record = try KeyRecord(revoking: key)
        try heads.put(record)
        let file = try #require(directory.files().keys.first)
        try Data("{}".utf8).write(to: URL(filePath: "\(directory.path)/\(file)"))
        #expect(try heads.keys.all().isEmpty)
        #expect(try heads.keys.damaged().map(\.name) == ["\(key.id).revoked"])
        #expect(try heads.keys.put(record))
        #expect(try heads.keys.damaged().isEmpty)
        #expect(try heads.keys.standing(of: key.id) == .revoked)
    }

    @Test func madeUpHostsDoNotKeepARevocationOut() throws {
        try fill(with: KeyRecordStore.maximumRecords, "revoked")
        let record = try KeyRecord(revoking: key)
        let error = #expect(throws: CheckpointError.self) { try heads.put(record) }
        #expect(error?.kind == "too-large")
        #expect(try heads.put(record, isExpected: true))
        #expect(try heads.keys.standing(of: key.id) == .revoked)
    }

    /// Puts files of hosts that do not exist among the records.
    private func fill(with count: Int, _ successor: String) throws {
        let folder = "\(directory.path)/heads/keys"
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true)
        for host in 0..<count {
            let name = ObjectID(hashing: Data("\(host)\(successor)".utf8)).hex
            try Data().write(to: URL(filePath: "\(folder)/\(name).\(successor).json"))
        }
    }

    /// It takes the place of what was said before, or adds one to it.
    @Test func whatIsSaidOfAHostOnRecordAlwaysFindsRoom() throws {
        let (next, other) = (HostKey(), HostKey())
        try heads.put(KeyRecord(succeeding: key, by: next))
        try heads.put(KeyRecord(succeeding: next, by: other))
        try fill(with: 2 * KeyRecordStore.maximumRecords, "revoked")
        try fill(with: 2 * KeyRecordStore.maximumRecords, key.id.description)
        #expect(try heads.put(KeyRecord(succeeding: next, by: HostKey())))
        #expect(try heads.keys.standing(of: next.id) == .revoked)
        #expect(try heads.put(KeyRecord(revoking: key)))
        #expect(try heads.keys.all().holder(of: key.id).host == key.id)
    }

    @Test func successionsDoNotKeepARevocationOutOfAPlace() async throws {
        let place = DirectoryRemote(path: directory.path)
        let room = KeyRecordStore.maximumRecords
        try fill(with: 2 * room, key.id.description)
        #expect(throws: CheckpointError.self) {
            try place.putKeyRecord(KeyRecord(succeeding: key, by: HostKey()))
        }
        try place.putKeyRecord(KeyRecord(revoking: key))
        #expect(try place.inventory().keyRecords?.map(\.host) == [key.id])
    }

    /// Whose head is there is no stranger.
    @Test func ofAHostWithAHeadThereIsRoomForASuccession() throws {
        try fill(with: KeyRecordStore.maximumRecords, key.id.description)
        try heads.put(head(1, of: key))
        #expect(try heads.put(KeyRecord(succeeding: key, by: HostKey())))
    }

    /// Whoever can write there directly puts any number of files.
    @Test func ofTooManyFilesRevocationsAreRead() throws {
        // One that sorts behind half of the others.
        try heads.put(KeyRecord(revoking: key))
        try fill(with: KeyRecordStore.maximumInventory, key.id.description)
        #expect(try heads.keys.all().records.map(\.host) == [key.id])
    }
}
