import Crypto
public import Foundation

/// Takes an object's bytes as they come and stores them only if they are what was announced.
///
/// Bytes go to a temporary file in the store's own file system. Until ``finish()`` returns no
/// reader can see the object; dropping the writer removes the temporary file.
public final class ObjectWriter {
    private let store: ObjectStore
    private let file: OutputFile
    private let expected: ObjectID?
    private let maximumSize: Int
    private var hasher = SHA256()
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
    }

    deinit { if !isFinished { file.discard() } }

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
            throw CheckpointError.hashMismatch(
                expected: expected, found: id, place: store.directory)
        }
        try file.synchronize()
        try store.adopt(file.path, as: id)
        isFinished = true
        return id
    }
}
