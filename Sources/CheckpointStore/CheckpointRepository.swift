import Foundation

/// Everything a host keeps of checkpoints, under one directory: `objects/`, `quarantine/` and
/// `heads/`.
///
/// What comes from elsewhere lands in `quarantine/` and moves to `objects/` only when a whole
/// checkpoint has passed ``admit(_:base:)``. A manifest reaches `objects/` after everything it
/// names. It may also come in as a mere part of another checkpoint, so what is offered from
/// elsewhere counts as there only with everything it names.
public struct CheckpointRepository: Sendable {
    public let objects: ObjectStore
    public let quarantine: ObjectStore
    public let heads: HeadStore
    /// Bytes that peers may leave waiting: 16 GiB unless set.
    public var quarantineCapacity = 16 << 30
    /// Of the quarantine.
    private let claims = SpaceClaims()

    public init(directory: String) { self.init(directory: directory, fileSystem: FileSystem()) }

    package init(directory: String, fileSystem: FileSystem) {
        objects = ObjectStore(directory: directory + "/objects", fileSystem: fileSystem)
        quarantine = ObjectStore(directory: directory + "/quarantine", fileSystem: fileSystem)
        heads = HeadStore(directory: directory + "/heads", fileSystem: fileSystem)
    }

    /// Stores a checkpoint made here, whose objects have been put into ``objects`` before.
    ///
    /// - Postconditions: durable when it returns.
    @discardableResult
    public func record(_ manifest: Manifest) throws -> CheckpointID {
        let bytes = try manifest.canonicalBytes()
        let missing = manifest.objects.values.map(\.id).filter { !objects.contains($0) }
        guard missing.isEmpty else {
            throw CheckpointError.incomplete(
                ObjectID(hashing: bytes), missing: missing.sorted())
        }
        for reference in manifest.objects.values { objects.touch(reference.id) }
        return try objects.put(bytes)
    }

    /// The manifest of a checkpoint that was recorded or admitted here.
    public func manifest(of checkpoint: CheckpointID) throws -> Manifest {
        try objects.manifest(of: checkpoint)
    }

    /// The adapter of a checkpoint, checked again on the way in.
    public func adapter(of checkpoint: CheckpointID) throws -> Adapter {
        let manifest = try manifest(of: checkpoint)
        let reference = try manifest.object(Manifest.adapterRole)
        return try Adapter(
            safetensors: objects.data(of: reference.id, maximumSize: reference.size),
            base: manifest.base, shape: manifest.lora)
    }

    /// Those of the ids that are neither stored nor waiting in quarantine, in the given order.
    public func missing(of ids: [ObjectID]) -> [ObjectID] {
        ids.filter { !objects.contains($0) && !quarantine.contains($0) }
    }

    /// How many bytes of an object came before and wait in quarantine for the rest.
    public func received(of id: ObjectID) -> Int { quarantine.received(of: id) }

    /// Begins to receive an object into quarantine.
    ///
    /// - Parameter offset: how many of its bytes are there already, see ``received(of:)``.
    /// - Errors: ``CheckpointError/tooLarge(_:limit:)`` if the quarantine could not hold it.
    public func receive(_ id: ObjectID, size: Int, from offset: Int = 0) throws -> ObjectWriter {
        guard (0...ObjectStore.maximumObjectSize).contains(size), (0...size).contains(offset) else {
            throw CheckpointError.tooLarge("object \(id)", limit: ObjectStore.maximumObjectSize)
        }
        let claim = try claims.claim(size, of: quarantineCapacity) {
            // What is there of it already is part of what is claimed.
            try quarantine.waitingSize() - quarantine.partialSize(of: id)
        }
        guard let claim else {
            throw CheckpointError.tooLarge(
                "object \(id) into the full quarantine", limit: quarantineCapacity)
        }
        let writer = try quarantine.writer(for: id, size: size, from: offset)
        writer.claim = claim
        return writer
    }

    /// Makes a checkpoint this host's head: signed, with the next counter, stored.
    public func publishHead(_ checkpoint: CheckpointID, key: HostKey) throws -> SignedHead {
        let known = try heads.head(of: key.id)
        if let known, known.checkpoint == checkpoint {
            try heads.put(known, isExpected: true)
            return known
        }
        _ = try manifest(of: checkpoint)
        let head = try SignedHead(
            checkpoint: checkpoint, counter: heads.newestCounter(of: key.id) + 1, key: key)
        try heads.put(head, isExpected: true)
        return head
    }

    /// Takes a head from elsewhere; its checkpoint must have been admitted before.
    ///
    /// - Parameter isExpected: see ``HeadStore/put(_:isExpected:)``.
    @discardableResult
    public func receiveHead(_ head: SignedHead, isExpected: Bool = false) throws -> Bool {
        try head.verify()
        guard objects.contains(head.checkpoint) else {
            throw CheckpointError.incomplete(head.checkpoint, missing: [head.checkpoint])
        }
        try requireWhole(try manifest(of: head.checkpoint))
        return try heads.put(head, isExpected: isExpected)
    }

    /// Throws unless everything a manifest names is among the trusted objects in full length.
    public func requireWhole(_ manifest: Manifest) throws {
        let missing = objects.missingParts(of: manifest)
        guard missing.isEmpty else {
            throw CheckpointError.incomplete(try manifest.id(), missing: missing)
        }
    }
}
