public import CheckpointStore

/// Which part of an object to send.
public struct ObjectQuery: JSONBody, Hashable {
    /// The first byte, for going on where a transfer was cut; 0 unless said.
    public var offset: Int?

    public init(offset: Int? = nil) {
        self.offset = offset
    }
}

/// How much of an object has come.
public struct ReceivedBytes: JSONBody, Hashable {
    /// Bytes from its beginning on that wait for the rest; 0 for one that is whole, or not there.
    public var bytes: Int

    public init(bytes: Int) {
        self.bytes = bytes
    }
}

/// Objects by id.
public struct ObjectList: JSONBody, Hashable {
    /// So many are asked about at once, at most.
    public static let maximumCount = 10_000

    public var ids: [ObjectID]

    public init(ids: [ObjectID]) {
        self.ids = ids
    }
}

/// What to tell with the heads.
public struct HeadsQuery: JSONBody, Hashable {
    /// Which checkpoints are not here whole, too.
    public var losses: Bool?

    public init(losses: Bool? = nil) {
        self.losses = losses
    }
}

/// The newest signed head known of every host.
public struct HeadsReport: JSONBody, Hashable {
    /// The daemon's own host; its head comes first, if it has one.
    public var host: HostID
    public var heads: [SignedHead]
    /// Checkpoints on record that have lost a part, if asked for.
    public var incomplete: [CheckpointID]?
    /// Those whose objects were let go, if asked for.
    public var collected: [CheckpointID]?
    /// What is known of hosts' keys; absent from a daemon that keeps no such records.
    public var keyRecords: [KeyRecord]?

    public init(
        host: HostID, heads: [SignedHead], incomplete: [CheckpointID]? = nil,
        collected: [CheckpointID]? = nil, keyRecords: [KeyRecord]? = nil
    ) {
        self.host = host
        self.heads = heads
        self.incomplete = incomplete
        self.collected = collected
        self.keyRecords = keyRecords
    }
}

/// A host's head, handed over.
public struct HeadDelivery: JSONBody, Hashable {
    public var head: SignedHead

    public init(head: SignedHead) {
        self.head = head
    }
}
