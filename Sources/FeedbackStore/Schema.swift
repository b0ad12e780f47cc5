import GRDB

/// The database's schema, as the append-only list of migrations that builds it.
///
/// A released migration is never edited: its effect stands in databases that nobody can reach.
/// `Schemas/database.sql` shows what they leave; a test compares.
///
/// Conventions: times are milliseconds since 1970 in UTC; hashes and ids are lower-case hexadecimal;
/// JSON columns hold what other targets encode and this one does not look into. Tables of facts are
/// append-only, which triggers hold even against a mistaken query of our own.
enum Schema {
    /// `ATTU`: tells Attune's databases from any other SQLite file.
    static let applicationID = 0x4154_5455

    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("v0001-first") { db in
            try db.execute(sql: feedbackTables)
            try db.execute(sql: roundTables)
            try db.execute(sql: labelTables)
            try db.execute(sql: stateTables)
            try db.execute(sql: "PRAGMA application_id = \(applicationID)")
        }
        migrator.registerMigration("v0002-skips") { db in try db.execute(sql: skipTables) }
        migrator.registerMigration("v0003-trainable") { db in
            try db.execute(sql: trainableTables)
        }
        migrator.registerMigration("v0004-rules") { db in
            try db.execute(sql: labelRequestWithRule)
        }
        migrator.registerMigration("v0005-peers") { db in try db.execute(sql: peerTables) }
        migrator.registerMigration("v0006-collection") { db in
            try db.execute(sql: collectionTables)
        }
        migrator.registerMigration("v0007-feedback-sync") { db in
            try db.execute(sql: erasureTables)
        }
        return migrator
    }
}
