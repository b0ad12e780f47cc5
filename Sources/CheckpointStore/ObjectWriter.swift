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
    private let isResumable: Bool
    private var isFinished = false
    /// Bytes taken so far.
    public private(set) var size = 0

    init(store: ObjectStore, expecting expected: ObjectID?, maximumSize: Int) throws {
        self.store = store
        self.expected = expected
        self.maximumSize = maximumSize
        let fileSystem = store.fileSystem
        try fileSystem.makeDirectories(store.directory)
        file = try fileSystem.create(fileSystem.temporaryName(beside: store.directory + "/new"))
        isResumable = false
    }

    /// Goes on behind the first `offset` bytes of an object that came before.
    ///
    /// - Returns: nil while another writer is at it.
    init?(store: ObjectStore, resuming id: ObjectID, size: Int, from offset: Int) throws {
        self.store = store
        expected = id
        maximumSize = size
        isResumable = true
        try store.fileSystem.makeDirectories(store.directory)
        guard let file = try store.fileSystem.open(partial: store.partialPath(of: id)) else {
            return nil
        }
        self.file = file
        let found = store.fileSystem.size(of: file.path) ?? 0
        guard found >= offset else {
            throw CheckpointError.sizeMismatch(id, expected: offset, found: found)
        }
        try file.truncate(to: offset) { hasher.update(data: $0) }
        self.size = offset
    }

    deinit { if !isFinished && !isResumable { file.discard() } }

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
            if isResumable { file.discard() }
            throw CheckpointError.hashMismatch(
                expected: expected, found: id, place: store.directory)
        }
        try file.synchronize()
        try store.adopt(file.path, as: id)
        isFinished = true
        return id
    }
}
