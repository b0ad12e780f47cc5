import Crypto
public import Foundation

/// A directory of write-once files, each named by the SHA-256 of its bytes: `ab/abcdef…`.
///
/// Safe for any number of readers and writers on one file system without locks: a name appears by
/// rename, whole and already on disk, and can only ever stand for one content. An object that is
/// found to have other bytes is set aside, so that it is missing and can be fetched again.
public struct ObjectStore: Sendable {
    public let directory: String
    let fileSystem: FileSystem

    /// The largest object any store takes: 4 GiB.
    public static let maximumObjectSize = 4 << 30

    /// How many bytes a stream hands out at a time: 1 MiB.
    public static let chunkSize = 1 << 20

    /// Names a store; its directory is made when the first object is put.
    public init(directory: String) {
        self.init(directory: directory, fileSystem: FileSystem())
    }

    package init(directory: String, fileSystem: FileSystem) {
        self.directory = directory
        self.fileSystem = fileSystem
    }

    func partialPath(of id: ObjectID) -> String {
        "\(directory)/\(FileSystem.partialPrefix)\(id.hex)"
    }

    func path(of id: ObjectID) -> String { "\(directory)/\(id.hex.prefix(2))/\(id.hex)" }

    public func contains(_ id: ObjectID) -> Bool { fileSystem.size(of: path(of: id)) != nil }

    /// The object's size in bytes, as the file system tells it.
    public func size(of id: ObjectID) throws -> Int {
        guard let size = fileSystem.size(of: path(of: id)) else {
            throw CheckpointError.objectMissing(id, place: directory)
        }
        return size
    }

    /// Stores bytes and returns when they are durable.
    @discardableResult
    public func put(_ data: Data) throws -> ObjectID {
        let writer = try writer(expecting: ObjectID(hashing: data), maximumSize: data.count)
        try writer.append(data)
        return try writer.finish()
    }

    /// Begins an object whose bytes come piece by piece.
    ///
    /// - Parameter id: what the bytes must hash to; nil takes any and returns the id from
    ///   `finish()`.
    public func writer(
        expecting id: ObjectID? = nil, maximumSize: Int = ObjectStore.maximumObjectSize
    ) throws -> ObjectWriter {
        try ObjectWriter(
            store: self, expecting: id, maximumSize: min(maximumSize, Self.maximumObjectSize))
    }

    /// Begins or goes on with an object of known size whose bytes may break off: of one larger than
    /// ``chunkSize`` what has come is kept for ``received(of:)``.
    ///
    /// - Parameter offset: how many bytes are there already; the caller's bytes follow these.
    func writer(for id: ObjectID, size: Int, from offset: Int) throws -> ObjectWriter {
        if size > Self.chunkSize {
            return try ObjectWriter(store: self, resuming: id, size: size, from: offset)
        }
        guard offset == 0 else {
            throw CheckpointError.sizeMismatch(id, expected: offset, found: 0)
        }
        return try writer(expecting: id, maximumSize: size)
    }

    /// How many bytes of an object have come and wait for the rest.
    func received(of id: ObjectID) -> Int { incoming(of: id).first?.size ?? 0 }

    /// Bytes of an object that a cut transfer left.
    func partialSize(of id: ObjectID) -> Int { fileSystem.size(of: partialPath(of: id)) ?? 0 }

    /// The files that hold a beginning of an object, the longest first: what a cut transfer left, and
    /// what is being written now, be it by a connection that is dead and not known to be.
    func incoming(of id: ObjectID) -> [(path: String, size: Int)] {
        let mark = FileSystem.temporaryPrefix + id.hex
        let names = ((try? fileSystem.names(in: directory)) ?? []).filter { $0.hasPrefix(mark) }
        return ([partialPath(of: id)] + names.map { "\(directory)/\($0)" })
            .compactMap { path in fileSystem.size(of: path).map { (path, $0) } }
            .sorted { $0.1 > $1.1 }
    }

    /// Removes an object; one that is not there counts as removed.
    public func delete(_ id: ObjectID) throws {
        guard contains(id) else { return }
        try fileSystem.remove(path(of: id))
        try fileSystem.synchronizeDirectory("\(directory)/\(id.hex.prefix(2))")
    }

    /// Every object's id, sorted; files that are not objects are passed over.
    public func ids() throws -> [ObjectID] {
        try fileSystem.names(in: directory).filter { $0.count == 2 }.flatMap { prefix in
            try fileSystem.names(in: "\(directory)/\(prefix)").compactMap(ObjectID.init)
                .filter { $0.hex.hasPrefix(prefix) }
        }
    }

    /// Bytes in all objects, unfinished files and objects set aside together.
    public func totalSize() throws -> Int {
        let unfinished = try fileSystem.names(in: directory)
            .compactMap { fileSystem.size(of: "\(directory)/\($0)") }
        return try ids().compactMap { fileSystem.size(of: path(of: $0)) }.reduce(0, +)
            + unfinished.reduce(0, +)
    }

    /// As ``totalSize()`` without what is being written at this moment.
    func waitingSize() throws -> Int {
        let writing = try fileSystem.names(in: directory)
            .filter { $0.hasPrefix(FileSystem.temporaryPrefix) }
            .compactMap { fileSystem.size(of: "\(directory)/\($0)") }
        return try totalSize() - writing.reduce(0, +)
    }

    /// When the object came, or came once more.
    func lastChange(of id: ObjectID) -> Date? { fileSystem.lastChange(of: path(of: id)) }

    /// Counts an object as come now: something new names it, and it must not be collected as old.
    func touch(_ id: ObjectID) { utimes(path(of: id), nil) }

    /// Makes durable the name of an object that an interrupted writer may have left without it.
    func settle(_ id: ObjectID) throws {
        touch(id)
        try fileSystem.synchronizeDirectory("\(directory)/\(id.hex.prefix(2))")
    }

    /// Moves a finished file of the same file system to the object's name, durably.
    func adopt(_ file: String, as id: ObjectID) throws {
        let folder = "\(directory)/\(id.hex.prefix(2))"
        try fileSystem.makeDirectories(folder)
        try fileSystem.rename(file, to: path(of: id))
        try fileSystem.synchronizeDirectory(folder)
    }
}
