public import Foundation

/// A directory as a remote: a USB stick, an NFS share, a folder that some other tool carries
/// between hosts.
///
/// `objects/` and `heads/` as a host keeps them, without quarantine: a directory judges nothing but
/// hashes, hosts that read from it admit what they take. Writers need no lock: objects are
/// write-once under their hash and every (host, counter) has a file of its own.
public struct DirectoryRemote: Remote {
    public let name: String
    private let path: String
    private let objects: ObjectStore
    private let headStore: HeadStore

    public init(path: String) { self.init(path: path, fileSystem: FileSystem()) }

    package init(path: String, fileSystem: FileSystem) {
        name = "dir://" + path
        self.path = path
        objects = ObjectStore(directory: path + "/objects", fileSystem: fileSystem)
        headStore = HeadStore(directory: path + "/heads", fileSystem: fileSystem)
    }

    public func inventory() throws -> Inventory {
        try requireDirectory()
        let heads = try headStore.all()
        return Inventory(
            heads: heads,
            incomplete: objects.incomplete(
                among: objects.withAncestors(heads.map(\.checkpoint))),
            keyRecords: try headStore.keys.all().records)
    }

    public func missing(of ids: [ObjectID]) -> [ObjectID] { ids.filter { !objects.contains($0) } }

    public func get(_ id: ObjectID, from offset: Int) throws -> ObjectBody {
        try objects.stream(of: id, from: offset)
    }

    public func received(of id: ObjectID) -> Int { objects.received(of: id) }

    public func put(_ id: ObjectID, size: Int, from offset: Int, body: ObjectBody) async throws {
        try requireDirectory()
        try await objects.writer(for: id, size: size, from: offset)
            .takeAll(of: body, id: id, size: size)
    }

    public func inspect(manifest: Data) throws { _ = try Manifest(canonical: manifest) }

    public func admit(_ checkpoint: CheckpointID, source: String) throws {
        try admit(checkpoint, source: source, now: .now)
    }

    /// Throws unless everything the manifest names is there in full length; sweeps up what cut
    /// writers left behind a day ago or earlier, and old damaged objects.
    package func admit(_ checkpoint: CheckpointID, source: String, now: Date) throws {
        let manifest = try objects.manifest(of: checkpoint)
        let missing = objects.missingParts(of: manifest)
        guard missing.isEmpty else {
            throw CheckpointError.incomplete(checkpoint, missing: missing)
        }
        for id in manifest.objects.values.map(\.id) + [checkpoint] { try objects.settle(id) }
        try? objects.removeAbandoned(now: now)
        try? objects.removePartial(olderThan: CheckpointRepository.retention, now: now)
        try? objects.removeDamaged(olderThan: CheckpointRepository.retention, now: now)
    }

    public func putHead(_ head: SignedHead) throws {
        try requireDirectory()
        try head.verify()
        guard objects.contains(head.checkpoint) else {
            throw CheckpointError.incomplete(head.checkpoint, missing: [head.checkpoint])
        }
        try headStore.put(head)
    }

    public func putKeyRecord(_ record: KeyRecord) throws {
        try requireDirectory()
        try headStore.put(record)
    }

    /// Throws unless the directory is there: where a medium is not mounted none is made in its
    /// place.
    private func requireDirectory() throws {
        guard FileSystem().isDirectory(path) else {
            throw CheckpointError.placeMissing(name)
        }
    }
}
