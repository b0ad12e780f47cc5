import FeedbackFormats
import FeedbackStore
import Foundation
import GRDB
import Testing

@Suite struct FailureTests {
    let test: TestStore
    var store: FeedbackStore { test.store }

    init() throws { test = try TestStore() }

    /// SQLite's own limit on pages stands in for the disk's: the same result code at the same place.
    @Test func aFullDiskLosesNothingAndPassesWhenThereIsSpace() throws {
        let ids = try store.addPairs(0..<50)
        let pages = try store.pool.read { try Int.fetchOne($0, sql: "PRAGMA page_count") ?? 0 }
        try limit(pages: pages + 2)
        #expect(throws: StoreError.diskFull(path: test.path)) { try store.addPairs(50..<2000) }
        #expect(try store.feedback(ids: ids).count == 50)
        #expect(try store.counts().pairs == 50)
        try limit(pages: 1 << 30)
        #expect(try store.addPairs(50..<2000).count == 1950)
        #expect(try store.counts().pairs == 2000)
        #expect(try store.integrityCheck() == [])
    }

    /// Frames that a failed write left in the log are not taken for damage after a crash.
    @Test func aFailedWriteLeavesNothingBehind() throws {
        _ = try store.addPairs(0..<50)
        for round in 1...3 {
            let pages = try store.pool.read { try Int.fetchOne($0, sql: "PRAGMA page_count") ?? 0 }
            try limit(pages: pages + 400)
            #expect(throws: StoreError.diskFull(path: test.path)) {
                // More than SQLite's page cache holds, so that pages spill into the log before the end.
                _ = try store.add(
                    (0..<6000).map {
                        .pair(
                            "Long \($0) \(String(repeating: "x", count: 900))", chosen: "A",
                            rejected: "B")
                    })
            }
            try limit(pages: 1 << 30)
            _ = try store.addPairs(50 * round..<50 * (round + 1))
            let copy = file("crashed-\(round).sqlite")
            for suffix in ["", "-wal"] {
                try FileManager.default.copyItem(atPath: test.path + suffix, toPath: copy + suffix)
            }
            #expect(try FeedbackStore(path: copy).counts().pairs == 50 * (round + 1))
        }
    }

    private func limit(pages: Int) throws {
        try store.pool.writeWithoutTransaction { db in
            _ = try Int.fetchOne(db, sql: "PRAGMA max_page_count = \(pages)")
        }
    }

    @Test func anotherWritersLockIsReportedAndPasses() throws {
        var other: DatabaseQueue? = try DatabaseQueue(path: test.path)
        try other?.inDatabase { db in
            try db.beginTransaction(.immediate)
            #expect(throws: StoreError.busy(path: test.path)) { try store.addPairs(0..<1) }
            try db.rollback()
        }
        other = nil
        #expect(try store.addPairs(0..<1).count == 1)
    }

    @Test func otherFilesAreNoDatabasesOfOurs() throws {
        let text = file("notes.txt")
        try Data(String(repeating: "Not a database. ", count: 100).utf8).write(
            to: URL(filePath: text))
        #expect(throws: StoreError.notADatabase(path: text)) { try FeedbackStore(path: text) }
        let foreign = file("foreign.sqlite")
        try DatabaseQueue(path: foreign).write {
            try $0.execute(sql: "CREATE TABLE song (title TEXT)")
        }
        #expect(throws: StoreError.notADatabase(path: foreign)) { try FeedbackStore(path: foreign) }
        #expect(try Data(contentsOf: URL(filePath: text)).count == 1600)
    }

    @Test func aMissingDirectoryIsSaidToBeMissing() throws {
        #expect(
            performing: {
                try FeedbackStore(path: file("missing/attune.sqlite"))
            },
            throws: { error in
                if case StoreError.cannotOpen = error { true } else { false }
            })
    }

    @Test func aDatabaseOfANewerVersionIsRefusedAndLeftAlone() throws {
        _ = try store.addPairs(0..<3)
        try store.pool.write { db in
            try db.execute(sql: "INSERT INTO grdb_migrations VALUES ('v0999-future')")
        }
        try store.close()
        #expect(throws: StoreError.newerVersion(path: test.path, unknown: ["v0999-future"])) {
            try test.reopened()
        }
        let count = try DatabaseQueue(path: test.path).read {
            try Int.fetchOne($0, sql: "SELECT count(*) FROM feedback")
        }
        #expect(count == 3)
    }

    @Test func aCreationThatWasCutShortIsTakenUp() throws {
        let path = file("young.sqlite")
        try DatabaseQueue(path: path).write { db in
            try db.execute(
                sql: "CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY)")
        }
        #expect(try FeedbackStore(path: path).addPairs(0..<1).count == 1)
    }

    /// A database as it was before a migration is kept beside the migrated one.
    @Test func migrationsKeepACopyOfWhatTheyChange() throws {
        _ = try store.addPairs(0..<3)
        try store.close()
        var migrator = FeedbackStore.migrator
        migrator.registerMigration("v9999-test") { try $0.execute(sql: "CREATE TABLE later (x) ") }
        let migrated = try FeedbackStore(
            path: test.path, configuration: StoreConfiguration(), migrator: migrator,
            now: { Date() })
        #expect(try migrated.schemaVersion() == "v9999-test")
        #expect(try migrated.counts().pairs == 3)
        try migrated.close()
        let copy = try FeedbackStore(path: test.path + ".v0007-feedback-sync")
        #expect(try copy.schemaVersion() == "v0007-feedback-sync" && copy.counts().pairs == 3)
    }

    @Test func aBackupIsAWholeDatabase() throws {
        let ids = try store.addPairs(0..<30)
        let path = file("backup.sqlite")
        try store.backUp(to: path)
        let backup = try FeedbackStore(path: path)
        #expect(try backup.feedback(ids: ids).count == 30 && backup.integrityCheck() == [])
        #expect(throws: StoreError.self) { try store.backUp(to: path) }
    }

    @Test func factsAlteredOutsideAreFound() throws {
        let ids = try store.addPairs(0..<3)
        try store.pool.write { db in
            try db.execute(
                sql:
                    "DROP TRIGGER feedback_is_never_changed; DROP TRIGGER feedback_is_never_deleted"
            )
            try db.execute(
                sql: "UPDATE feedback SET chosen = 'Forged.' WHERE id = ?", arguments: [ids[1]])
        }
        #expect(try store.integrityCheck() == ["feedback \(ids[1]) was altered outside Attune"])
        try store.pool.write {
            try $0.execute(
                sql: """
                    DELETE FROM trainable WHERE feedback_id = :id;
                    DELETE FROM feedback WHERE id = :id
                    """, arguments: ["id": ids[1]])
        }
        #expect(try store.integrityCheck() == ["3 facts were recorded, 2 are here"])
    }

    private func file(_ name: String) -> String {
        test.directory.appending(path: name).path(percentEncoded: false)
    }
}
