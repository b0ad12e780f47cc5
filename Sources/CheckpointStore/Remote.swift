public import Foundation

/// A place that checkpoints come from and go to: another daemon, or a plain directory.
///
/// Implementations verify what they are given; a caller is never trusted. Objects, then manifests,
/// then heads is the order in which a ``Synchronizer`` puts things, so a reader never sees a head
/// whose checkpoint is not there; records about keys go before all of them.
///
/// - Errors: a ``CheckpointError`` where the offered thing is at fault
///   (``CheckpointError/refused(_:by:reason:)`` if the other side only says so in words); any other
///   error means the place itself cannot be used now.
public protocol Remote: Sendable {
    /// What people call it, and what is recorded as the source of what it gave:
    /// "dir:///media/stick".
    var name: String { get }

    /// How many objects are best sent to it, or taken from it, at once.
    var concurrency: Int { get }

    /// What it has; signatures are checked by the one who asks, too.
    func inventory() async throws -> Inventory

    /// Those of the ids it does not hold, waiting in quarantine counting as held.
    func missing(of ids: [ObjectID]) async throws -> [ObjectID]

    /// Streams an object from a byte offset on.
    func get(_ id: ObjectID, from offset: Int) async throws -> ObjectBody

    /// How many bytes of an object came before, in a ``put(_:size:from:body:)`` that was cut.
    func received(of id: ObjectID) async throws -> Int

    /// Takes an object of `size` bytes and returns when it is durable; the hash is checked there.
    ///
    /// - Parameter offset: how many bytes are there already and not in the body; at most what
    ///   ``received(of:)`` says.
    func put(_ id: ObjectID, size: Int, from offset: Int, body: ObjectBody) async throws

    /// Asks, before any object is sent, whether a checkpoint with this manifest could be admitted;
    /// writes nothing.
    func inspect(manifest: Data) async throws

    /// Lets a checkpoint in whose objects and manifest have been put; a no-op for one admitted
    /// before.
    ///
    /// - Parameter source: where it came from, for the record.
    func admit(_ checkpoint: CheckpointID, source: String) async throws

    /// Takes a head whose checkpoint was admitted; a known one again is no error, an older one is.
    func putHead(_ head: SignedHead) async throws

    /// Takes a record about a key; a known one again is no error.
    func putKeyRecord(_ record: KeyRecord) async throws
}

/// What a sync must know of a place before it begins; all of it comes in one answer.
public struct Inventory: Hashable, Sendable {
    /// Whose it is; nil for a place that is no host.
    public var host: HostID?
    /// The newest head of every host it knows.
    public var heads: [SignedHead]
    /// Checkpoints it has taken in that have lost a part against its will.
    public var incomplete: [CheckpointID]
    /// Those whose objects it has let go, and does not want for the sake of their offspring.
    public var collected: [CheckpointID]
    /// What it knows of hosts' keys; nil if it is of a version that keeps no such records.
    public var keyRecords: [KeyRecord]?

    public init(
        host: HostID? = nil, heads: [SignedHead] = [], incomplete: [CheckpointID] = [],
        collected: [CheckpointID] = [], keyRecords: [KeyRecord]? = nil
    ) {
        self.host = host
        self.heads = heads
        self.incomplete = incomplete
        self.collected = collected
        self.keyRecords = keyRecords
    }
}

extension Remote {
    public func heads() async throws -> [SignedHead] { try await inventory().heads }

    /// One at a time: the way to most places is full with one.
    public var concurrency: Int { 1 }

    /// Nothing to object to, for a remote that has no means of asking.
    public func inspect(manifest: Data) async throws {}

    /// A small object in memory, its hash checked.
    public func data(of id: ObjectID, maximumSize: Int) async throws -> Data {
        var data = Data()
        for try await chunk in try await get(id, from: 0) {
            guard chunk.count <= maximumSize - data.count else {
                throw CheckpointError.tooLarge("object \(id)", limit: maximumSize)
            }
            data.append(chunk)
        }
        let found = ObjectID(hashing: data)
        guard found == id else {
            throw CheckpointError.hashMismatch(expected: id, found: found, place: name)
        }
        return data
    }

    /// A checkpoint's manifest, its hash and bounds checked.
    public func manifest(of checkpoint: CheckpointID) async throws -> Manifest {
        try await Manifest(
            canonical: data(of: checkpoint, maximumSize: Manifest.maximumSize))
    }
}
