import FeedbackFormats
import FeedbackStore
import Foundation
import Testing

/// Bytes changed behind the store's back: found when it opens or when it is examined, never passed over.
@Suite struct DamageTests {
    /// What a crash leaves: the files of a store that is still open, its facts in the log alone.
    private static func crashed() throws -> (database: Data, log: Data, ids: [String]) {
        let test = try TestStore()
        var ids: [String] = []
        for n in 0..<8 { ids += try test.store.addPairs(n * 3..<n * 3 + 3) }
        return (
            try Data(contentsOf: URL(filePath: test.path)),
            try Data(contentsOf: URL(filePath: test.path + "-wal")), ids
        )
    }

    /// Opens copies of the files and returns how many facts are there, or nil when damage was found.
    private static func factsFound(database: Data, log: Data) throws -> Int? {
        let directory = FileManager.default.temporaryDirectory
            .appending(path: "attune-damage-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let path = directory.appending(path: "attune.sqlite").path(percentEncoded: false)
        try database.write(to: URL(filePath: path))
        try log.write(to: URL(filePath: path + "-wal"))
        do {
            let store = try FeedbackStore(path: path)
            defer { try? store.close() }
            guard try store.integrityCheck().isEmpty else { return nil }
            return try store.counts().pairs
        } catch is StoreError {
            return nil
        }
    }

    /// Where the frames of the last transaction begin.
    private static func lastTransaction(in log: Data) -> Int {
        let frame = 24 + 4096
        var commits: [Int] = []
        for start in stride(from: 32, to: log.count - frame + 1, by: frame)
        where log[start + 4..<start + 8].contains(where: { $0 != 0 }) {
            commits.append(start + frame)
        }
        return commits[commits.count - 2]
    }

    @Test func anIntactLogIsReplayed() throws {
        let files = try Self.crashed()
        #expect(try Self.factsFound(database: files.database, log: files.log) == files.ids.count)
    }

    /// A flip before the last transaction is found always; in it, it passes for a torn write, which
    /// takes away that transaction as a whole and nothing else.
    @Test func aFlippedBitInTheLogIsNeverPassedOver() throws {
        let files = try Self.crashed()
        let last = Self.lastTransaction(in: files.log)
        var generator = SplitMix(seed: 7)
        for trial in 0..<150 {
            let offset = Int.random(in: 0..<files.log.count, using: &generator)
            var log = files.log
            log[offset] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
            let found = try Self.factsFound(database: files.database, log: log)
            if offset < last {
                // Bytes 12–15 of the header count checkpoints and are covered by its checksum too.
                #expect(found == nil, "seed 7, trial \(trial), offset \(offset)")
            } else {
                #expect(found == files.ids.count - 3, "seed 7, trial \(trial), offset \(offset)")
            }
        }
    }

    /// A power cut may lose any sector of what was not yet synchronized, also one before the commit.
    @Test func aTornFrameBeforeTheLastCommitDropsOnlyThatTransaction() throws {
        let files = try Self.crashed()
        let frame = 24 + 4096
        let last = Self.lastTransaction(in: files.log)
        try #require(last + 2 * frame <= files.log.count)
        for start in stride(from: last, to: files.log.count, by: frame) {
            for sector in stride(from: start, to: start + frame, by: 512) {
                var log = files.log
                let torn = sector..<min(sector + 512, start + frame)
                log.replaceSubrange(torn, with: Data(count: torn.count))
                if log == files.log { continue }
                let found = try Self.factsFound(database: files.database, log: log)
                #expect(found == files.ids.count - 3, "offset \(sector)")
            }
        }
    }

    /// The end of the transaction before the last was acknowledged, whatever became of its last frame.
    @Test func damageToTheLastAcknowledgedCommitIsFound() throws {
        let files = try Self.crashed()
        let commit = Self.lastTransaction(in: files.log) - (24 + 4096)
        for offset in Array(8..<24) + [24, 2048, 24 + 4095] {
            var log = files.log
            log[commit + offset] ^= 1
            #expect(
                try Self.factsFound(database: files.database, log: log) == nil, "offset \(offset)")
        }
    }

    /// Cut anywhere, as by a crash, the log gives whole transactions.
    @Test func aLogCutShortGivesWholeTransactions() throws {
        let files = try Self.crashed()
        var generator = SplitMix(seed: 8)
        for _ in 0..<60 {
            let length = Int.random(
                in: Self.schemaEnd(in: files.log)..<files.log.count, using: &generator)
            let found = try Self.factsFound(database: files.database, log: files.log.prefix(length))
            #expect(found.map { $0 % 3 } == 0)
        }
    }

    /// Where the first transaction that adds facts begins: before it there is no schema yet.
    private static func schemaEnd(in log: Data) -> Int {
        let frame = 24 + 4096
        let commits = stride(from: 32, to: log.count - frame + 1, by: frame)
            .filter { start in log[start + 4..<start + 8].contains { $0 != 0 } }
        return commits[commits.count - 9] + frame
    }

    @Test func aLogWithoutItsDatabaseIsNotThrownAway() throws {
        let files = try Self.crashed()
        #expect(try Self.factsFound(database: Data(), log: files.log) == nil)
    }

    /// In the database file itself, where SQLite has no checksums, texts are covered by their hashes.
    @Test func aFlippedBitInATextIsFound() throws {
        let test = try TestStore()
        _ = try test.store.addPairs(0..<200)
        try test.store.close()
        let database = try Data(contentsOf: URL(filePath: test.path))
        for text in ["Answer 77.", "Refusal 121.", "Question 163?"] {
            let place = try #require(database.range(of: Data(text.utf8)))
            var damaged = database
            damaged[place.upperBound - 2] ^= 1
            #expect(try Self.factsFound(database: damaged, log: Data()) == nil, "\(text)")
        }
        #expect(try Self.factsFound(database: database, log: Data()) == 200)
        #expect(
            try Self.factsFound(database: database.prefix(database.count / 2), log: Data()) == nil)
    }
}
