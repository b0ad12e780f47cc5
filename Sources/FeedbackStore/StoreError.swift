import GRDB

/// What can go wrong with the database, apart from feedback being refused.
///
/// A write that throws changed nothing: every operation is one transaction.
public enum StoreError: Error, Hashable, Sendable {
    case cannotOpen(path: String, detail: String)
    case notADatabase(path: String)
    case newerVersion(path: String, unknown: [String])
    case damaged(path: String, problems: [String])
    case diskFull(path: String)
    case inputOutput(path: String, detail: String)
    case readOnly(path: String)
    case busy(path: String)
    /// The schema refused a row: a defect of Attune, stopped before it did harm.
    case invariant(String)
    case notFound(what: String, id: String)
    case ambiguous(what: String, prefix: String)
    /// The operation does not fit the state of what it addresses.
    case conflict(String)
    case unusable(path: String, detail: String)

    /// A stable, kebab-case name for programs.
    public var kind: String {
        switch self {
        case .cannotOpen: "store-cannot-open"
        case .notADatabase: "store-not-a-database"
        case .newerVersion: "store-newer-version"
        case .damaged: "store-damaged"
        case .diskFull: "disk-full"
        case .inputOutput: "input-output-error"
        case .readOnly: "store-read-only"
        case .busy: "store-busy"
        case .invariant: "store-invariant"
        case .notFound: "not-found"
        case .ambiguous: "ambiguous-id"
        case .conflict: "conflict"
        case .unusable: "store-unusable"
        }
    }
}

extension StoreError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .cannotOpen(let path, let detail):
            "cannot open the database \(path): \(detail); check that the directory exists and is yours"
        case .notADatabase(let path):
            "cannot open \(path): it is not a database of Attune's; move it away or name another "
                + "state directory"
        case .newerVersion(let path, let unknown):
            "cannot open the database \(path): a newer Attune wrote it "
                + "(\(unknown.joined(separator: ", "))); install that version or a later one"
        case .damaged(let path, let problems):
            "cannot trust the database \(path): \(problems.joined(separator: "; ")); keep a copy of "
                + "the file and its -wal, then restore a backup or a peer's copy"
        case .diskFull(let path):
            "cannot write to \(path): the disk is full; free some space and try again, "
                + "nothing recorded so far is lost"
        case .inputOutput(let path, let detail):
            "cannot read or write \(path): input/output error (\(detail)); check the disk and its log"
        case .readOnly(let path):
            "cannot write to \(path): it is read-only; check its mount and its permissions"
        case .busy(let path):
            "cannot write to \(path): another program holds its lock; close that program"
        case .invariant(let detail):
            "cannot store this: \(detail); nothing was changed"
        case .notFound(let what, let id):
            "cannot find \(what) \(id); list them to see their ids"
        case .ambiguous(let what, let prefix):
            "cannot tell which \(what) \(prefix) means: several begin so; give more of the id"
        case .conflict(let detail):
            "cannot do this: \(detail)"
        case .unusable(let path, let detail):
            "cannot use the database \(path): \(detail)"
        }
    }
}

extension StoreError {
    /// Sorts SQLite's result codes by what a person can do about them.
    init(_ error: DatabaseError, path: String) {
        let detail = error.message ?? error.resultCode.description
        switch error.resultCode {
        case .SQLITE_FULL: self = .diskFull(path: path)
        case .SQLITE_IOERR:
            self = .inputOutput(path: path, detail: error.extendedResultCode.description)
        case .SQLITE_READONLY, .SQLITE_PERM: self = .readOnly(path: path)
        case .SQLITE_BUSY, .SQLITE_LOCKED: self = .busy(path: path)
        case .SQLITE_CANTOPEN: self = .cannotOpen(path: path, detail: detail)
        case .SQLITE_NOTADB: self = .notADatabase(path: path)
        case .SQLITE_CORRUPT: self = .damaged(path: path, problems: [detail])
        case .SQLITE_CONSTRAINT: self = .invariant(detail)
        default: self = .unusable(path: path, detail: detail)
        }
    }
}
