import Dispatch
import FeedbackFormats
public import Foundation
package import GRDB
import Synchronization

/// Everything a person told Attune and what became of it, in one SQLite database.
///
/// - Durability: a call that returned is on disk (`synchronous=FULL`); one that threw changed nothing,
///   unless the disk failed and the process died before it could take the write back.
/// - Concurrency: one connection writes and checkpoints, others read snapshots meanwhile. Methods
///   block, so asynchronous code calls them through ``perform(_:)`` and adds through ``ingest(_:)``.
/// - One process: whoever opens a store has locked its directory first. SQLite before 3.51.3 can
///   corrupt a database that two connections write to.
/// - Errors: ``StoreError``.
public final class FeedbackStore: Sendable {
    public let path: String
    public let configuration: StoreConfiguration
    package let pool: DatabasePool
    let now: @Sendable () -> Date
    let queue = DispatchQueue(label: "attune.store", attributes: .concurrent)
    let ingestion: IngestQueue
    /// Set when a write failed half-way; see ``write(_:)``.
    private let logNeedsEmptying = Atomic(false)
    private let isClosed = Atomic(false)

    /// Opens or creates the database and brings its schema up to date.
    ///
    /// Before a migration changes an existing database, a copy is left beside it, named after the
    /// last migration it had: `attune.sqlite.v0001-first`.
    ///
    /// - Errors: refuses a file that is no database of Attune's, one that a newer version wrote, and
    ///   one whose write-ahead log is damaged: SQLite would drop what follows the damage in silence.
    public convenience init(
        path: String, configuration: StoreConfiguration = StoreConfiguration(),
        now: @escaping @Sendable () -> Date = { Date() }
    ) throws {
        try self.init(
            path: path, configuration: configuration, migrator: Schema.migrator, now: now)
    }

    package init(
        path: String, configuration: StoreConfiguration, migrator: DatabaseMigrator,
        now: @escaping @Sendable () -> Date
    ) throws {
        self.path = path
        self.configuration = configuration
        self.now = now
        ingestion = IngestQueue()
        do {
            try WriteAheadLog.check(database: path)
            pool = try DatabasePool(path: path, configuration: Self.connection(configuration))
            try Self.migrate(pool, migrator)
            // The pool has set NORMAL, which may lose acknowledged rows when the power fails.
            try pool.writeWithoutTransaction { db in
                try db.execute(sql: "PRAGMA synchronous = FULL")
            }
        } catch let error as DatabaseError {
            throw StoreError(error, path: path)
        }
    }

    /// The migrations of this version, for tests that add a later one.
    package static var migrator: DatabaseMigrator { Schema.migrator }

    /// Empties the log into the database and closes all connections; the store cannot be used any more.
    ///
    /// Closing twice is closing once.
    public func close() throws {
        guard !isClosed.exchange(true, ordering: .acquiringAndReleasing) else { return }
        try translatingErrors {
            // The pool closes its writer first, so no connection is left that may do this on closing.
            _ = try? pool.writeWithoutTransaction { try $0.checkpoint(.truncate) }
            try pool.close()
        }
    }

    /// Runs blocking work on a thread of the store's own, never on the cooperative pool.
    public func perform<T: Sendable>(
        _ work: @escaping @Sendable (FeedbackStore) throws -> T
    ) async throws -> T {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Result { try work(self) }) }
        }
    }
}

extension FeedbackStore {
    func read<T>(_ body: (Database) throws -> T) throws -> T {
        try translatingErrors { try pool.read(body) }
    }

    /// Runs one transaction.
    ///
    /// A commit that failed while it was flushed leaves whole frames in the log. After a crash they would
    /// be replayed, and a shorter commit would overwrite only the first of them, which ``WriteAheadLog``
    /// would take for damage. So the log is emptied at once, or before the next write if that fails too.
    func write<T>(_ body: (Database) throws -> T) throws -> T {
        if logNeedsEmptying.load(ordering: .relaxed) { emptyLog() }
        do {
            return try translatingErrors { try pool.write(body) }
        } catch let error as StoreError {
            switch error {
            case .inputOutput, .diskFull: emptyLog()
            default: break
            }
            throw error
        }
    }

    private func emptyLog() {
        let done = try? pool.writeWithoutTransaction { try $0.checkpoint(.truncate) }
        logNeedsEmptying.store(done == nil, ordering: .relaxed)
    }

    func writeWithoutTransaction<T>(_ body: (Database) throws -> T) throws -> T {
        try translatingErrors { try pool.writeWithoutTransaction(body) }
    }

    private func translatingErrors<T>(_ body: () throws -> T) throws -> T {
        do {
            return try body()
        } catch let error as DatabaseError {
            throw StoreError(error, path: path)
        }
    }

    var timestamp: Int64 { Timestamp(now()).milliseconds }

    private static func connection(_ configuration: StoreConfiguration) -> Configuration {
        var connection = Configuration()
        connection.label = "attune"
        connection.foreignKeysEnabled = true
        connection.busyMode = .timeout(configuration.busyTimeout)
        connection.maximumReaderCount = configuration.readerCount
        connection.prepareDatabase { db in
            try db.execute(sql: "PRAGMA cell_size_check = ON; PRAGMA secure_delete = ON")
        }
        return connection
    }

    private static func migrate(_ pool: DatabasePool, _ migrator: DatabaseMigrator) throws {
        let applied = try pool.read { db in
            let id = try Int.fetchOne(db, sql: "PRAGMA application_id") ?? 0
            // A process that dies while it creates the database may leave GRDB's table alone in it.
            let isEmpty = try !Bool.fetchOne(
                db,
                sql:
                    "SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE tbl_name <> 'grdb_migrations')"
            )!
            guard isEmpty || id == Schema.applicationID else {
                throw StoreError.notADatabase(path: pool.path)
            }
            return isEmpty ? [] : try migrator.appliedIdentifiers(db).sorted()
        }
        let unknown = applied.filter { !migrator.migrations.contains($0) }
        guard unknown.isEmpty else {
            throw StoreError.newerVersion(path: pool.path, unknown: unknown)
        }
        guard applied.count < migrator.migrations.count else { return }
        if let last = applied.last {
            let copy = "\(pool.path).\(last)"
            try? FileManager.default.removeItem(atPath: copy)
            try pool.writeWithoutTransaction { db in
                try db.execute(sql: "VACUUM INTO ?", arguments: [copy])
            }
        }
        try migrator.migrate(pool)
    }
}
