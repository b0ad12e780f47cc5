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
    /// Where the file goes when the writer is dropped, for who comes with the rest; nil for away.
    private let partialPath: String?
    private var isFinished = false
    /// The room that was promised to it.
    var claim: SpaceClaims.Claim?
    /// Bytes taken so far.
    public private(set) var size = 0

    init(store: ObjectStore, expecting expected: ObjectID?, maximumSize: Int) throws {
        self.store = store
        self.expected = expected
        self.maximumSize = maximumSize
        let fileSystem = store.fileSystem
        try fileSystem.makeDirectories(store.directory)
        file = try fileSystem.create(fileSystem.temporaryName(beside: store.directory + "/new"))
        partialPath = nil
    }

    /// Goes on behind the first `offset` bytes of an object that came before.
    ///
    /// A writer's file is its own for as long as it lives. Whoever brought those bytes may not be gone,
    /// on a connection that is dead and not known to be: then they are copied.
    init(store: ObjectStore, resuming id: ObjectID, size: Int, from offset: Int) throws {
        self.store = store
        expected = id
        maximumSize = size
        let fileSystem = store.fileSystem
        let partial = store.partialPath(of: id)
        partialPath = partial
        try fileSystem.makeDirectories(store.directory)
        let name = fileSystem.temporaryName(beside: partial, of: id.hex + "-")
        guard offset > 0 else {
            file = try fileSystem.create(name)
            return
        }
        guard let source = store.incoming(of: id).first(where: { $0.size >= offset }) else {
            throw CheckpointError.sizeMismatch(id, expected: offset, found: 0)
        }
        if source.path == partial, let taken = try fileSystem.take(partial, as: name) {
            file = taken
            try taken.truncate(to: offset) { hasher.update(data: $0) }
        } else {
            guard let found = try? ObjectFile(path: source.path) else {
                throw CheckpointError.sizeMismatch(id, expected: offset, found: 0)
            }
            file = try fileSystem.create(name)
            try found.readPieces(0..<offset) {
                try file.write($0)
                hasher.update(data: $0)
                self.size += $0.count
            }
            guard self.size == offset else {
                throw CheckpointError.sizeMismatch(id, expected: offset, found: self.size)
            }
        }
        self.size = offset
    }

    deinit {
        if isFinished { return }
        if let partialPath, size > store.fileSystem.size(of: partialPath) ?? 0 {
            try? file.publish(as: partialPath)
        } else {
            file.discard()
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
            // What is wrong is not kept for anybody to go on with.
            size = 0
            throw CheckpointError.hashMismatch(
                expected: expected, found: id, place: store.directory)
        }
        try file.synchronize()
        try store.adopt(file.path, as: id)
        isFinished = true
        if let partialPath { try? store.fileSystem.remove(partialPath) }
        return id
    }
}
