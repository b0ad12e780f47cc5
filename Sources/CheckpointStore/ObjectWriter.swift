import Crypto
public import Foundation

/// Takes an object's bytes as they come and stores them only if they are what was announced.
///
/// Bytes go to a temporary file in the store's own file system. Until ``finish()`` returns no
/// reader can see the object. Dropping the writer removes the temporary file, or leaves it for who
/// comes with the rest.
public final class ObjectWriter {
    private let store: ObjectStore
    private let file: OutputFile
    private let expected: ObjectID?
    private let maximumSize: Int
    private var hasher = SHA256()
    private let remains: Remains
    private var isFinished = false
    /// Bytes taken so far.
    public private(set) var size = 0

    /// What becomes of the file of a writer that is dropped.
    private enum Remains {
        case nothing
        /// It stays where it is, for who comes with the rest.
        case file
        /// It takes the place of one that another writer had open, if it holds more.
        case replacement(of: String)
    }

    init(store: ObjectStore, expecting expected: ObjectID?, maximumSize: Int) throws {
        self.store = store
        self.expected = expected
        self.maximumSize = maximumSize
        let fileSystem = store.fileSystem
        try fileSystem.makeDirectories(store.directory)
        file = try fileSystem.create(fileSystem.temporaryName(beside: store.directory + "/new"))
        remains = .nothing
    }

    /// Goes on behind the first `offset` bytes of an object that came before.
    ///
    /// Whoever brought those may still have the file open, on a connection that is dead and not known
    /// to be: then they are copied, so that no two writers ever share a file.
    init(store: ObjectStore, resuming id: ObjectID, size: Int, from offset: Int) throws {
        self.store = store
        expected = id
        maximumSize = size
        let fileSystem = store.fileSystem
        let partial = store.partialPath(of: id)
        let found = store.received(of: id)
        guard found >= offset else {
            throw CheckpointError.sizeMismatch(id, expected: offset, found: found)
        }
        try fileSystem.makeDirectories(store.directory)
        if let file = try fileSystem.open(partial: partial) {
            self.file = file
            remains = .file
            try file.truncate(to: offset) { hasher.update(data: $0) }
        } else {
            file = try fileSystem.create(fileSystem.temporaryName(beside: partial))
            remains = .replacement(of: partial)
            try ObjectFile(path: partial).readPieces(0..<offset) {
                try file.write($0)
                hasher.update(data: $0)
            }
        }
        self.size = offset
    }

    deinit {
        if isFinished { return }
        switch remains {
        case .nothing: file.discard()
        case .file: break
        case .replacement(let path):
            let fileSystem = store.fileSystem
            let lock = try? fileSystem.open(partial: path)
            if let lock, size > fileSystem.size(of: path) ?? 0 {
                try? fileSystem.rename(file.path, to: lock.path)
            } else {
                file.discard()
            }
        }
    }

    /// Appends bytes; refuses the first byte past the maximum size before writing it.
    public func append(_ bytes: Data) throws {
        precondition(!isFinished, "append to a finished object")
        guard bytes.count <= maximumSize - size else {
            throw CheckpointError.tooLarge(
                expected.map { "object \($0)" } ?? "a new object", limit: maximumSize)
        }
        try file.write(bytes)
        hasher.update(data: bytes)
        size += bytes.count
    }

    /// Checks the hash and makes the object durable under its name.
    ///
    /// An object already there is replaced by the same bytes, which heals one that was damaged.
    ///
    /// - Errors: ``CheckpointError/hashMismatch(expected:found:place:)``; the temporary file is
    ///   then gone.
    @discardableResult
    public func finish() throws -> ObjectID {
        precondition(!isFinished, "finish a finished object")
        let id = ObjectID(hasher.finalize())
        if let expected, expected != id {
            file.discard()
            throw CheckpointError.hashMismatch(
                expected: expected, found: id, place: store.directory)
        }
        try file.synchronize()
        try store.adopt(file.path, as: id)
        isFinished = true
        if case .replacement(let path) = remains { try? store.fileSystem.remove(path) }
        return id
    }
}
